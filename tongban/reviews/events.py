"""What happens to reviews. The subject is the invitation or the rectification; of texts only the hash is here."""

from tongban.kernel.events import event


@event()
class ReviewInvited:
    """A finished case asks for one review."""

    invitation: int
    case_number: str
    item_code: str
    expires_at: str


@event()
class ReviewGiven:
    """Someone reviewed a finished case."""

    review: int
    case_number: str
    item_code: str
    grade: int
    options: list[str]
    options_version: int
    signed_in: bool
    text_hash: str


@event()
class ReviewFollowedUp:
    """The reviewer added the one comment allowed afterwards."""

    case_number: str
    text_hash: str


@event()
class ReviewTextErased:
    """The reviewer took back the words of a review; grade and options stay."""

    review: int


@event()
class RectificationOpened:
    """A poor review must be looked into by a day."""

    rectification: int
    case_number: str
    due_on: str


@event()
class RectificationMoved:
    """A rectification went one step on."""

    rectification: int
    case_number: str
    before: str
    after: str
    detail: str
    due_on: str
    text_hash: str


@event()
class RectificationExtended:
    """A complex rectification got its one extension."""

    rectification: int
    case_number: str
    due_on: str
    reason_hash: str


@event()
class RectificationOverdue:
    """A due day of a rectification passed without the step it was for."""

    rectification: int
    case_number: str
    state: str
    due_on: str
