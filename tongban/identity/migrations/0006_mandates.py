"""Mandates between persons, scopes of agents, help at the counter."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

from tongban.kernel.schema import Grant, RowSecurity, mine, own

INVITED = "(code_hash <> '' and code_hash = (select current_setting('app.invitation', true)))"
ACTING = """
create view identity_acting as
  select m.id, m.agent_id, m.principal_id, m.firm, m.extent, m.items, exists (
      select from identity_party p join identity_account a on a.party_id = coalesce(p.merged_into_id, p.id)
      where p.id in (m.agent_id, m.principal_id) and a.kind = 'CITIZEN' and a.frozen_at is not null) as frozen
  from identity_mandate m
  where accepted_at is not null and ended_at is null and valid_from <= kernel_today() and valid_to >= kernel_today();
"""
HELPED = """
create function identity_helped(of_session text) returns text[] language sql stable security definer set search_path = public as $$
  select array[h.id::text, h.principal_id::text, h.principal_name::text,
    (select coalesce(max(a.proofing), 0)::text from identity_account a where a.party_id = h.principal_id and a.active
     and a.kind = 'CITIZEN'), (h.last_seen_at < kernel_now() - interval '10 seconds')::text]
  from identity_helping h
  where h.session = of_session and h.ended_at is null and h.last_seen_at > kernel_now() - h.idle $$;
create function identity_help_seen(of_session text) returns void language sql security definer set search_path = public as $$
  update identity_helping set last_seen_at = kernel_now()
  where session = of_session and ended_at is null and last_seen_at > kernel_now() - idle $$;
revoke all on function identity_helped(text) from public;
revoke all on function identity_help_seen(text) from public;
"""


def party(*, null: bool) -> models.ForeignKey:
    return models.ForeignKey(null=null, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.party")


def account(*, null: bool) -> models.ForeignKey:
    return models.ForeignKey(null=null, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.account")


class Migration(migrations.Migration):
    dependencies = [("identity", "0005_proofing")]

    operations = [
        migrations.CreateModel(
            name="Mandate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=32, unique=True)),
                ("principal", party(null=True)),
                ("principal_name", models.CharField(max_length=120)),
                ("agent", party(null=True)),
                ("agent_name", models.CharField(max_length=120)),
                ("firm", models.BooleanField()),
                ("extent", models.SmallIntegerField()),
                ("items", models.TextField(blank=True)),
                ("valid_from", models.DateField()),
                ("valid_to", models.DateField()),
                ("started_by", account(null=False)),
                ("phone_token", models.CharField(max_length=32)),
                ("code_hash", models.CharField(blank=True, max_length=64)),
                ("offered_until", models.DateTimeField()),
                ("accepted_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("ended_by", account(null=True)),
            ],
            options={"db_table": "identity_mandate", "constraints": [
                models.CheckConstraint(condition=Q(extent__range=(1, 3)), name="identity_mandate_extent"),
                models.CheckConstraint(condition=Q(valid_to__gte=F("valid_from")), name="identity_mandate_dates"),
                models.CheckConstraint(
                    condition=Q(accepted_at__isnull=True) | Q(principal__isnull=False, agent__isnull=False),
                    name="identity_mandate_two_sides"),
                models.CheckConstraint(
                    condition=Q(principal__isnull=True) | Q(agent__isnull=True) | ~Q(principal=F("agent")),
                    name="identity_mandate_not_self"),
            ], "indexes": [
                models.Index(fields=["agent"], name="identity_mandate_of_agent"),
                models.Index(fields=["principal"], name="identity_mandate_of_principal"),
                models.Index(fields=["code_hash"], name="identity_mandate_code", condition=~Q(code_hash=""))]},
        ),
        migrations.CreateModel(
            name="Helping",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("principal", party(null=False)),
                ("principal_name", models.CharField(max_length=60)),
                ("code_hash", models.CharField(blank=True, max_length=64)),
                ("offered_until", models.DateTimeField()),
                ("helper", account(null=True)),
                ("session", models.CharField(blank=True, max_length=64)),
                ("idle", models.DurationField()),
                ("started_at", models.DateTimeField(null=True)),
                ("last_seen_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={"db_table": "identity_helping", "constraints": [
                models.UniqueConstraint(fields=["session"], condition=Q(ended_at__isnull=True) & ~Q(session=""),
                                        name="identity_helping_one_at_a_time"),
                models.UniqueConstraint(fields=["code_hash"], condition=~Q(code_hash=""), name="identity_helping_code"),
            ], "indexes": [models.Index(fields=["principal"], name="identity_helping_of_principal")]},
        ),
        migrations.RunSQL(ACTING, "drop view identity_acting"),
        migrations.RunSQL(HELPED, "drop function identity_helped(text); drop function identity_help_seen(text)"),
        Grant("identity_acting", citizen="select", officer="select", worker="select"),
        Grant("function identity_helped(text)", citizen="execute", officer="execute", worker="execute"),
        Grant("function identity_help_seen(text)", citizen="execute", officer="execute", worker="execute"),
        Grant("identity_mandate", citizen="select, insert, update", worker="select, update"),
        Grant("sequence identity_mandate_id_seq", citizen="usage"),
        RowSecurity("identity_mandate", citizen=(f"{mine('principal_id')} or {mine('agent_id')} or {INVITED}",
                                                 f"{mine('principal_id')} or {mine('agent_id')}"), worker="true"),
        Grant("identity_helping", citizen="select, insert, update", officer="select, update", worker="select, update"),
        Grant("sequence identity_helping_id_seq", citizen="usage"),
        RowSecurity("identity_helping", citizen=mine("principal_id"),
                    officer=(f"{own('helper_id')} or {INVITED}", own("helper_id")), worker="true"),
    ]
