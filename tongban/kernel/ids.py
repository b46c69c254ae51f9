"""Identifiers that cannot be guessed and codes that can be read aloud."""

import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def public_id() -> str:
    """128 random bits, URL-safe: names an object to the outside and grants nothing by itself.

    None begins with a hyphen: whoever types it into a command would otherwise have named an option.
    """
    made = secrets.token_urlsafe(16)
    return public_id() if made.startswith("-") else made


def spoken_code(source: bytes, length: int = 8) -> str:
    """`length` characters a person can read aloud (Crockford base 32), taken from at least `length` bytes."""
    return "".join(ALPHABET[byte % 32] for byte in source[:length])
