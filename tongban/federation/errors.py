"""What federation refuses."""

from tongban.kernel.errors import NotFound, NotPermitted, Refusal, Unavailable


class PeerNotValid(Refusal):
    """This cannot be registered as a node: {why}."""


class PeerNotProposed(Refusal):
    """No such node waits to be confirmed: nobody proposed it, it was confirmed already, or a day has passed since."""


class PeerUnknown(NotFound):
    """There is no such node."""


class EnvelopeNotBelieved(NotPermitted):
    """What came is not from a node we know, or not for us, or not of these minutes. Nothing was taken over."""

    status = 401


class EnvelopeUsed(Refusal):
    """This very envelope was opened before. Nothing was taken over a second time; sign a new one to ask again."""

    status = 409


class PeerTooQuick(Refusal):
    """This node asked too often. Nothing was taken over; ask again in a minute."""

    status = 429


class ReportNotReadable(Refusal):
    """This is not a report of an incident as agreed: {why}."""


class ReportOutdated(Refusal):
    """A later version of this incident was reported before, or this version said something else. Nothing was changed."""

    status = 409


class IncidentUnknown(NotFound):
    """There is no such incident."""


class IncidentOver(Refusal):
    """This incident is closed; note a new one."""


class IncidentNotValid(Refusal):
    """This cannot be noted: {why}."""


class SuperiorHolds(Refusal):
    """The superior node holds version {held} of this incident, which says something else."""


class ReportRefused(Refusal):
    """The superior node refused the report: {why}. It is not sent again by itself; correct the incident to send its next version."""


class SuperiorSilent(Unavailable):
    """The superior node did not take the report: {why}. It is sent again until it does."""
