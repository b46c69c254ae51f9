"""Processes drawn in BPMN 2.0, read strictly, compiled once and advanced purely.

A process proposes tasks (a name, a role, the verb that completes it) and never states; only the verbs of `cases` move
the legal state of a case. What this module does not know it refuses with its line: a process has no scripts, no timers
and no calls to anything outside.
"""
