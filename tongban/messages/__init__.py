"""What we tell people: an inbox, and short messages through an outside provider.

A message is written once in both languages and read in the reader's.
Who is told what, and when, is decided by the modules above.
"""
