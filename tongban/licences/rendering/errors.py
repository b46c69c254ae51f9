"""What rendering refuses."""

from tongban.kernel.errors import Refusal


class CharacterNotPrintable(Refusal):
    """A character in this document is not in our fonts, so it cannot be printed: {characters}"""
