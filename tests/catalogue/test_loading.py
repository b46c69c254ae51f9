"""Loading reference data and samples: twice changes nothing, broken files stop it, figures have dates."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.conf import settings
from django.db import ProgrammingError

from tests.catalogue.given import DATA, EDITOR
from tests.requirements import requirement
from tongban.config import samples
from tongban.config.samples import DataNotValid
from tongban.identity import queries as identity
from tongban.identity.actions import sign_in
from tongban.kernel import database, events, parameters
from tongban.kernel.parameters import FigureAlreadySet


def test_loading_again_changes_nothing(db):
    tables = ("kernel_event", "authorities_region", "catalogue_version", "identity_account", "kernel_parameter")
    samples.load(str)
    before = [database.row(f"select count(*) from {table}")[0] for table in tables]
    said: list[str] = []
    samples.load(said.append)
    assert [database.row(f"select count(*) from {table}")[0] for table in tables] == before
    assert said[0].startswith("parameters:")


def test_the_samples_can_sign_in_with_their_posts(db):
    login = samples.sign_ins()[1].split()[0]
    actor = identity.actor_by_session(sign_in(login=login, password=samples.PASSWORD, address="127.0.0.1"))
    assert actor is not None and actor.posts
    firm = database.row("select a.agent_id from identity_agency a where a.representative "
                        "and a.valid_from <= kernel_today()")
    assert firm is not None


def test_a_file_that_breaks_its_schema_stops_the_loading_and_is_named(db, monkeypatch, tmp_path):
    for folder in ("schema", "forms", "processes"):
        (tmp_path / folder).symlink_to(DATA / folder)
    (tmp_path / "items").mkdir()
    (tmp_path / "themes.yaml").symlink_to(DATA / "themes.yaml")
    sound = (DATA / "items" / "food-operation-gaoling.yaml").read_text(encoding="utf-8")
    (tmp_path / "items" / "broken.yaml").write_text(sound.replace("visits: 0", "visits: x"), encoding="utf-8")
    monkeypatch.setattr(settings, "DATA", tmp_path)
    with pytest.raises(DataNotValid, match=r"items/broken\.yaml: visits"):
        samples.load()


def test_files_that_do_not_exist_are_passed_over(db, monkeypatch, tmp_path):
    (tmp_path / "schema").symlink_to(DATA / "schema")
    (tmp_path / "themes.yaml").symlink_to(DATA / "themes.yaml")
    monkeypatch.setattr(settings, "DATA", tmp_path)
    samples.load()


@requirement("OPS-02")
def test_a_figure_changes_from_a_date_on_and_its_history_stays(db):
    for name, start, value in (("tests.figure", date(2000, 1, 1), 5), ("tests.figure", date(2026, 7, 1), 3)):
        parameters.set_value(EDITOR, name=name, value=value, effective_from=start, source="test")
    assert parameters.value("tests.figure", date(2026, 6, 30)) == 5
    assert parameters.value("tests.figure", date(2026, 7, 1)) == 3
    assert [event.payload["value"] for event in events.of_subject("parameter:tests.figure")] == [5, 3]
    with pytest.raises(KeyError):
        parameters.value("tests.figure", date(1999, 12, 31))


@requirement("OPS-02")
def test_a_figure_is_never_replaced(db):
    wanted = {"name": "tests.kept", "effective_from": date(2000, 1, 1), "source": "test"}
    parameters.set_value(EDITOR, value=5, **wanted)
    with pytest.raises(FigureAlreadySet):
        parameters.set_value(EDITOR, value=3, **wanted)
    assert parameters.value("tests.kept", date(2026, 7, 1)) == 5
    assert [event.payload["value"] for event in events.of_subject("parameter:tests.kept")] == [5]
    with pytest.raises(ProgrammingError):
        database.execute("update kernel_parameter set value = '3' where name = 'tests.kept'")


def test_a_figure_is_remembered_only_once_it_is_certain(db):
    parameters.set_value(EDITOR, name="tests.certain", value=5, effective_from=date(2000, 1, 1), source="test")
    with database.atomic():
        parameters.set_value(EDITOR, name="tests.certain", value=3, effective_from=date(2026, 1, 1), source="test")
        with ThreadPoolExecutor(1) as another:
            assert another.submit(_read_elsewhere).result() == 5
    assert parameters.value("tests.certain", date(2026, 7, 1)) == 3


def _read_elsewhere():
    """Another thread of this process reads before the commit and remembers for both."""
    with database.serving("worker"):
        try:
            return parameters.value("tests.certain", date(2026, 7, 1))
        finally:
            database.connection().close()


@requirement("OPS-02")
def test_every_figure_of_the_data_file_is_known_with_its_source(db):
    rows = database.rows("select name, source from kernel_parameter where effective_from = '2000-01-01' "
                         "and source <> 'test'")
    assert {"identity.session_idle_minutes", "identity.lockout_failures"} <= {name for name, _ in rows}
    assert all(source for _, source in rows)
    assert parameters.value("identity.session_idle_minutes", date(2026, 3, 2)) == 15
