"""People, legal entities, staff, their accounts, sessions and the right to act for one another.

It answers who is calling and for whom; what they may do to a case is decided above.
Identity numbers and phone numbers are stored encrypted and found by blind index.
"""
