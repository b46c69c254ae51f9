"""The desk of window clerks and case officers: the queue, the case in three panes, every lawful act.

One file a page; a view reads input, gets by access, calls one action or query, renders.
Everything works without JavaScript; keys only make it quicker.
"""
