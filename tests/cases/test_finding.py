"""Words find a case, and only within one's own authority."""

from tests import journeys
from tests.cases.given import accepted, applied, own_item, received
from tests.catalogue.given import text
from tests.requirements import requirement
from tongban.authorities import queries as authorities
from tongban.cases import queries
from tongban.cases.rules import words_of
from tongban.kernel import database


def found(actor, *words: str, places=None) -> list[str]:
    with journeys.as_actor(actor):
        return [row.number for row in queries.find(places or actor.authorities, words_of(*words), limit=200)]


def test_a_case_is_found_by_its_number_the_end_of_it_the_applicant_and_the_item(db):
    person = journeys.citizen("欧阳寻")
    item = own_item(name=text("露天鲤鱼养殖许可", "Carp farming licence"))
    matter = applied(item, person)
    clerk = matter.staff.clerk
    for words in (matter.number, matter.number[-12:], "欧阳", "欧阳寻", "鲤鱼养殖", "欧阳 鲤鱼", "carp farming", "Licence 欧阳"):
        assert matter.number in found(clerk, words), words
    for words in ("欧阳 鲫鱼", "阳欧", "jiang"):
        assert matter.number not in found(clerk, words), words


@requirement("IDN-14")
def test_another_authority_finds_nothing_even_if_it_asks_for_this_one(db):
    matter = received()
    here = matter.row.authority_id
    other = next(each.id for each in authorities.authorities() if each.id != here)
    stranger = journeys.officer(other, *(post.role for post in matter.staff.clerk.posts))
    assert found(matter.staff.clerk, matter.number) == [matter.number]
    assert found(stranger, matter.number) == []
    assert found(stranger, matter.number, places=(here,)) == []


def test_no_words_find_nothing(db):
    assert found(received().staff.clerk, "") == []


def test_citizens_cannot_read_the_words(db):
    matter = received()
    with journeys.as_actor(matter.person):
        assert database.row("select has_table_privilege('cases_word', 'select')") == (False,)


def test_lists_show_persons_by_a_masked_name(db):
    matter = accepted()
    with journeys.as_actor(matter.staff.clerk):
        row = queries.by_number(matter.number)
    assert row is not None
    assert row.applicant_name != "张示例"
    assert "*" in row.applicant_name or "＊" in row.applicant_name
