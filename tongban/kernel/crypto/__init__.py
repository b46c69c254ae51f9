"""Keys, signatures and sealed fields.

Signatures are made over typed, domain-separated bytes and may be doubled with a second suite; fields are sealed to their cell.
Keys live in files of one folder with mode 0600 and are never read from settings.
"""
