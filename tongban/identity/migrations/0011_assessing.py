"""What it means for people to let somebody know who they are, assessed before that begins."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

from tongban.kernel.schema import Grant

BOUND = """
alter table identity_assessment add constraint identity_assessment_of_client unique (id, client_id),
  add constraint identity_assessment_of_source unique (id, source_id);
alter table identity_client add constraint identity_client_assessment
  foreign key (assessment_id, key) references identity_assessment (id, client_id);
alter table identity_source add constraint identity_source_assessment
  foreign key (assessment_id, key) references identity_assessment (id, source_id);
create function identity_check_assessment() returns trigger language plpgsql as $$ begin
  if not exists (select from identity_assessment a where a.id = new.assessment_id and a.confirmed_at is not null
      and a.next_look >= kernel_today() and (tg_table_name = 'identity_source'
        or to_jsonb(a.released) = (to_jsonb(new)->'scopes') || (to_jsonb(new)->'authorities'))) then
    raise exception 'identity_assessed: nobody agreed to an assessment of just this that still holds' using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger identity_client_assessed before insert or update of confirmed_at, assessment_id, scopes, authorities on identity_client
  for each row when (new.confirmed_at is not null and new.closed_at is null) execute function identity_check_assessment();
create trigger identity_source_assessed before insert or update of confirmed_at, assessment_id on identity_source
  for each row when (new.confirmed_at is not null and new.closed_at is null) execute function identity_check_assessment();
"""
"""What is let in names an assessment of its own, of just what it is told and brings, agreed to and not past its next look."""

UNBOUND = """
drop trigger identity_source_assessed on identity_source; drop trigger identity_client_assessed on identity_client;
drop function identity_check_assessment();
alter table identity_source drop constraint identity_source_assessment;
alter table identity_client drop constraint identity_client_assessment;
alter table identity_assessment drop constraint identity_assessment_of_client, drop constraint identity_assessment_of_source;
"""
PROTECT = django.db.models.deletion.PROTECT
ASSESSED = Q(confirmed_at=None) | Q(assessment__isnull=False) | Q(closed_at__isnull=False)


class Migration(migrations.Migration):
    dependencies = [("identity", "0010_answering")]

    operations = [
        migrations.CreateModel(
            name="Assessment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("released", django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), size=None)),
                *((name, models.CharField(max_length=2000)) for name in ("purpose", "effect", "measures")),
                ("assessor", models.CharField(max_length=60)),
                ("assessed_on", models.DateField()),
                ("next_look", models.DateField()),
                ("expires_at", models.DateTimeField()),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("client", models.ForeignKey(null=True, on_delete=PROTECT, related_name="+", to="identity.client")),
                ("source", models.ForeignKey(null=True, on_delete=PROTECT, related_name="+", to="identity.source")),
                ("proposed_by", models.ForeignKey(on_delete=PROTECT, related_name="+", to="identity.account")),
                ("confirmed_by", models.ForeignKey(null=True, on_delete=PROTECT, related_name="+", to="identity.account")),
            ],
            options={"db_table": "identity_assessment", "constraints": [
                models.CheckConstraint(condition=Q(client=None, source__isnull=False) | Q(client__isnull=False, source=None),
                                       name="identity_assessment_one_sharing"),
                models.CheckConstraint(condition=~Q(purpose="") & ~Q(effect="") & ~Q(measures="") & ~Q(assessor=""),
                                       name="identity_assessment_whole"),
                models.CheckConstraint(condition=Q(next_look__gt=F("assessed_on")), name="identity_assessment_next_look"),
                models.CheckConstraint(condition=Q(confirmed_by=None, confirmed_at=None)
                                       | (Q(confirmed_by__isnull=False, confirmed_at__isnull=False)
                                          & ~Q(confirmed_by=F("proposed_by"))), name="identity_assessment_two_people")]},
        ),
        *(migrations.AddField(model_name=model, name="assessment", field=models.ForeignKey(
            null=True, on_delete=PROTECT, related_name="+", db_constraint=False, to="identity.assessment"))
          for model in ("client", "source")),
        *(migrations.AddConstraint(model_name=model, constraint=models.CheckConstraint(
            condition=ASSESSED, name=f"identity_{model}_is_assessed")) for model in ("client", "source")),
        migrations.RunSQL(BOUND, UNBOUND),
        Grant("identity_assessment", officer="select",
              worker="select, insert, update (confirmed_by_id, confirmed_at), delete"),
        Grant("identity_client", worker="update (assessment_id)"),
        Grant("identity_source", worker="update (assessment_id)"),
        Grant("sequence identity_assessment_id_seq", worker="usage"),
    ]
