"""Authorities, licence types, themes and sample people hold together."""

import re
from collections import Counter, defaultdict

from tests.data_files.given import (
    BUSINESS_LICENCE,
    Row,
    authorities,
    field_names,
    id_number_is_valid,
    licence_types,
    read,
    texts,
    uscc_is_valid,
)
from tests.requirements import requirement

REQUIRED_TYPES = {"营业执照", "居民身份证", "居住证", "健康证明", "不动产权证", "结婚证", "户口簿"}
REGION = re.compile(r"[0-9]{12}")


def people() -> Row:
    """The sample people, entities and staff."""
    found: Row = read("people.yaml")
    return found


def test_the_check_functions_refuse_a_wrong_digit() -> None:
    assert uscc_is_valid("11511301008778183N")
    assert not uscc_is_valid("11511301008778183M")
    assert not uscc_is_valid("11511301008778173N")
    assert id_number_is_valid("11010519491231002X")
    assert not id_number_is_valid("110105194912310021")


def test_every_authority_has_a_valid_code_and_a_region() -> None:
    rows = read("authorities.yaml")
    assert len(authorities()) == len(rows)
    assert [row["uscc"] for row in rows if not uscc_is_valid(row["uscc"])] == []
    assert [row["uscc"] for row in rows if not REGION.fullmatch(row["region"])] == []
    assert {row["level"] for row in rows} <= set("123456")


def test_an_invented_code_is_marked_as_a_sample() -> None:
    assert [row["uscc"] for row in authorities().values() if (row["uscc"][8:11] == "MB9") != row["sample"]] == []


@requirement("LIC-02")
def test_a_licence_type_code_begins_with_its_defining_authority() -> None:
    rows = read("licence_types.yaml")
    assert len(licence_types()) == len(rows)
    assert [row["code"] for row in rows if not uscc_is_valid(row["code"][:18]) or len(row["code"]) != 21] == []
    by_authority = defaultdict(set)
    for row in rows:
        by_authority[row["code"][:18]].add(row["defining_authority"]["zh"])
    assert [names for names in by_authority.values() if len(names) > 1] == []


@requirement("LIC-01")
def test_the_common_licence_types_are_there_and_their_fields_are_distinct() -> None:
    assert {row["name"]["zh"] for row in licence_types().values()} >= REQUIRED_TYPES
    for row in licence_types().values():
        names = Counter(field["name"] for field in row["fields"])
        assert [name for name, count in names.items() if count > 1] == []
        assert row["holder"] in {"PERSON", "ENTITY", "BOTH"}
        assert row["category"] in {"LICENCE", "DOCUMENT"}


def test_identity_numbers_are_never_public() -> None:
    secret = {"id_number", "home_address", "birth_date"}
    shown = [
        (row["code"], field["name"])
        for row in licence_types().values()
        for field in row["fields"]
        if field["name"] in secret and field["public"]
    ]
    assert shown == []


@requirement("POR-04")
def test_the_themes_cover_the_lists_of_the_portal() -> None:
    themes = read("themes.yaml")
    assert len(themes["person"]) >= 16
    assert len(themes["entity"]) >= 14
    for rows in (themes["person"], themes["entity"]):
        assert [row["code"] for row in rows if not re.fullmatch(r"[0-9]{2,3}", row["code"])] == []
        assert len({row["code"] for row in rows}) == len(rows)
    assert len(themes["life_stages"]) == 10


def test_sample_people_are_marked_and_their_numbers_check() -> None:
    for person in people()["persons"]:
        assert id_number_is_valid(person["id_number"]), person["login"]
        assert person["id_number"][14] == "9", person["login"]
        assert re.fullmatch(r"1990000[0-9]{4}", person["phone"])
        assert "示例" in person["address"]
        assert person["id_number"][:2] == person["region"][:2]


def test_sample_firms_are_marked_and_their_codes_check() -> None:
    logins = {person["login"] for person in people()["persons"]}
    for entity in people()["entities"]:
        assert uscc_is_valid(entity["uscc"]), entity["name"]
        assert "示例" in entity["name"]
        assert {entity["representative"], *entity["agents"]} <= logins
        assert BUSINESS_LICENCE in {licence["type"] for licence in entity["licences"]}


def test_sample_licences_carry_exactly_the_fields_of_their_type() -> None:
    for holder in people()["persons"] + people()["entities"]:
        for licence in holder["licences"]:
            assert set(licence["fields"]) == field_names(licence["type"]), (holder["name"], licence["type"])


def test_every_authority_has_three_officers_for_three_posts_and_the_node_a_supervisor() -> None:
    posts: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for officer in people()["staff"]:
        for post in officer["posts"]:
            posts[officer["authority"]][post].add(officer["login"])
    assert set(posts) == set(authorities())
    for uscc, by_post in posts.items():
        three = [by_post["RECEPTIONIST"], by_post["REVIEWER"], by_post["DECIDER"]]
        assert all(three), uscc
        assert len(set.union(*three)) == sum(map(len, three)), uscc
    assert any(by_post["SUPERVISOR"] for by_post in posts.values())


def test_no_two_people_share_a_login() -> None:
    logins = Counter(row["login"] for row in people()["persons"] + people()["staff"])
    assert [login for login, count in logins.items() if count > 1] == []


def test_reference_texts_are_bilingual() -> None:
    for name in ("authorities.yaml", "licence_types.yaml", "themes.yaml"):
        assert [row for row in texts(read(name)) if not row[1].strip() or not row[2].strip()] == []
