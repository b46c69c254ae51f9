"""What others may read of reviews: by link, of the public, of an authority, and the indicators of EVA-17."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any

import msgspec
import yaml
from django.conf import settings

from tongban.identity import queries as identity
from tongban.kernel import database, vault
from tongban.kernel.types import Text
from tongban.reviews.errors import InvitationNotFound
from tongban.reviews.rules import DUTIES, token_hash
from tongban.reviews.types import (
    Counts,
    Duty,
    Figures,
    Finding,
    Grade,
    InvitationRow,
    OptionSet,
    OwnReview,
    PublicReview,
    RectificationRow,
    RectificationState,
    Remedy,
    ReviewRow,
    Step,
)

REVIEW = """r.id, r.case_number, r.item_code, r.authority_id, r.grade, r.options, r.options_version, r.text,
 r.follow_up, r.signed_in, r.at"""
RECTIFICATION = """f.id, f.state, f.finding, f.finding_reason, f.remedy, f.assigned_to_id, f.opened_on, f.due_on,
 f.extended, f.extension_reason, f.answer, f.answered_at, f.in_time, f.revisit_grade,
 f.state in ('RECEIVED', 'ASSIGNED', 'VERIFIED', 'RECTIFYING') and f.due_on < kernel_today(), f.remedy_text"""
FIGURES = """
with invited as (
  select i.authority_id, count(*) as number, count(distinct i.item_code) as items from reviews_invitation i
  where (i.invited_at at time zone 'Asia/Shanghai')::date between %(since)s and %(until)s
    and (%(all)s or i.authority_id = any(%(authorities)s)) group by 1
), given as (
  select i.authority_id, count(*) as number, count(distinct r.item_code) as items,
    count(*) filter (where r.signed_in) as signed_in,
    count(*) filter (where coalesce(f.finding, '') not in ('MISTAKEN', 'MALICIOUS')) as counted,
    count(*) filter (where r.grade <= 3) as good,
    count(*) filter (where r.grade >= 4 and coalesce(f.finding, '') not in ('MISTAKEN', 'MALICIOUS')) as poor,
    count(f.id) filter (where f.answered_at is not null or f.due_on < kernel_today()) as due,
    count(f.id) filter (where f.in_time) as in_time, count(f.revisit_grade) as revisited,
    count(f.id) filter (where f.revisit_grade <= 3) as satisfied
  from reviews_invitation i join reviews_review r on r.invitation_id = i.id
    left join reviews_rectification f on f.review_id = r.id
  where (i.invited_at at time zone 'Asia/Shanghai')::date between %(since)s and %(until)s
    and (%(all)s or i.authority_id = any(%(authorities)s)) group by 1
)
select i.authority_id, i.number, coalesce(g.number, 0), coalesce(g.counted, 0), coalesce(g.good, 0),
  coalesce(g.poor, 0), coalesce(g.signed_in, 0), coalesce(g.due, 0), coalesce(g.in_time, 0), coalesce(g.revisited, 0),
  coalesce(g.satisfied, 0), i.items, coalesce(g.items, 0)
from invited i left join given g using (authority_id) order by 1
"""


def invitation(token: str) -> InvitationRow:
    """The invitation behind the token of a link, whoever holds it; refuses with `InvitationNotFound`."""
    found = database.row("select * from reviews_by_link(%s)", [token_hash(token)])
    if found is None:
        raise InvitationNotFound
    key, number, item, name, authority, party, invited, expires, grade, given, followed_up, state, answer = found
    return InvitationRow(
        id=key, case_number=number, item_code=item, item_name=msgspec.json.decode(name, type=Text),
        authority=authority, party=party, invited_at=invited, expires_at=expires,
        grade=None if grade is None else Grade(grade), given_at=given, followed_up=followed_up,
        rectification=RectificationState(state) if state else None, answer=answer)


def own_review(token: str) -> OwnReview | None:
    """What was said by a link and what became of it; None while nothing was said."""
    found = database.row("select * from reviews_own(%s)", [token_hash(token)])
    if found is None:
        return None
    *shown, followed_up, due, reason, again, done = found
    return OwnReview(shown=_public(shown), followed_up=followed_up, due_on=due, extension_reason=reason,
                     revisit_grade=Grade(again) if again else None, remedy_text=done)


def link_of(case_number: str) -> str:
    """The path of the review page of a case for the party it was for; empty if there is none they may see.

    The token is derived anew from a key of the node, so nothing but its hash needs to be kept.
    """
    found = database.row("select id, token_hash from reviews_invitation where case_number = %s", [case_number])
    if found is None:
        return ""
    token = token_for(found[0])
    return f"/reviews/{token}/" if token_hash(token) == found[1] else ""


def token_for(invitation_id: int) -> str:
    """128 bits under a key of the node: unguessable, and the same whenever it is asked for."""
    return vault.token("reviews.invitation", str(invitation_id))


@lru_cache(maxsize=1)
def option_sets() -> tuple[OptionSet, ...]:
    """All versions of the unified options, oldest first, from data/review_options.yaml (EVA-08)."""
    written = yaml.load((settings.DATA / "review_options.yaml").read_bytes(), Loader=yaml.CSafeLoader)
    return tuple(sorted(msgspec.convert(written, list[OptionSet]), key=lambda each: each.version))


def options(*, on: date) -> OptionSet:
    """The options in force on a day."""
    return max((each for each in option_sets() if each.effective_from <= on), key=lambda each: each.version)


def options_of(version: int) -> OptionSet:
    """The options of a version, for showing what was ticked."""
    return next(each for each in option_sets() if each.version == version)


def public_counts(*, item_code: str = "", authority: int | None = None) -> Counts:
    """Reviews per grade of an item or an authority, for everyone (EVA-13)."""
    found = database.rows("select grade, counted, number from reviews_counts(%s, %s)", [item_code, authority])
    return _counts(found)


def public_reviews(*, item_code: str = "", authority: int | None = None, before: int | None = None,
                   limit: int = 20) -> list[PublicReview]:
    """Reviews as everyone may read them, with answers, newest first; `before` is the last id of the page before."""
    return [_public(row) for row in database.rows("select * from reviews_public(%s, %s, %s, %s)",
                                                  [item_code, authority, before, limit])]


def reviews(*, authorities: Sequence[int] | None = None, item_code: str = "", poor_only: bool = False,
            since: date | None = None, until: date | None = None, before: int | None = None,
            limit: int = 20) -> list[ReviewRow]:
    """Reviews the caller may see, newest first; None: of every authority of the caller."""
    return [_review(row) for row in database.rows(
        f"select {REVIEW} from reviews_review r join reviews_invitation i on i.id = r.invitation_id "
        "where (%s or r.authority_id = any(%s)) and (%s = '' or r.item_code = %s) and (not %s or r.grade >= 4) "
        "and (%s::date is null or (i.invited_at at time zone 'Asia/Shanghai')::date >= %s) "
        "and (%s::date is null or (i.invited_at at time zone 'Asia/Shanghai')::date <= %s) "
        "and (%s::bigint is null or r.id < %s) order by r.id desc limit %s",
        [authorities is None, list(authorities or ()), item_code, item_code, poor_only, since, since, until, until,
         before, before, limit])]


def counts(*, authorities: Sequence[int] | None = None, item_code: str = "") -> Counts:
    """Reviews per grade the caller may see."""
    found = database.rows(
        "select r.grade, coalesce(f.finding, '') not in ('MISTAKEN', 'MALICIOUS'), count(*) "
        "from reviews_review r left join reviews_rectification f on f.review_id = r.id "
        "where (%s or r.authority_id = any(%s)) and (%s = '' or r.item_code = %s) group by 1, 2",
        [authorities is None, list(authorities or ()), item_code, item_code])
    return _counts(found)


def rectifications(*, authorities: Sequence[int] | None = None, open_only: bool = True, overdue_only: bool = False,
                   before: int | None = None, limit: int = 20) -> list[RectificationRow]:
    """Rectifications the caller may see, newest first; open ones are those not closed."""
    return [_rectification(row) for row in database.rows(
        f"select {RECTIFICATION}, {REVIEW} from reviews_rectification f join reviews_review r on r.id = f.review_id "
        "where (%s or f.authority_id = any(%s)) and (not %s or f.state <> 'CLOSED') "
        "and (not %s or f.state in ('RECEIVED', 'ASSIGNED', 'VERIFIED', 'RECTIFYING') and f.due_on < kernel_today()) "
        "and (%s::bigint is null or f.id < %s) order by f.id desc limit %s",
        [authorities is None, list(authorities or ()), open_only, overdue_only, before, before, limit])]


def rectification_steps(rectification: int) -> list[Step]:
    """The history of a rectification, oldest first."""
    return [Step(before=RectificationState(before) if before else None, after=RectificationState(after), at=at, by=by)
            for before, after, at, by in database.rows(
                "select before, after, at, by from reviews_step where rectification_id = %s order by id",
                [rectification])]


def rectification(key: int) -> RectificationRow | None:
    """One rectification the caller may see."""
    found = database.row(f"select {RECTIFICATION}, {REVIEW} from reviews_rectification f "
                         "join reviews_review r on r.id = f.review_id where f.id = %s", [key])
    return _rectification(found) if found else None


def assignable(authority: int, accounts: Sequence[int]) -> dict[int, str]:
    """Names of those among the accounts whose post at the authority lets them answer its reviews."""
    return identity.staff_at(authority, list(accounts), DUTIES[Duty.WORK])


def figures(*, since: date, until: date, authorities: Sequence[int] | None = None) -> list[Figures]:
    """The indicators per authority over invitations of a period (EVA-17).

    Who was invited and said nothing is in `invited` only, never among the good (EVA-09). `reviews(since=, until=)`
    and `rectifications` list what the figures are made of.
    """
    found = database.rows(FIGURES, {"since": since, "until": until, "all": authorities is None,
                                    "authorities": list(authorities or ())})
    return [Figures(authority=row[0], invited=row[1], reviewed=row[2], counted=row[3], good=row[4], poor=row[5],
                    signed_in=row[6], rectifications_due=row[7], rectified_in_time=row[8], revisited=row[9],
                    revisited_satisfied=row[10], items_asked=row[11], items_reviewed=row[12]) for row in found]


def overdue_rectifications(limit: int, *, after: int = 0) -> list[int]:
    """Rectifications from `after` on whose due day passed and was not yet announced (worker only)."""
    return [key for (key,) in database.rows(
        "select id from reviews_rectification where state in ('RECEIVED', 'ASSIGNED', 'VERIFIED', 'RECTIFYING') "
        "and due_on < kernel_today() and overdue_of is distinct from due_on and id > %s order by id limit %s",
        [after, limit])]


def _counts(found: Sequence[tuple[int, bool, int]]) -> Counts:
    return Counts(grades={grade: sum(number for each, counted, number in found if counted and each == grade)
                          for grade in Grade},
                  not_counted=sum(number for _, counted, number in found if not counted))


def _public(row: Sequence[Any]) -> PublicReview:
    return PublicReview(id=row[0], item_code=row[1], authority=row[2], grade=Grade(row[3]), options=tuple(row[4]),
                        options_version=row[5], text=row[6], follow_up=row[7], erased=row[8], given_on=row[9],
                        state=RectificationState(row[10]) if row[10] else None,
                        finding=Finding(row[11]) if row[11] else None, finding_reason=row[12], answer=row[13],
                        answered_on=row[14])


def _review(row: Sequence[Any]) -> ReviewRow:
    return ReviewRow(id=row[0], case_number=row[1], item_code=row[2], authority=row[3], grade=Grade(row[4]),
                     options=tuple(row[5]), options_version=row[6], text=row[7], follow_up=row[8], signed_in=row[9],
                     given_at=row[10])


def _rectification(row: Sequence[Any]) -> RectificationRow:
    return RectificationRow(
        id=row[0], review=_review(row[16:]), state=RectificationState(row[1]),
        finding=Finding(row[2]) if row[2] else None, finding_reason=row[3],
        remedy=Remedy(row[4]) if row[4] else None, assigned_to=row[5], opened_on=row[6], due_on=row[7],
        extended=row[8], extension_reason=row[9], answer=row[10], answered_at=row[11], in_time=row[12],
        revisit_grade=Grade(row[13]) if row[13] else None, is_overdue=row[14],
        remedy_text=row[15])
