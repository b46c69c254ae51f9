"""Electronic licences: their types, the register of what was issued, and what a verifier is told.

A licence is ordered by a granted case, rendered and signed by a job, and changed only along the states of its life.
Whoever holds its code sees what was signed and the state of this moment, never the file.
"""
