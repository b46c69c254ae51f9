"""Foreign keys point down the map; the ORM's view of relations stays inside a module."""

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db.models import CASCADE, PROTECT, ForeignKey

from tests.architecture.reading import ROOT

MODELS = [model for config in apps.get_app_configs() if config.name.startswith("tongban.")
          for model in config.get_models()]


def ranks() -> dict[str, int]:
    """The height of each module on the map; neighbours on one line share it."""
    lines = (ROOT / ".importlinter").read_text().split("[importlinter:contract:map]")[1].splitlines()
    layers = []
    for line in lines[lines.index("layers =") + 1:]:
        if not line.startswith(" "):
            break
        layers.append([name.strip() for name in line.split("|")])
    return {name: height for height, layer in enumerate(reversed(layers)) for name in layer}


def relations(model):
    return [field for field in model._meta.local_fields if isinstance(field, ForeignKey)]


def module_of(model) -> str:
    return model.__module__.split(".")[1]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_foreign_keys_point_down_the_map_and_protect(model):
    height = ranks()
    for field in relations(model):
        here, there = module_of(model), module_of(field.related_model)
        assert here == there or height[there] < height[here], f"{field} points up or sideways to {there}"
        assert field.remote_field.on_delete is PROTECT, f"{field} does not protect"
        assert field.remote_field.related_name == "+", f"{field} can be walked backwards"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_tables_are_named_after_their_module(model):
    assert model._meta.db_table.startswith(f"{module_of(model)}_")


def test_the_migrations_make_what_the_models_say(house):
    ours = [config.label for config in apps.get_app_configs() if config.name.startswith("tongban.")]
    call_command("makemigrations", *ours, check_changes=True, dry_run=True)


def test_nothing_cascades():
    assert [str(field) for model in MODELS for field in relations(model)
            if field.remote_field.on_delete is CASCADE] == []


def test_licences_know_a_case_by_its_number():
    assert [str(field) for model in MODELS if module_of(model) in ("licences", "documents", "messages")
            for field in relations(model) if module_of(field.related_model) == "cases"] == []
