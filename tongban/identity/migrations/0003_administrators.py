"""The first administrators, made by three people, and staff proposed by one administrator and confirmed by another."""

import django.db.models.deletion
from django.db import migrations, models

from tongban.kernel.schema import Grant

APART = """
create function identity_check_post() returns trigger language plpgsql as $$
begin
  if exists (select from identity_administrator where account_id = new.account_id) then
    raise exception 'identity_post_apart: an administrator holds no post at an authority' using errcode = 'check_violation';
  end if;
  return new;
end$$;
create trigger identity_post_apart before insert or update of account_id on identity_post
  for each row execute function identity_check_post();
create function identity_check_administrator() returns trigger language plpgsql as $$
begin
  if exists (select from identity_post where account_id = new.account_id
             and (valid_to is null or valid_to >= kernel_today())) then
    raise exception 'identity_administrator_apart: whoever holds a post becomes no administrator'
      using errcode = 'check_violation';
  end if;
  return new;
end$$;
create trigger identity_administrator_apart before insert on identity_administrator
  for each row execute function identity_check_administrator();
"""
MIXED = """
drop trigger identity_administrator_apart on identity_administrator; drop function identity_check_administrator();
drop trigger identity_post_apart on identity_post; drop function identity_check_post()
"""


class Migration(migrations.Migration):
    dependencies = [("identity", "0002_access"), ("authorities", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Founder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("round", models.BigIntegerField()),
                ("duty", models.CharField(max_length=8)),
                ("login", models.CharField(max_length=60)),
                ("name", models.CharField(max_length=60)),
                ("secret_hash", models.CharField(max_length=64)),
                ("password", models.CharField(blank=True, max_length=128)),
                ("expires_at", models.DateTimeField()),
                ("confirmed_at", models.DateTimeField(null=True)),
            ],
            options={"db_table": "identity_founder", "constraints": [
                models.UniqueConstraint(fields=["round", "duty"], name="identity_founder_duty"),
                models.UniqueConstraint(fields=["round", "login"], name="identity_founder_login"),
                models.UniqueConstraint(fields=["round", "name"], name="identity_founder_name")]},
        ),
        migrations.CreateModel(
            name="Administrator",
            fields=[
                ("account", models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True,
                                                 related_name="+", serialize=False, to="identity.account")),
                ("duty", models.CharField(max_length=8)),
            ],
            options={"db_table": "identity_administrator", "constraints": [models.CheckConstraint(
                condition=models.Q(duty__in=["SYSTEM", "SECURITY", "AUDIT"]), name="identity_administrator_duty")]},
        ),
        migrations.CreateModel(
            name="Proposal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("login", models.CharField(max_length=60)),
                ("name", models.CharField(max_length=60)),
                ("id_number", models.TextField(blank=True)),
                ("role", models.CharField(max_length=20)),
                ("authority", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+",
                                                to="authorities.authority")),
                ("proposed_by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+",
                                                  to="identity.account")),
                ("expires_at", models.DateTimeField()),
                ("confirmed_at", models.DateTimeField(null=True)),
            ],
            options={"db_table": "identity_proposal"},
        ),
        Grant("identity_founder", worker="select, insert, update"),
        Grant("sequence identity_founder_id_seq", worker="usage"),
        Grant("identity_administrator", worker="select, insert"),
        Grant("identity_proposal", worker="select, insert, update"),
        Grant("sequence identity_proposal_id_seq", worker="usage"),
        migrations.RunSQL(APART, MIXED),
    ]
