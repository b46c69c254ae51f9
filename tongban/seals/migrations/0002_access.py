"""Everyone may see the seals; the worker keeps the register and stamps; stampings are never changed."""

from django.db import migrations

from tongban.kernel.schema import Grant, RowSecurity, ours

READERS = {role: "select" for role in ("public", "citizen", "officer", "auditor")}


class Migration(migrations.Migration):
    dependencies = [("seals", "0001_initial"), ("kernel", "0002_log")]

    operations = [
        Grant("seals_seal", worker="select, insert, update", **READERS),
        Grant("sequence seals_seal_id_seq", worker="usage"),
        Grant("seals_stamp", officer="select", worker="select, insert", auditor="select"),
        Grant("sequence seals_stamp_id_seq", worker="usage"),
        RowSecurity("seals_stamp", officer=ours("authority"), worker="true", auditor="true"),
    ]
