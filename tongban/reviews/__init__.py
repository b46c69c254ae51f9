"""What people say of a finished matter, and what the authority does about a bad word (好差评).

Every finished case invites one review by an unguessable link; a poor one opens a rectification with due dates that
ends only when the reviewer was answered. Reviews can be answered but never changed, hidden or deleted.
"""
