"""Signals move only as allowed and are never removed; the history writes itself; who may see and write what."""

from django.db import migrations

from tongban.kernel.schema import Grant, RowSecurity, ours
from tongban.supervision.types import MOVES

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
EVERY_ROW = "true"


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
    ]
