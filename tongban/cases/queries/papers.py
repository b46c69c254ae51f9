"""What stands for a paper in an application, and what keeps it from being sent."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from tongban.cases.rules import check_answers, check_materials, check_situation, papers_by_licence
from tongban.cases.types import GivenMaterial, TrustLevel, Way
from tongban.catalogue import queries as catalogue
from tongban.catalogue.types import Guide
from tongban.identity import queries as identity
from tongban.identity.types import Actor
from tongban.kernel import database, parameters
from tongban.kernel.errors import Problem
from tongban.kernel.types import Text
from tongban.licences import queries as licences


def known_materials(guide: Guide, holders: Sequence[int]) -> list[GivenMaterial]:
    """Papers that need not be handed in because a valid licence of one of the holders stands for them (CAT-40)."""
    papers = papers_by_licence(guide)
    found = {each.type_code: each for each in reversed(licences.usable_for(holders, list(papers)))}
    return [GivenMaterial(code=papers[each.type_code].code, name=papers[each.type_code].name, way=Way.LICENCE,
                          trust=TrustLevel(each.trust), licence=each.identifier,
                          source=Text(zh=f"{each.type_name.zh}（{each.source.zh}）",
                                      en=f"{each.type_name.in_('en')} ({each.source.in_('en')})"))
            for each in found.values()]


def lapsed_materials(actor: Actor, guide: Guide, applicant: int, given: Iterable[GivenMaterial]) -> frozenset[str]:
    """Papers for which a licence stood that is no longer valid, or never was one of the applicant's."""
    named = {(each.code, each.licence) for each in given if each.way is Way.LICENCE}
    if not named:
        return frozenset()
    papers = papers_by_licence(guide)
    held = licences.usable_for(holders_of(actor, applicant), list(papers))
    return frozenset(code for code, _ in named - {(papers[each.type_code].code, each.identifier) for each in held})


def owes_papers(party: int, today: date) -> bool:
    """Has this party lately promised a paper that is overdue and has still not come (MAT-07)?"""
    since = today - timedelta(days=parameters.value("cases.broken_promise_days", today))
    return database.row("select 1 from cases_material where party = %s and overdue_at >= %s and replaced_at is null limit 1",
                        [party, since]) is not None


def holders_of(actor: Actor, applicant: int) -> list[int]:
    """Whose licences count in an application: the applicant's, and those of a firm's representative who applies."""
    represented = actor.party not in (None, applicant) and identity.represents(actor.party or 0, applicant)
    return [applicant, *([actor.party] if represented and actor.party else [])]


def check_submission(guide: Guide, situation: str, answers: dict[str, Any], given: Iterable[GivenMaterial], *,
                     today: date, lapsed: Collection[str] = ()) -> tuple[Problem, ...]:
    """Everything that keeps an application from being sent on this day: situation, answers, materials."""
    form = catalogue.form(guide.form_code, guide.form_version)
    return (*check_situation(guide, situation), *check_answers(form, answers, today),
            *check_materials(guide, situation, given, lapsed=lapsed))
