"""Witnesses of this log, the logs this node witnesses, and restorations: who wrote what is added and never changed."""

import django.db.models.deletion
from django.db import migrations, models

from tongban.kernel.schema import Grant

CLOSED = """
create trigger ledger_cosignature_closed before update or delete on ledger_cosignature
  for each row execute function kernel_closed();
create trigger ledger_evidence_closed before update or delete on ledger_evidence
  for each row execute function kernel_closed();
create trigger ledger_restoration_closed before update or delete on ledger_restoration
  for each row execute function kernel_closed();
"""
READERS = {"public": "select", "citizen": "select", "officer": "select", "auditor": "select"}
SEEING = "select, update (size, root, note, at)"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_access")]

    operations = [
        migrations.CreateModel(
            name="Witness",
            fields=[
                ("name", models.CharField(max_length=200, primary_key=True, serialize=False)),
                ("url", models.CharField(max_length=300)),
                ("key", models.CharField(max_length=300)),
                ("size", models.BigIntegerField(default=0)),
                ("asked_at", models.DateTimeField(null=True)),
                ("cosigned_at", models.DateTimeField(null=True)),
                ("refused", models.CharField(blank=True, max_length=12)),
                ("refused_at", models.DateTimeField(null=True)),
                ("agreed", models.BigIntegerField(default=0)),
                ("disagreed", models.BigIntegerField(default=0)),
                ("failures", models.SmallIntegerField(default=0)),
                ("retired_at", models.DateTimeField(null=True)),
            ],
            options={"db_table": "ledger_witness"},
        ),
        migrations.CreateModel(
            name="Cosignature",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("witness", models.CharField(max_length=200)),
                ("nth", models.SmallIntegerField()),
                ("line", models.TextField()),
                ("at", models.DateTimeField()),
                ("checkpoint", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+",
                                                 to="ledger.checkpoint")),
            ],
            options={
                "db_table": "ledger_cosignature",
                "indexes": [models.Index(fields=["nth", "-checkpoint"], name="ledger_cosignature_nth")],
                "constraints": [models.UniqueConstraint(fields=("checkpoint", "witness"), name="ledger_cosignature_once")],
            },
        ),
        migrations.CreateModel(
            name="Log",
            fields=[
                ("origin", models.CharField(max_length=200, primary_key=True, serialize=False)),
                ("keys", models.TextField()),
                ("size", models.BigIntegerField(default=0)),
                ("root", models.BinaryField()),
                ("note", models.TextField(blank=True)),
                ("at", models.DateTimeField(null=True)),
            ],
            options={"db_table": "ledger_log"},
        ),
        migrations.CreateModel(
            name="Evidence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("origin", models.CharField(max_length=200)),
                ("verdict", models.CharField(max_length=12)),
                ("seen", models.TextField()),
                ("shown", models.TextField()),
                ("size", models.BigIntegerField()),
                ("root", models.BinaryField()),
                ("at", models.DateTimeField()),
            ],
            options={
                "db_table": "ledger_evidence",
                "constraints": [models.UniqueConstraint(fields=("origin", "size", "root"), name="ledger_evidence_once")],
            },
        ),
        migrations.CreateModel(
            name="Restoration",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kept", models.BigIntegerField()),
                ("at", models.DateTimeField()),
            ],
            options={"db_table": "ledger_restoration"},
        ),
        migrations.RunSQL(CLOSED, migrations.RunSQL.noop),
        Grant("ledger_witness", worker="select, insert, update", **READERS),
        Grant("ledger_cosignature", worker="select, insert", **READERS),
        Grant("sequence ledger_cosignature_id_seq", worker="usage"),
        Grant("ledger_log", public=SEEING, citizen=SEEING, officer=SEEING, worker="select, insert, update", auditor="select"),
        Grant("ledger_evidence", public="select, insert", citizen="select, insert", officer="select, insert",
              worker="select, insert", auditor="select"),
        Grant("sequence ledger_evidence_id_seq", public="usage", citizen="usage", officer="usage", worker="usage"),
        Grant("ledger_restoration", worker="select, insert", **READERS),
        Grant("sequence ledger_restoration_id_seq", worker="usage"),
    ]
