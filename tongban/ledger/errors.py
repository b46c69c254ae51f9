"""What the ledger refuses."""

from tongban.kernel.errors import Refusal, Unavailable


class ProofNotValid(Refusal):
    """The proof does not fit the tree it speaks of."""


class NoteNotReadable(Refusal):
    """This is not a signed note, or a line of it is damaged."""


class NotSealing(Unavailable):
    """Nothing can be decided or issued now: the public record could not be sealed for {minutes} minutes. Please try again later."""
