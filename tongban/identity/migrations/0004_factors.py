"""Passkeys, one-time passwords and codes."""

import django.db.models.deletion
from django.db import migrations, models

from tongban.kernel.schema import Grant, RowSecurity, own

PASSKEY = """
create function identity_passkey(wanted text) returns table (key bigint, account bigint, login text, public_key text, uses bigint)
  language sql security definer set search_path = public as
  $$select f.id, a.id, a.login, f.sealed, f.count from identity_factor f join identity_account a on a.id = f.account_id
    where f.credential = wanted and f.kind = 'PASSKEY' and f.removed_at is null and a.active for update of f$$;
create function identity_passkey_used(used bigint, uses bigint) returns void
  language sql security definer set search_path = public as
  $$update identity_factor set count = uses, used_at = kernel_now() where id = used and kind = 'PASSKEY'$$;
revoke all on function identity_passkey(text), identity_passkey_used(bigint, bigint) from public;
"""
"""Whoever signs in by a passkey is known by it alone: this one row is found before there is an account to be bound to."""
UNDONE = "drop function identity_passkey(text), identity_passkey_used(bigint, bigint)"
ACCOUNT = {"on_delete": django.db.models.deletion.PROTECT, "related_name": "+", "to": "identity.account"}


class Migration(migrations.Migration):
    dependencies = [("identity", "0003_administrators")]

    operations = [
        migrations.CreateModel(
            name="Code",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("account", models.ForeignKey(**ACCOUNT)),
                ("session_hash", models.CharField(max_length=64)),
                ("purpose", models.CharField(max_length=20)),
                ("nonce", models.CharField(max_length=32)),
                ("number_hash", models.CharField(max_length=64)),
                ("asked_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("tries", models.SmallIntegerField(default=0)),
                ("used_at", models.DateTimeField(null=True)),
                ("state", models.CharField(blank=True, max_length=10)),
            ],
            options={"db_table": "identity_code", "indexes": [
                models.Index(fields=["number_hash", "asked_at"], name="identity_code_number"),
                models.Index(fields=["session_hash"], name="identity_code_session"),
                models.Index(fields=["asked_at"], name="identity_code_asked")]},
        ),
        migrations.CreateModel(
            name="Device",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("account", models.ForeignKey(**ACCOUNT)),
                ("device_hash", models.CharField(max_length=64)),
                ("browser", models.CharField(blank=True, max_length=40)),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                ("removed_at", models.DateTimeField(null=True)),
            ],
            options={"db_table": "identity_device", "constraints": [
                models.UniqueConstraint(fields=["account", "device_hash"], name="identity_device_once")]},
        ),
        migrations.CreateModel(
            name="Factor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("account", models.ForeignKey(**ACCOUNT)),
                ("kind", models.CharField(max_length=10)),
                ("name", models.CharField(max_length=60)),
                ("credential", models.TextField(blank=True)),
                ("sealed", models.TextField()),
                ("count", models.BigIntegerField()),
                ("step", models.BigIntegerField()),
                ("added_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
                ("removed_at", models.DateTimeField(null=True)),
            ],
            options={"db_table": "identity_factor", "indexes": [models.Index(fields=["account"], name="identity_factor_account")],
                     "constraints": [
                         models.CheckConstraint(condition=models.Q(kind__in=["TOTP", "PASSKEY"]), name="identity_factor_kind"),
                         models.UniqueConstraint(fields=["credential"], condition=~models.Q(credential=""),
                                                 name="identity_factor_credential")]},
        ),
        migrations.CreateModel(
            name="RecoveryCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("account", models.ForeignKey(**ACCOUNT)),
                ("code_index", models.CharField(max_length=32)),
                ("made_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
            ],
            options={"db_table": "identity_recovery", "constraints": [
                models.UniqueConstraint(fields=["account", "code_index"], name="identity_recovery_once")]},
        ),
        migrations.CreateModel(
            name="UsedChallenge",
            fields=[
                ("challenge_hash", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("used_at", models.DateTimeField()),
            ],
            options={"db_table": "identity_used"},
        ),
        migrations.AddField(model_name="session", name="device_hash",
                            field=models.CharField(blank=True, max_length=64, default=""), preserve_default=False),
        migrations.AddField(model_name="session", name="passkey_at", field=models.DateTimeField(null=True)),
        migrations.AddField(model_name="session", name="faced_at", field=models.DateTimeField(null=True)),
        Grant("identity_code", citizen="select, insert, update", officer="select, insert, update",
              worker="select, insert, update, delete"),
        Grant("sequence identity_code_id_seq", citizen="usage", officer="usage", worker="usage"),
        Grant("identity_device", public="select, insert, update", citizen="select, insert, update", officer="select, insert, update",
              worker="select, insert, update"),
        Grant("sequence identity_device_id_seq", public="usage", citizen="usage", officer="usage", worker="usage"),
        Grant("identity_factor", citizen="select, insert, update", officer="select, insert, update", worker="select, update"),
        Grant("sequence identity_factor_id_seq", citizen="usage", officer="usage", worker="usage"),
        RowSecurity("identity_factor", citizen=own("account_id"), officer=own("account_id"), worker="true"),
        migrations.RunSQL(PASSKEY, UNDONE),
        Grant("function identity_passkey(text)", public="execute", citizen="execute", officer="execute", worker="execute"),
        Grant("function identity_passkey_used(bigint, bigint)", public="execute", citizen="execute", officer="execute",
              worker="execute"),
        Grant("identity_recovery", citizen="select, insert, update", officer="select, insert, update", worker="select, update"),
        Grant("sequence identity_recovery_id_seq", citizen="usage", officer="usage", worker="usage"),
        Grant("identity_used", public="select, insert", citizen="select, insert", officer="select, insert",
              worker="select, delete"),
    ]
