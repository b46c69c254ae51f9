"""The legal-state table and its guard, case numbers, and who may see which rows."""

from django.db import migrations

from tongban.cases.types import MOVES
from tongban.kernel.schema import Grant, RowSecurity, entrusted, ours, own

VALUES = ", ".join(f"('{here}', '{there}')" for here, there in sorted(MOVES))
STATES = f"""
create table cases_move (from_state text not null, to_state text not null, primary key (from_state, to_state));
insert into cases_move values {VALUES};
create function cases_check_move() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if new.state <> 'SUBMITTED' then
      raise exception 'a case begins as SUBMITTED, not %', new.state using errcode = 'check_violation';
    end if;
  elsif new.state <> old.state and not exists (
      select 1 from cases_move where from_state = old.state and to_state = new.state) then
    raise exception 'a case cannot move from % to %', old.state, new.state using errcode = 'check_violation';
  end if;
  return new;
end$$;
create trigger cases_case_move before insert or update of state on cases_case
  for each row execute function cases_check_move();
"""
TWO_OFFICERS = """
create function cases_check_officers() returns trigger language plpgsql as $$
begin
  if exists (select 1 from cases_task where case_id = new.id and new.decided_by_id in (done_by_id, companion_id)
             and verb in ('examine', 'inspect')) then
    raise exception 'cases_case_two_officers: whoever examined a case may not decide it'
      using errcode = 'check_violation';
  end if;
  return new;
end$$;
create trigger cases_case_officers before update of decided_by_id on cases_case
  for each row when (new.decided_by_id is not null) execute function cases_check_officers();
"""
NOT_OWN = """
create function cases_check_own() returns trigger language plpgsql as $$
begin
  if exists (
    select 1 from identity_account o where o.id in (new.accepted_by_id, new.examined_by_id, new.decided_by_id)
    and (o.party_id = new.applicant_id or o.id = new.agent_id
         or o.party_id = (select a.party_id from identity_account a where a.id = new.agent_id)
         or exists (select 1 from identity_agency g where g.agent_id = o.party_id and g.entity_id = new.applicant_id
                    and g.valid_from <= kernel_today() and (g.valid_to is null or g.valid_to >= kernel_today()))
         or exists (select 1 from identity_acting g where g.agent_id = o.party_id and g.principal_id = new.applicant_id))) then
    raise exception 'cases_case_not_own: nobody acts on their own application' using errcode = 'check_violation';
  end if;
  return new;
end$$;
create trigger cases_case_own before update of accepted_by_id, examined_by_id, decided_by_id on cases_case
  for each row execute function cases_check_own();
"""
NUMBERS = """
create table cases_sequence (item_code text not null, day date not null, last int not null,
                             primary key (item_code, day));
create function cases_sequence_text(n int) returns text language sql immutable as $$
  select case when n <= 9999 then lpad(n::text, 4, '0')
    when n <= 30999 then substr('ABCDEFGHJKLMNPQRTUWXY', (n - 10000) / 1000 + 1, 1) || lpad(((n - 10000) % 1000)::text, 3, '0') end
$$;
"""
STATUS = """
create function cases_status(wanted text)
  returns table (number text, item_name jsonb, state text, submitted_at timestamptz, due_at timestamptz,
                 received_on date)
  language sql stable security definer set search_path = public as $$
  select c.number, c.item_name, c.state, c.submitted_at,
    case when c.state in ('SUPPLEMENT_BEFORE', 'SUPPLEMENT_AFTER') then c.correction_due_at
         when c.state = 'SUBMITTED' then c.intake_due_at
         when c.state in ('ACCEPTED', 'UNDER_REVIEW', 'SUSPENDED') then c.promised_due_at end,
    c.received_on
  from cases_case c where c.number = wanted
$$;
revoke all on function cases_status(text) from public;
"""
CONCERNED = ("cases_material", "cases_task", "cases_correction", "cases_decision", "cases_stop")
EVERY_ROW = "true"


def part(table: str) -> list[object]:
    """Rights and policies of a table whose rows carry party and authority."""
    return [
        Grant(table, citizen="select, insert, update", officer="select, insert, update",
              worker="select, insert, update", auditor="select"),
        Grant(f"sequence {table}_id_seq", citizen="usage", officer="usage", worker="usage"),
        RowSecurity(table, citizen=entrusted("party"), officer=ours("authority"), worker=EVERY_ROW, auditor=EVERY_ROW),
    ]


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_initial"), ("kernel", "0002_log"), ("identity", "0006_mandates")]

    operations = [
        migrations.RunSQL(STATES, "drop trigger cases_case_move on cases_case; drop function cases_check_move(); "
                                  "drop table cases_move"),
        migrations.RunSQL(TWO_OFFICERS, "drop trigger cases_case_officers on cases_case; "
                                        "drop function cases_check_officers()"),
        migrations.RunSQL(NOT_OWN, "drop trigger cases_case_own on cases_case; drop function cases_check_own()"),
        migrations.RunSQL(NUMBERS, "drop function cases_sequence_text(int); drop table cases_sequence"),
        migrations.RunSQL(STATUS, "drop function cases_status(text)"),
        Grant("function cases_status(text)", public="execute", citizen="execute"),
        Grant("cases_move", citizen="select", officer="select", worker="select"),
        Grant("cases_sequence", citizen="select, insert, update", officer="select, insert, update",
              worker="select, insert, update"),
        Grant("cases_case", citizen="select, insert, update", officer="select, insert, update",
              worker="select, insert, update", auditor="select"),
        Grant("sequence cases_case_id_seq", citizen="usage", officer="usage", worker="usage"),
        RowSecurity("cases_case", citizen=entrusted("applicant_id", "item_code"), officer=ours("authority_id"), worker=EVERY_ROW,
                    auditor=EVERY_ROW),
        *(operation for table in CONCERNED for operation in part(table)),
        Grant("cases_word", citizen="insert", officer="select, insert", worker="select, insert"),
        Grant("sequence cases_word_id_seq", citizen="usage", officer="usage", worker="usage"),
        RowSecurity("cases_word", citizen=("false", "true"), officer=ours("authority"), worker=EVERY_ROW),
        Grant("cases_view", officer="select, insert, update, delete"),
        Grant("sequence cases_view_id_seq", officer="usage"),
        RowSecurity("cases_view", officer=own("account_id")),
        Grant("cases_draft", citizen="select, insert, update", worker="select, update"),
        RowSecurity("cases_draft", citizen=entrusted("applicant_id", "item_code"), worker=EVERY_ROW),
    ]
