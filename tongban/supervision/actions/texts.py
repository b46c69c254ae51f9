"""Texts stay in rows that can be erased; the record keeps a salted hash by which anyone can check them."""

import secrets

from tongban.cases.rules import commitment


def sealed(text: str) -> tuple[str, str]:
    """The salt to keep beside a text, and the hash of both for the event; empty without a text."""
    salt = secrets.token_hex(16) if text else ""
    return salt, commitment(salt, text) if text else ""
