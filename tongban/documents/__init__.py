"""Files people hand in and files we make: checked by content, kept by hash, served as attachments.

A file is known by its SHA-256; the same content is stored once.
Who may read one is decided by the module whose record names it.
"""
