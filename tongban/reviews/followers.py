"""What follows: a finished case asks for a review, a poor review is looked into, the reviewer hears the answer."""

from collections.abc import Sequence

from tongban.cases.events import CaseConcluded
from tongban.cases.rules.letters import day
from tongban.kernel.events import Event
from tongban.kernel.following import follows, one_by_one
from tongban.kernel.types import System, Text
from tongban.messages import actions as messages
from tongban.reviews import actions
from tongban.reviews.events import RectificationMoved, ReviewGiven
from tongban.reviews.queries import invitation, link_of
from tongban.reviews.types import Grade, RectificationState

RULE = System(name="reviews")


@follows(CaseConcluded, name="reviews.invite")
@one_by_one
def invite(event: Event) -> None:
    """Ask whoever the finished case was for, once.

    The link in the message is the only place where the token stands in clear. Row security shows a message to its
    party alone, who is the very person the token is for; events and job arguments never carry it.
    """
    token = actions.invite(RULE, case_number=event.subject)
    if token is not None and event.party is not None:
        last = day(invitation(token).expires_at)
        messages.send(
            RULE, party=event.party, about=event.subject, link=f"/reviews/{token}/",
            title=Text(zh="办得怎么样？请您评价", en="How did it go? Please review"),
            body=Text(zh=f"这件事办完了。满意不满意，您说了算；不评价也没有关系。{last.zh}前都可以评，只能评一次。",
                      en=f"This matter is finished. Tell us how satisfied you are; you need not. You may review it "
                         f"once, until {last.en}."))


@follows(ReviewGiven, name="reviews.open_rectification")
def open_rectifications(batch: Sequence[Event]) -> None:
    """Open a rectification for every poor review (EVA-11: every one)."""
    for event in batch:
        if Grade(event.payload["grade"]).is_poor:
            actions.open_rectification(RULE, review=event.payload["review"])


@follows(RectificationMoved, name="reviews.tell_reviewer")
def tell_reviewer(batch: Sequence[Event]) -> None:
    """Tell the reviewer that the authority answered and ask whether that settles it (EVA-11)."""
    for event in batch:
        if event.payload["after"] == RectificationState.FED_BACK and event.party is not None:
            number = event.payload["case_number"]
            messages.send(
                RULE, party=event.party, about=number, link=link_of(number),
                title=Text(zh="您的评价有答复了", en="Your review was answered"),
                body=Text(zh="您提出的问题，我们已经答复。请看看，再告诉我们满意不满意。",
                          en="We have answered what you raised. Please have a look and say whether you are satisfied."))
