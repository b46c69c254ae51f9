"""What supervision refuses."""

from tongban.kernel.errors import NotFound, NotPermitted, Refusal


class SignalNotFound(NotFound):
    """We could not find a signal with this number that you may see."""


class OrderNotFound(NotFound):
    """We could not find an order with this number that you may see."""


class SupervisorOnly(NotPermitted):
    """Only a supervisor may do this."""


class UnitOnly(NotPermitted):
    """The authority concerned answers, through someone who works on its cases."""


class OwnExplanation(Refusal):
    """Whoever worked on a case or answered for it does not judge the answer. Another supervisor does."""


class SignalMoveNotAllowed(Refusal):
    """A signal that is {state} cannot be {act}."""


class AnswerNotNeeded(Refusal):
    """Reminders and warnings need no answer; they end when the case goes on."""


class StillTimeToExplain(Refusal):
    """The authority may still explain until {due_on}."""


class RuleNotByHand(Refusal):
    """The clock raises signals of this kind; they are not raised by hand."""


class AlreadyRaised(Refusal):
    """The case already has a signal of this kind: {signal}."""


class OrderSettledAlready(Refusal):
    """Nothing is open: the order was answered or settled already."""


class OrderNotAnswered(Refusal):
    """The authority has not answered this order yet."""


class OrderDueInPast(Refusal):
    """Give the authority until a day that is still to come."""


class ExportNotFound(NotFound):
    """We could not find a file that you may see here."""


class ExportEmpty(Refusal):
    """This list holds no case, so there is nothing to take."""


class ExportTooLong(Refusal):
    """A file holds at most {most} cases. Narrow the list by an authority, a state or a shorter period."""


class OwnExport(Refusal):
    """Whoever asked for the file does not decide about it. Another supervisor of all its authorities does."""


class ExportNotAwaiting(Refusal):
    """Nothing is to be decided here any more: the page shows what has happened."""


class ExportNotReady(Refusal):
    """There is no file to take: it is not made yet, or its time is over."""
