"""What reviews refuse."""

from tongban.kernel.errors import NotFound, NotPermitted, Refusal


class InvitationNotFound(NotFound):
    """The review link is not valid. Open it again from your messages."""


class CaseNotFinished(Refusal):
    """Only a finished matter can be reviewed."""


class ReviewWindowClosed(Refusal):
    """The time to review this matter is over."""


class AlreadyReviewed(Refusal):
    """The matter has been reviewed already. You may add one comment."""


class NotReviewedYet(Refusal):
    """Give your review first; a comment can be added to it later."""


class AlreadyFollowedUp(Refusal):
    """You have added your comment already; one is allowed."""


class GradeMissing(Refusal):
    """Choose how satisfied you were."""


class OptionNotOffered(Refusal):
    """Choose from the reasons offered with your answer."""


class TextTooLong(Refusal):
    """This is {over} characters too long; at most {limit} fit. Please shorten it: nothing was cut off."""


class TextMarkedSecret(Refusal):
    """This bears a mark of state secrets or secrets of work, so nothing of it was kept. Say it without what is secret."""


class TextMissing(Refusal):
    """Write at least {least} characters, so that others can understand it."""


class StaffMayNotReview(NotPermitted):
    """Members of staff cannot review while signed in as such."""


class RectificationNotFound(NotFound):
    """We could not find a rectification with this number that you may see."""


class DutyMissing(NotPermitted):
    """Your post does not allow this act on this rectification."""


class OwnWork(DutyMissing):
    """Whoever worked on this case or on its rectification does not judge it. Another supervisor does."""


class RectificationMoveNotAllowed(Refusal):
    """A rectification that is {state} cannot be {act}."""


class StaffUnknown(Refusal):
    """Name a member of staff who can take this on."""


class AlreadyExtended(Refusal):
    """The rectification has been extended once; a second time is not possible."""


class NothingToExtend(Refusal):
    """Only a complex rectification that is still within its limit can be extended."""


class NotFedBack(Refusal):
    """You can say whether you are satisfied once the authority has answered."""
