"""Leave for one act while nothing is sealed: given once, used once."""

from django.db import migrations, models

from tongban.kernel.schema import Grant

USED = """
create function ledger_leave_used() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' or old.used_at is not null or (new.subject, new.act, new.at, new.until) <>
     (old.subject, old.act, old.at, old.until) then
    raise exception 'a leave is used once and never changed' using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;
create trigger ledger_leave_used before update or delete on ledger_leave for each row execute function ledger_leave_used();
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_witnesses")]

    operations = [
        migrations.CreateModel(
            name="Leave",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subject", models.CharField(max_length=80)),
                ("act", models.CharField(max_length=8)),
                ("at", models.DateTimeField()),
                ("until", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "ledger_leave",
                "indexes": [models.Index(fields=["subject", "act"], name="ledger_leave_subject")],
            },
        ),
        migrations.RunSQL(USED, "drop function ledger_leave_used() cascade"),
        Grant("ledger_leave", officer="select, insert, update (used_at)", worker="select, insert, update (used_at)",
              auditor="select"),
        Grant("sequence ledger_leave_id_seq", officer="usage", worker="usage"),
    ]
