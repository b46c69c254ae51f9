"""Working days and the law of time limits, as values in and values out.

A calendar says which days count, a clock says what runs on them, and the rules say when it ends and how it stands.
It knows no case: whoever runs a limit passes its clock, the calendar and the present instant.
"""
