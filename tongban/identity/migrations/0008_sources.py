"""Other nodes whose sign-in is believed here, and which accounts they open."""

import django.db.models.deletion
from django.db import migrations, models

from tongban.kernel.schema import Grant, RowSecurity, mine

DEFINER = "security definer set search_path = public"
OPENING = f"""
create function identity_use_link(wanted text, subject text) returns bigint language sql {DEFINER} as $$
  select from identity_source where key = $1 for share;
  update identity_link l set used_at = kernel_now() from identity_account a, identity_source s
  where l.source_id = $1 and l.subject_hash = $2 and l.ended_at is null and a.id = l.account_id and a.active
    and a.kind = 'CITIZEN' and s.key = l.source_id and s.confirmed_at is not null and s.closed_at is null
  returning l.account_id$$;
revoke all on function identity_use_link(text, text) from public;
"""


class Migration(migrations.Migration):
    dependencies = [("identity", "0007_granting")]

    operations = [
        *(migrations.AddField(model_name=model, name=name, field=models.CharField(blank=True, db_default="", max_length=length))
          for model in ("session", "pairing") for name, length in (("source", 40), ("source_subject", 32), ("source_sid", 32))),
        migrations.AddIndex(model_name="session", index=models.Index(
            fields=["source", "source_subject"], condition=~models.Q(source=""), name="identity_session_source")),
        migrations.CreateModel(
            name="Source",
            fields=[
                ("key", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("issuer", models.CharField(max_length=300)),
                ("client_id", models.CharField(max_length=200)),
                ("secret", models.TextField()),
                ("name", models.CharField(max_length=60)),
                ("name_en", models.CharField(max_length=80)),
                ("basis", models.CharField(max_length=200)),
                ("private", models.BooleanField()),
                ("strength", models.SmallIntegerField()),
                ("expires_at", models.DateTimeField()),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("closed_at", models.DateTimeField(null=True)),
                ("confirmed_by", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+",
                                                   to="identity.account")),
                ("proposed_by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+",
                                                  to="identity.account")),
            ],
            options={"db_table": "identity_source", "constraints": [models.CheckConstraint(
                condition=models.Q(confirmed_by=None) | ~models.Q(confirmed_by=models.F("proposed_by")),
                name="identity_source_two_people")]},
        ),
        migrations.CreateModel(
            name="Link",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subject_hash", models.CharField(max_length=32)),
                ("linked_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("account", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.account")),
                ("party", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.party")),
                ("source", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.source")),
            ],
            options={
                "db_table": "identity_link",
                "constraints": [models.UniqueConstraint(fields=["source", "subject_hash"], condition=models.Q(ended_at=None),
                                                        name="identity_link_once")],
                "indexes": [models.Index(fields=["account"], name="identity_link_account")]},
        ),
        Grant("identity_source", public="select", citizen="select", officer="select",
              worker="select, insert, update (secret, confirmed_by_id, confirmed_at, closed_at)"),
        Grant("identity_link", citizen="select, insert, update", worker="select, update"),
        Grant("sequence identity_link_id_seq", citizen="usage"),
        RowSecurity("identity_link", citizen=mine("party_id"), worker="true"),
        migrations.RunSQL(OPENING, "drop function identity_use_link"),
        Grant("function identity_use_link(text, text)", public="execute", citizen="execute", officer="execute"),
    ]
