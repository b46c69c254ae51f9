"""What the law of time refuses."""

from tongban.kernel.errors import Refusal


class ProcedureNotListed(Refusal):
    """“{name}” does not stop the clock. Only a procedure named in the law, or one that this service lists with its
    article, does.
    """


class SuspensionOverlaps(Refusal):
    """The clock was already stopped for “{name}” at that time. End that first."""


class SecondSuspensionNeedsApproval(Refusal):
    """The clock has been stopped for “{name}” before. A second time needs approval."""


class AnnouncedEndTooEarly(Refusal):
    """The announced end, {announced_end}, is before the procedure begins."""


class AlreadyExtended(Refusal):
    """The time limit has been extended before. It can be extended only once."""


class ExtensionTooLate(Refusal):
    """The time limit ended on {due_on}. It can only be extended before it ends."""


class ExtensionUnitDiffers(Refusal):
    """A time limit in hours can only be extended by hours, and one in days only by days, months or years."""


class DayOutsideYear(Refusal):
    """{day} is not a day of {year}."""
