"""The door for other nodes: one signed request at a time, taken over once or not at all.

It believes an envelope that `federation` could open, and nothing else that comes along. It shows no pages.
"""
