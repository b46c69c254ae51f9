"""The person each member of staff is outside the office, so that they keep off what is their own; and their first secrets."""

import django.db.models.deletion
from django.db import migrations, models

from tongban.kernel.schema import Grant, RowSecurity

TIED = """
create function identity_tie_staff() returns trigger language plpgsql security definer set search_path = public as $$
begin
  update identity_account a set party_id = new.party_id from identity_staff s
    where s.id_number_index = new.id_number_index and a.id = s.account_id and a.kind = 'OFFICER' and a.party_id is null;
  return null;
end$$;
create trigger identity_person_staff after insert or update of id_number_index on identity_person
  for each row when (new.id_number_index is not null) execute function identity_tie_staff();
"""
FIRST = """
create function identity_use_first_secret(login text, secret text, password text) returns bigint language plpgsql
  security definer set search_path = public as $$
declare chosen bigint;
begin
  delete from identity_first_secret f using identity_account a where a.id = f.account_id and a.login = $1 and a.active
    and a.kind = 'OFFICER' and f.secret_hash = $2 and f.expires_at > kernel_now() returning a.id into chosen;
  update identity_account a set password = $3 where a.id = chosen;
  return chosen;
end$$;
revoke all on function identity_use_first_secret(text, text, text) from public;
"""


class Migration(migrations.Migration):
    dependencies = [("identity", "0008_sources")]

    operations = [
        migrations.CreateModel(
            name="StaffIdentity",
            fields=[
                ("account", models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True,
                                                 related_name="+", serialize=False, to="identity.account")),
                ("id_number", models.TextField()),
                ("id_number_index", models.CharField(max_length=32, unique=True)),
                ("brought_by", models.CharField(blank=True, db_default="", max_length=40)),
                ("doubted_until", models.DateTimeField(null=True)),
                ("doubted_by", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+",
                                                 to="identity.account")),
            ],
            options={"db_table": "identity_staff"},
        ),
        migrations.CreateModel(
            name="StaffTakenBack",
            fields=[
                ("number_hash", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("account", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+",
                                              to="identity.account")),
            ],
            options={"db_table": "identity_staff_taken_back"},
        ),
        migrations.CreateModel(
            name="FirstSecret",
            fields=[
                ("account", models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True,
                                                 related_name="+", serialize=False, to="identity.account")),
                ("secret_hash", models.CharField(blank=True, max_length=64)),
                ("expires_at", models.DateTimeField()),
                ("reset_until", models.DateTimeField(null=True)),
            ],
            options={"db_table": "identity_first_secret"},
        ),
        migrations.RunSQL(FIRST, "drop function identity_use_first_secret(text, text, text)"),
        Grant("identity_first_secret", worker="select, insert, update, delete"),
        Grant("function identity_use_first_secret(text, text, text)", public="execute", citizen="execute", officer="execute",
              worker="execute"),
        migrations.RunSQL(TIED, "drop trigger identity_person_staff on identity_person; drop function identity_tie_staff()"),
        Grant("identity_staff", worker="select, insert, update, delete"),
        RowSecurity("identity_staff", worker="true"),
        Grant("identity_staff_taken_back", worker="select, insert"),
        RowSecurity("identity_staff_taken_back", worker="true"),
    ]
