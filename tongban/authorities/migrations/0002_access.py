"""Regions and authorities are public; the worker keeps them."""

from django.db import migrations

from tongban.kernel.schema import Grant

READERS = {role: "select" for role in ("public", "citizen", "officer", "auditor")}


class Migration(migrations.Migration):
    dependencies = [("authorities", "0001_initial")]

    operations = [
        Grant("authorities_region", worker="select, insert, update", **READERS),
        Grant("authorities_authority", worker="select, insert, update", **READERS),
        Grant("sequence authorities_authority_id_seq", worker="usage"),
    ]
