"""Keys, signatures and sealed fields.

Signatures are made over typed, domain-separated bytes and may be doubled with a second suite.
Fields are sealed to their cell and found by a blind index.
Keys live in files of one folder with mode 0600 and are never read from settings.
"""
