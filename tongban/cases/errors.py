"""What a case refuses."""

from collections.abc import Iterable

from tongban.cases.types import ACTS, IN_WORDS, State
from tongban.kernel.errors import NotFound, NotPermitted, Problem, Refusal


class CaseNotFound(NotFound):
    """We could not find a case with this number that you may see."""


class DraftNotFound(NotFound):
    """We could not find this draft. It may have been sent already; look under your matters."""


class DraftChangedElsewhere(Refusal):
    """This draft was changed in another window. Nothing was overwritten; press “Continue” to see both."""

    status = 409


class NumbersUsedUp(Refusal):
    """So many people applied for this today that the numbers of this day are used up. Please send it again tomorrow."""

    status = 409


class RightMissing(NotPermitted):
    """Your post does not allow this act on this case."""


class MoveNotAllowed(Refusal):
    """A case that is {state} cannot be {act}."""

    def __init__(self, *, state: str, act: str) -> None:
        super().__init__(state=IN_WORDS[State(state)], act=ACTS[act])


class AnsweredBySilence(Refusal):
    """The time to answer is over, so by law this application counts as accepted; the case shows it in a moment."""


class CorrectionsTooLate(Refusal):
    """The time to send what was missing is over, so this application is closed. You may apply again."""


class ExtensionNotCounted(Refusal):
    """Give the extension in whole working days, at least one."""


class ApplicantNotYours(NotPermitted):
    """You can apply for yourself and for the firms you may act for, and for nobody else."""


class Incomplete(Refusal):
    """Some answers or materials are missing. Nothing was sent; what you typed is kept."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        super().__init__()
        self.problems = tuple(problems)


class SameKeyOtherContent(Refusal):
    """An application with different content was already sent under this key. Use a new key."""


class CorrectionsAlreadyRequested(Refusal):
    """The applicant has been told once already what is missing; a second notice needs a supervisor's approval."""


class NoSecondNotice(Refusal):
    """There is nothing to allow: the applicant was not told yet what is missing, or may be told a second time already."""


class NothingToCorrect(Refusal):
    """Name at least one thing that is missing or wrong, and say what."""


class ReasonMissing(Refusal):
    """Give the reason in words the applicant can understand."""


class NotYourTurn(Refusal):
    """This step is not open now. The open step is: {open_step}."""


class SameOfficer(Refusal):
    """Whoever examined a case may not decide it. Ask a colleague to decide."""


class NobodyElseDecides(Refusal):
    """Nobody else here could then decide: whoever examined a case may not. A colleague without the deciding post examines it."""


class OwnCase(Refusal):
    """You may not act on your own application."""


class NothingToExamine(Refusal):
    """Choose a step of the examination that is done."""


class LaterMaterialsOutstanding(Refusal):
    """Materials that were promised for later are still missing, so the case cannot be decided yet."""


class NothingPromised(Refusal):
    """Nothing in this application waits to be handed in later."""


class TooManyViews(Refusal):
    """You have saved {most} lists already. Remove one first."""


class ViewNotFound(NotFound):
    """This saved list does not exist or was removed."""


class ItemNotOpen(Refusal):
    """This service is not open for applications at present."""


class NotOnline(Refusal):
    """The service cannot be applied for online. The guide says where to go."""


class ApplicantNotServed(Refusal):
    """The service is not meant for this kind of applicant. The guide says whom it serves."""


class CasesStillOpen(Refusal):
    """{count} of your applications is not finished. Withdraw it or wait for its decision, then close the account."""


class MandateTooNarrow(NotPermitted):
    """You may look at this for somebody else, but not do this. Whoever you act for, or a person they let send, does it."""


class OwnLeave(Refusal):
    """Whoever allows this and whoever does it are two people. Ask a colleague."""


class NoSecondStop(Refusal):
    """There is nothing to allow: the clock was not stopped for this procedure yet, or may be stopped for it again already."""
