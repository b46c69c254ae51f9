"""Signals move only as allowed and are never removed; the history writes itself; who may see and write what."""

from django.db import migrations

from tongban.kernel.schema import Grant, RowSecurity, keys, ours, own
from tongban.supervision.types import EXPORT_MOVES, MOVES

VALUES = ", ".join(f"('{before}', '{after}')" for before, after in sorted(MOVES))
MOVED = f"""
create table supervision_move (before text not null, after text not null, primary key (before, after));
insert into supervision_move values {VALUES};
create function supervision_check_move() returns trigger language plpgsql security definer set search_path = public
as $$
begin
  if tg_op = 'INSERT' then
    if new.state <> 'RAISED' then
      raise exception 'a signal begins as RAISED, not %', new.state using errcode = 'check_violation';
    end if;
    return new;
  end if;
  if new.state <> old.state and not exists (
       select from supervision_move where before = old.state and after = new.state)
     or (new.number, new.case_number, new.item_code, new.authority_id, new.rule, new.occasion, new.kind, new.family,
         new.raised_at, new.raised_by_id, new.description)
       is distinct from (old.number, old.case_number, old.item_code, old.authority_id, old.rule, old.occasion,
         old.kind, old.family, old.raised_at, old.raised_by_id, old.description) then
    raise exception 'a signal cannot go from % to % like this', old.state, new.state using errcode = 'check_violation';
  end if;
  return new;
end$$;
create function supervision_note_step() returns trigger language plpgsql security definer set search_path = public
as $$
begin
  if tg_op = 'INSERT' or new.state <> old.state then
    insert into supervision_step (signal_id, authority, before, after, at, by)
    values (new.id, new.authority_id, case when tg_op = 'INSERT' then '' else old.state end, new.state, kernel_now(),
            case when tg_op = 'INSERT' then new.raised_by_id else new.moved_by_id end);
  end if;
  return null;
end$$;
create function supervision_refuse() returns trigger language plpgsql as
  $$begin raise exception 'this record is kept' using errcode = 'insufficient_privilege'; end$$;
create trigger supervision_signal_move before insert or update on supervision_signal
  for each row execute function supervision_check_move();
create trigger supervision_signal_step after insert or update on supervision_signal
  for each row execute function supervision_note_step();
create trigger supervision_signal_kept before delete on supervision_signal
  for each row execute function supervision_refuse();
create trigger supervision_step_kept before update or delete on supervision_step
  for each row execute function supervision_refuse();
create trigger supervision_order_kept before delete on supervision_order
  for each row execute function supervision_refuse();
"""
UNMOVED = """
drop trigger supervision_signal_move on supervision_signal; drop trigger supervision_signal_step on supervision_signal;
drop trigger supervision_signal_kept on supervision_signal; drop trigger supervision_step_kept on supervision_step;
drop trigger supervision_order_kept on supervision_order; drop function supervision_check_move();
drop function supervision_note_step(); drop function supervision_refuse(); drop table supervision_move
"""
EXPORT_VALUES = ", ".join(f"('{before}', '{after}')" for before, after in sorted(EXPORT_MOVES))


def figure(name: str) -> str:
    return (f"(select p.value::text::int from kernel_parameter p where p.name = 'supervision.{name}' "
            "and p.effective_from <= kernel_today() order by p.effective_from desc limit 1)")


EXPORTED = f"""
create table supervision_export_move (before text not null, after text not null, primary key (before, after));
insert into supervision_export_move values {EXPORT_VALUES};
create function supervision_refuse_export(why text) returns void language plpgsql as
  $$begin raise exception '%', why using errcode = 'check_violation'; end$$;
create function supervision_left_alone() returns bigint language plpgsql security definer set search_path = public as $$
declare
  asker bigint := nullif(current_setting('app.account', true), '')::bigint;
  person bigint := (select party_id from identity_account where id = asker);
begin
  perform pg_advisory_xact_lock(hashtextextended('supervision_export', coalesce(person, -asker)));
  return greatest(0, {figure('export_rows_alone')} - coalesce((
    select sum(e.rows_asked) from supervision_export e join identity_account a on a.id = e.asked_by_id
    where (a.id = asker or a.party_id = person) and e.rows_asked <= e.alone
    and e.asked_at > kernel_now() - {figure('export_alone_hours')} * interval '1 hour'), 0));
end$$;
revoke all on function supervision_left_alone() from public;
create function supervision_check_asked(new supervision_export) returns void language plpgsql as $$
begin
  if new.state not in ('AWAITING', 'MAKING') or (new.state = 'AWAITING') <> (new.rows_asked > new.alone)
     or new.decided_by_id is not null or new.rows_made is not null or cardinality(new.authorities) = 0
     or new.rows_asked is distinct from cardinality(new.cases) then
    perform supervision_refuse_export('a request for a file does not begin like this');
  end if;
  if new.alone > supervision_left_alone() then
    perform supervision_refuse_export('so many rows do not leave without a second person');
  end if;
  if new.asked_by_id::text is distinct from current_setting('app.account', true) then
    perform supervision_refuse_export('a file is asked for by whoever wants it');
  end if;
end$$;
create function supervision_check_decided(new supervision_export) returns void language plpgsql as $$
begin
  if new.decided_by_id is null or new.decided_by_id::text is distinct from current_setting('app.account', true)
     or new.decided_by_id = new.asked_by_id or exists (
       select from identity_account a join identity_account b on b.party_id = a.party_id
       where a.id = new.decided_by_id and b.id = new.asked_by_id) then
    perform supervision_refuse_export('a second person decides whether a list leaves');
  end if;
  if exists (select from unnest(new.authorities) k where not exists (
       select from identity_post p where p.account_id = new.decided_by_id and p.authority_id = k and p.role = 'SUPERVISOR'
       and p.valid_from <= kernel_today() and (p.valid_to is null or p.valid_to >= kernel_today()))) then
    perform supervision_refuse_export('whoever decides supervises every authority of the list');
  end if;
end$$;
create function supervision_check_export() returns trigger language plpgsql security definer set search_path = public
as $$
begin
  if tg_op = 'INSERT' then
    new.asked_at := kernel_now();
    perform supervision_check_asked(new);
    return new;
  end if;
  if not exists (select from supervision_export_move where before = old.state and after = new.state)
     or (new.key, new.asked_by_id, new.asked_at, new.authorities, new.figure, new.case_state, new.since, new.until, new.item,
         new.region, new.language, new.reason, new.alone, new.rows_asked, new.cases)
       is distinct from (old.key, old.asked_by_id, old.asked_at, old.authorities, old.figure, old.case_state, old.since,
         old.until, old.item, old.region, old.language, old.reason, old.alone, old.rows_asked, old.cases) then
    perform supervision_refuse_export(format('a request for a file cannot go from %s to %s like this', old.state, new.state));
  end if;
  if old.state = 'AWAITING' and new.state in ('MAKING', 'REFUSED') then
    perform supervision_check_decided(new);
    if old.due_at <= kernel_now() then
      perform supervision_refuse_export('what waits is decided in time');
    end if;
  elsif new.decided_by_id is distinct from old.decided_by_id then
    perform supervision_refuse_export('a decision is made once, on what waits for it');
  end if;
  return new;
end$$;
create trigger supervision_export_move before insert or update on supervision_export
  for each row execute function supervision_check_export();
create trigger supervision_export_kept before delete on supervision_export
  for each row execute function supervision_refuse();
"""
UNEXPORTED = """
drop trigger supervision_export_move on supervision_export; drop trigger supervision_export_kept on supervision_export;
drop function supervision_check_export(); drop function supervision_check_decided(supervision_export);
drop function supervision_check_asked(supervision_export); drop function supervision_left_alone();
drop function supervision_refuse_export(text);
drop table supervision_export_move
"""
EVERY_ROW = "true"
WITHIN = f"authorities <@ {keys('authorities')}"
"""Only who stands for every authority of a list sees anything of it."""
DECIDED = "update (state, decided_by_id, decided_at, decision, decision_salt, due_at)"


class Migration(migrations.Migration):
    dependencies = [("supervision", "0001_initial"), ("kernel", "0002_log")]

    operations = [
        migrations.RunSQL(MOVED, UNMOVED),
        Grant("supervision_watch", worker="select, insert, update", auditor="select"),
        Grant("supervision_signal", officer="select, insert, update", worker="select, insert, update",
              auditor="select"),
        Grant("sequence supervision_signal_id_seq", officer="usage", worker="usage"),
        RowSecurity("supervision_signal", officer=ours("authority_id"), worker=EVERY_ROW, auditor=EVERY_ROW),
        Grant("supervision_step", officer="select", worker="select", auditor="select"),
        RowSecurity("supervision_step", officer=ours("authority"), worker=EVERY_ROW, auditor=EVERY_ROW),
        Grant("supervision_order", officer="select, insert, update", worker="select", auditor="select"),
        Grant("sequence supervision_order_id_seq", officer="usage"),
        RowSecurity("supervision_order", officer=ours("authority_id"), worker=EVERY_ROW, auditor=EVERY_ROW),
        migrations.RunSQL(EXPORTED, UNEXPORTED),
        Grant("supervision_export", officer=f"select, insert, {DECIDED}", worker="select, update", auditor="select"),
        Grant("sequence supervision_export_id_seq", officer="usage"),
        Grant("function supervision_left_alone()", officer="execute"),
        RowSecurity("supervision_export", officer=WITHIN, worker=EVERY_ROW, auditor=EVERY_ROW),
        Grant("supervision_export_file", officer="select", worker="select, insert, delete"),
        RowSecurity("supervision_export_file", officer=f"{own('account')} and {WITHIN}", worker=EVERY_ROW),
    ]
