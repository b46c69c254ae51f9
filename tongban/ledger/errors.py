"""What the ledger refuses."""

from tongban.kernel.errors import NotFound, Refusal, Unavailable


class ProofNotValid(Refusal):
    """The proof does not fit the tree it speaks of."""


class NoteNotReadable(Refusal):
    """This is not a signed note, or a line of it is damaged."""


class NotSealing(Unavailable):
    """Nothing can be decided or issued now: the public record could not be sealed for {minutes} minutes. Please try again
    later, or ask a supervisor, who can allow this one act with a reason.
    """


class AddressNotAllowed(Refusal):
    """A witness is reached at https://HOST/PATH, or on this machine at http://127.0.0.1:PORT/PATH; nothing else may be in it."""


class KeyNotFitting(Refusal):
    """This key is of another kind, or of another name, than is needed here."""


class WitnessUnknown(NotFound):
    """There is no such witness."""


class LogUnknown(NotFound):
    """There is no such record that this node witnesses."""


class RecordSeals(Refusal):
    """The public record is being sealed, so nothing needs to be allowed."""


class LeaveGiven(Refusal):
    """This act is allowed already; it can be done until {until}."""
