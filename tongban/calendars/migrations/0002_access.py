"""Working days are public; the worker keeps them."""

from django.db import migrations

from tongban.kernel.schema import Grant

READERS = {role: "select" for role in ("public", "citizen", "officer", "auditor")}


class Migration(migrations.Migration):
    dependencies = [("calendars", "0001_initial")]

    operations = [
        Grant("calendars_year", worker="select, insert, update", **READERS),
        Grant("calendars_day", worker="select, insert, update, delete", **READERS),
    ]
