"""What licences announce."""

from tongban.kernel.events import event


@event()
class LicenceTypePublished:
    """A licence type has a new version."""

    code: str
    licence_version: int


@event()
class LicenceOrdered:
    """A granted case promises a licence; number and identifier are given, nothing is issued yet."""

    case_number: str
    code: str
    type_code: str


@event()
class LicenceRegistered:
    """A licence that existed before was entered."""

    identifier: str
    code: str
    type_code: str
    trust: str
    payload_sha256: str


@event()
class LicenceIssued:
    """A licence was signed, sealed and issued."""

    case_number: str
    identifier: str
    code: str
    type_code: str
    document: int
    payload_sha256: str


@event()
class LicenceRunsOut:
    """The last day of a licence comes near: so many days are left at most, and its holder is told (LIC-15)."""

    code: str
    days: int
    valid_to: str


@event()
class LicenceCheckDue:
    """The annual check of a licence comes near: so many days are left at most, and its holder is told (LIC-15)."""

    code: str
    days: int
    on: str


@event()
class LicenceStateChanged:
    """A licence was suspended, resumed, replaced, revoked, cancelled or expired; the reason's salted hash is here."""

    identifier: str
    code: str
    old: str
    new: str
    reason_hash: str = ""
    case_number: str = ""
