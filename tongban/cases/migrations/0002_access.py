"""The legal-state table and its guard, case numbers, and who may see which rows."""

from collections.abc import Iterable

from django.db import migrations

from tongban.cases.rules import RIGHTS, VISITORS
from tongban.cases.types import MOVES, Right
from tongban.kernel.schema import Grant, RowSecurity, Speaks, entrusted, ours, own

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
  elsif new.state <> old.state and current_user = 'tongban_citizen'
      and new.state not in ('SUBMITTED', 'UNDER_REVIEW', 'WITHDRAWN', 'DELIVERED') then
    raise exception 'cases_case_by_office: that is for an officer to do' using errcode = 'check_violation';
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
create function cases_is_own(officers bigint[], of_case bigint) returns boolean language sql stable as $$
  select exists (
    select from cases_case c join identity_account o on o.id = any(officers) and o.kind = 'OFFICER' where c.id = of_case and (
      c.applicant_id = o.party_id
      or exists (select from identity_party w where w.id = c.applicant_id and w.merged_into_id = o.party_id)
      or exists (select from identity_acting g where g.agent_id = o.party_id and g.principal_id = c.applicant_id)
      or exists (select from identity_agency g where g.agent_id = o.party_id and g.entity_id = c.applicant_id
                 and g.valid_from <= kernel_today() and (g.valid_to is null or g.valid_to >= kernel_today()))
      or exists (select from identity_account h where (h.id = o.id or h.party_id = o.party_id) and (h.id = c.agent_id
                 or exists (select from cases_correction k where k.case_id = c.id and k.answered_by_id = h.id)))))
$$;
create function cases_check_own() returns trigger language plpgsql as $$
begin
  if cases_is_own(array[case when new.accepted_by_id is distinct from old.accepted_by_id then new.accepted_by_id end,
                        case when new.examined_by_id is distinct from old.examined_by_id then new.examined_by_id end,
                        case when new.decided_by_id is distinct from old.decided_by_id then new.decided_by_id end], new.id) then
    raise exception 'cases_case_not_own: nobody acts on their own application' using errcode = 'check_violation';
  end if;
  return new;
end$$;
create trigger cases_case_own before update of accepted_by_id, examined_by_id, decided_by_id on cases_case
  for each row execute function cases_check_own();
"""


def posts(roles: Iterable[str]) -> str:
    """Posts as the database compares them."""
    return "array[" + ", ".join(f"'{role}'" for role in sorted(roles)) + "]"


ACCEPTING, EXAMINING, DECIDING, VOIDING = (
    posts(RIGHTS[right]) for right in (Right.ACCEPT, Right.EXAMINE, Right.DECIDE, Right.VOID))
OWN_HAND = f"""
create function cases_is_posted(officer bigint, place bigint, roles text[]) returns boolean language sql stable as $$
  select exists (select from identity_post p where p.account_id = officer and p.authority_id = place
    and p.role = any(roles) and p.valid_from <= kernel_today() and (p.valid_to is null or p.valid_to >= kernel_today()))
$$;
create function cases_is_caller(account bigint) returns boolean language sql stable as $$
  select coalesce(account = nullif(current_setting('app.account', true), '')::bigint, false)
$$;
create function cases_is_person() returns boolean language sql stable as
  $$select current_user in ('tongban_officer', 'tongban_citizen')$$;
create function cases_check_hand() returns trigger language plpgsql as $$
begin
  if new.accepted_by_id is distinct from old.accepted_by_id and not (
       cases_is_caller(new.accepted_by_id) and cases_is_posted(new.accepted_by_id, new.authority_id, {ACCEPTING}))
     or new.examined_by_id is distinct from old.examined_by_id and not (
       cases_is_caller(new.examined_by_id) and cases_is_posted(new.examined_by_id, new.authority_id, {EXAMINING}))
     or (new.decided_by_id, new.outcome) is distinct from (old.decided_by_id, old.outcome) and not (
       cases_is_caller(new.decided_by_id) and cases_is_posted(new.decided_by_id, new.authority_id, {DECIDING})) then
    raise exception 'cases_case_own_hand: people act in their own name and post' using errcode = 'check_violation';
  end if;
  return new;
end$$;
create trigger cases_case_signed before update of accepted_by_id, examined_by_id, decided_by_id, outcome on cases_case
  for each row when (current_user in ('tongban_officer', 'tongban_citizen')) execute function cases_check_hand();
create function cases_check_step() returns trigger language plpgsql as $$
declare c record; before bigint; beside bigint;
begin
  if tg_op = 'UPDATE' then
    before := old.done_by_id;
    beside := old.companion_id;
    if cases_is_person() and (old.done_at is not null
        or (new.case_id, new.node, new.verb, new.role) is distinct from (old.case_id, old.node, old.verb, old.role)) then
      raise exception 'cases_task_kept: a step that was done stays as it is' using errcode = 'check_violation';
    end if;
  end if;
  if new.done_by_id is null and new.companion_id is null then
    return new;
  end if;
  select authority_id, decided_by_id into c from cases_case where id = new.case_id;
  if cases_is_own(array[case when new.done_by_id is distinct from before then new.done_by_id end,
                        case when new.companion_id is distinct from beside then new.companion_id end], new.case_id) then
    raise exception 'cases_task_not_own: nobody acts on their own application' using errcode = 'check_violation';
  end if;
  if new.verb in ('examine', 'inspect') and c.decided_by_id in (new.done_by_id, new.companion_id) then
    raise exception 'cases_case_two_officers: whoever decided a case may not have examined it'
      using errcode = 'check_violation';
  end if;
  if cases_is_person() and (
      new.done_by_id is distinct from before and not (cases_is_caller(new.done_by_id) and case new.verb
        when 'accept' then cases_is_posted(new.done_by_id, c.authority_id, {ACCEPTING})
        when 'examine' then cases_is_posted(new.done_by_id, c.authority_id, {EXAMINING})
        when 'inspect' then cases_is_posted(new.done_by_id, c.authority_id, {EXAMINING})
        when 'return' then cases_is_posted(new.done_by_id, c.authority_id, {DECIDING})
        when 'decide' then cases_is_posted(new.done_by_id, c.authority_id, {DECIDING})
        when 'void' then cases_is_posted(new.done_by_id, c.authority_id, {VOIDING}) else true end)
      or new.companion_id is not null and not cases_is_posted(new.companion_id, c.authority_id, {posts(VISITORS)})) then
    raise exception 'cases_task_own_hand: people act in their own name and post' using errcode = 'check_violation';
  end if;
  return new;
end$$;
create trigger cases_task_step before insert on cases_task
  for each row when (new.done_by_id is not null or new.companion_id is not null) execute function cases_check_step();
create trigger cases_task_change before update on cases_task
  for each row execute function cases_check_step();
create function cases_check_decision() returns trigger language plpgsql as $$
declare c record;
begin
  if tg_op = 'UPDATE' then
    raise exception 'cases_decision_kept: a decision stays as it is' using errcode = 'check_violation';
  end if;
  select authority_id, decided_by_id into c from cases_case where id = new.case_id;
  if cases_is_own(array[new.by_id], new.case_id) or not cases_is_caller(new.by_id)
     or new.kind = 'DECLINED' and not cases_is_posted(new.by_id, c.authority_id, {ACCEPTING})
     or new.kind <> 'DECLINED' and c.decided_by_id is distinct from new.by_id then
    raise exception 'cases_decision_own_hand: people decide in their own name and post' using errcode = 'check_violation';
  end if;
  return new;
end$$;
create trigger cases_decision_hand before insert or update on cases_decision
  for each row when (current_user in ('tongban_officer', 'tongban_citizen')) execute function cases_check_decision();
"""
BY_HAND = """
drop trigger cases_decision_hand on cases_decision; drop trigger cases_task_step on cases_task;
drop trigger cases_task_change on cases_task;
drop trigger cases_case_signed on cases_case; drop function cases_check_decision(); drop function cases_check_step();
drop function cases_check_hand(); drop function cases_is_person(); drop function cases_is_caller(bigint);
drop function cases_is_posted(bigint, bigint, text[])
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
APPLICANTS = ("DraftStarted", "DraftsErased", "CaseSubmitted", "CorrectionsAnswered", "PromiseKept", "CaseWithdrawn",
              "CaseDelivered")
OFFICERS = ("CaseAccepted", "CaseDeclined", "CorrectionsRequested", "SecondNoticeAllowed", "SecondStopAllowed", "UnsealedActAllowed",
            "CaseExamined", "CaseReturned", "CaseSuspended", "CaseResumed", "CaseExtended", "CaseDecided", "CaseVoided", "ViewSaved", "ViewRemoved")
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
        migrations.RunSQL(NOT_OWN, "drop trigger cases_case_own on cases_case; drop function cases_check_own(); "
                                   "drop function cases_is_own(bigint[], bigint)"),
        migrations.RunSQL(OWN_HAND, BY_HAND),
        migrations.RunSQL(NUMBERS, "drop function cases_sequence_text(int); drop table cases_sequence"),
        migrations.RunSQL(STATUS, "drop function cases_status(text)"),
        Speaks("cases", public=(), citizen=APPLICANTS, officer=OFFICERS),
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
        Grant("cases_word", citizen="insert", officer="select, insert", worker="select, insert, delete"),
        Grant("sequence cases_word_id_seq", citizen="usage", officer="usage", worker="usage"),
        RowSecurity("cases_word", citizen=("false", "true"), officer=ours("authority"), worker=EVERY_ROW),
        Grant("cases_view", officer="select, insert, update, delete"),
        Grant("sequence cases_view_id_seq", officer="usage"),
        RowSecurity("cases_view", officer=own("account_id")),
        Grant("cases_draft", citizen="select, insert, update", worker="select, update, delete"),
        RowSecurity("cases_draft", citizen=entrusted("applicant_id", "item_code"), worker=EVERY_ROW),
    ]
