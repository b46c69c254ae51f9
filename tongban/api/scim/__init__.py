"""Accounts and posts of staff, brought by a personnel system over SCIM 2.0 (RFC 7643, 7644), below /scim/v2/."""
