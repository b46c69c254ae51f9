"""What federation announces."""

from tongban.kernel.events import event


@event()
class PeerProposed:
    """The system administrator proposed to speak with another node."""

    peer: str


@event()
class PeerConfirmed:
    """The security administrator agreed; a node known before by the same code is known by these keys alone from now on."""

    peer: str
    superior: bool


@event()
class PeerClosed:
    """What comes from this node is believed no more, and nothing is sent to it."""

    peer: str


@event()
class IncidentNoted:
    """An incident of security is known here; `due_at`: until when the superior node must have heard of it."""

    incident: str
    kind: str
    severity: str
    rehearsal: str
    due_at: str


@event()
class IncidentCorrected:
    """What is known of an incident changed: this is its next version."""

    incident: str
    version: int


@event()
class IncidentClosed:
    """An incident is over; what was learned of it is its last version."""

    incident: str
    version: int


@event()
class IncidentReported:
    """The superior node holds this version of an incident, since the instant it named."""

    incident: str
    version: int
    received_at: str


@event()
class IncidentOverdue:
    """The time to report an incident ran out, and the superior node had not heard of it."""

    incident: str


@event()
class IncidentHeard:
    """Another node reported an incident of its own."""

    peer: str
    incident: str
    version: int
    severity: str
