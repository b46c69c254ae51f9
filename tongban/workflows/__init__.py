"""Processes drawn in BPMN 2.0, read strictly, compiled once and advanced purely.

A process proposes tasks (a name, a role, the verb that completes it) and never states; the legal state of a case is moved by the verbs of `cases` alone.
What this module does not know it refuses with the line it stands on: there are no scripts, no timers and no calls out of a process.
"""
