"""Who answers for this node, for what it keeps, and above it."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

from tongban.identity.types import Charge
from tongban.kernel.schema import Grant

NODES = [Charge.SUPERIOR.value, Charge.NODE.value]
ANSWERING = """
create function identity_answering() returns table (charge text, name jsonb, unit jsonb, person jsonb, post jsonb, line text,
    effective_from date, sample boolean, has_left boolean)
  language sql stable security definer set search_path = public as $$
  select distinct on (r.charge) r.charge, r.name, r.unit, r.person, r.post, r.line, r.effective_from, r.sample,
    r.account_id is not null and not exists (select from identity_account a where a.id = r.account_id and a.active
      and (exists (select from identity_administrator d where d.account_id = a.id)
        or exists (select from identity_post p where p.account_id = a.id and p.valid_from <= kernel_today()
          and (p.valid_to is null or p.valid_to >= kernel_today()))))
  from identity_responsibility r where r.confirmed_at is not null and r.effective_from <= kernel_today()
  order by r.charge, r.effective_from desc, r.id desc$$;
revoke all on function identity_answering() from public;
"""
"""Whoever answers for each charge today: proposals, earlier ones and whose accounts they are stay where they are."""


class Migration(migrations.Migration):
    dependencies = [("identity", "0009_staffing")]

    operations = [
        migrations.CreateModel(
            name="Responsibility",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("charge", models.CharField(max_length=12)),
                ("name", models.JSONField(null=True)),
                ("unit", models.JSONField()),
                ("person", models.JSONField()),
                ("post", models.JSONField()),
                ("line", models.CharField(max_length=20)),
                ("effective_from", models.DateField()),
                ("sample", models.BooleanField()),
                ("expires_at", models.DateTimeField(null=True)),
                ("confirmed_at", models.DateTimeField(null=True)),
                *((name, models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+",
                                           to="identity.account")) for name in ("account", "proposed_by", "confirmed_by")),
            ],
            options={"db_table": "identity_responsibility", "constraints": [
                models.CheckConstraint(condition=Q(charge__in=[each.value for each in Charge]),
                                       name="identity_responsibility_charge"),
                models.CheckConstraint(condition=Q(charge__in=NODES, name__isnull=False) | (~Q(charge__in=NODES) & Q(name=None)),
                                       name="identity_responsibility_name"),
                models.CheckConstraint(condition=Q(sample=True, proposed_by=None, confirmed_by=None, confirmed_at__isnull=False)
                                       | Q(sample=False, proposed_by__isnull=False), name="identity_responsibility_said"),
                models.CheckConstraint(condition=Q(sample=True) | Q(confirmed_by=None, confirmed_at=None)
                                       | (Q(confirmed_by__isnull=False, confirmed_at__isnull=False)
                                          & ~Q(confirmed_by=F("proposed_by"))), name="identity_responsibility_two_people")]},
        ),
        Grant("identity_responsibility", officer="select",
              worker="select, insert, update (confirmed_by_id, confirmed_at)"),
        Grant("sequence identity_responsibility_id_seq", worker="usage"),
        migrations.RunSQL(ANSWERING, "drop function identity_answering()"),
        Grant("function identity_answering()", public="execute", citizen="execute", officer="execute", worker="execute"),
    ]
