"""Licences and vouchers on paper: typst templates and the two functions that fill them.

What comes out is PDF/A-2a with both fonts embedded; the same sheet always gives the same bytes.
A character our fonts do not have is refused, never printed as an empty box.
"""
