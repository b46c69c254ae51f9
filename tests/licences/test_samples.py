"""The sample licences: all verify, each once, however often they are loaded."""

import pytest
import yaml
from django.conf import settings

from tongban.config.licence_samples import load_licences
from tongban.identity.queries import party_by_id_number, party_by_uscc
from tongban.kernel import database
from tongban.licences import queries
from tongban.licences.types import Verdict

COUNTS = ("select (select count(*) from licences_type), (select count(*) from licences_licence), "
          "(select count(*) from licences_verifiable), (select count(*) from seals_seal), "
          "(select count(*) from kernel_event)")


def held():
    people = yaml.safe_load((settings.DATA / "people.yaml").read_text(encoding="utf-8"))
    for rows, code, find in ((people["persons"], "id_number", party_by_id_number),
                             (people["entities"], "uscc", party_by_uscc)):
        for row in rows:
            yield find(row[code]), [each["type"] for each in row.get("licences") or []]


def test_loading_again_changes_nothing(db):
    load_licences(str)
    before = database.row(COUNTS)
    load_licences(str)
    assert database.row(COUNTS) == before


def test_everyone_holds_what_the_file_says_and_all_of_it_is_genuine(db):
    load_licences(str)
    total = 0
    for party, types in held():
        found = queries.licences_of([party])
        assert sorted(each.type_code for each in found) == sorted(types)
        answers = [queries.verifiable(each.code) for each in found]
        assert all(answer.verdict is not Verdict.NOT_GENUINE and answer.shown.sample for answer in answers)
        total += len(found)
    assert total == sum(len(types) for _, types in held()) > 100


def test_no_identity_number_of_a_sample_person_is_public(db):
    load_licences(str)
    public = "".join(payload for (payload,) in database.rows(
        "select convert_from(payload, 'UTF8') || identifier from licences_verifiable"))
    people = yaml.safe_load((settings.DATA / "people.yaml").read_text(encoding="utf-8"))
    assert [row["login"] for row in people["persons"] if row["id_number"] in public] == []


@pytest.mark.parametrize("kind", ["11100000MB0143028R001", "11100000000013127D001"])
def test_the_licences_most_asked_for_are_published(db, kind):
    load_licences(str)
    assert queries.licence_type(kind).definition.single
