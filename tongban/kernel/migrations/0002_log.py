"""The event log, its sequencer and cursors in plain SQL: partitioned by month, closed to update and delete."""

from django.db import migrations

from tongban.kernel.schema import Grant, RowSecurity, entrusted, mine, ours

CLOCK = """
create function kernel_now() returns timestamptz language sql stable as 'select statement_timestamp()';
create function kernel_today() returns date language sql stable as
  $$select (kernel_now() at time zone 'Asia/Shanghai')::date$$;
"""
ENTRUSTED = """
create function kernel_entrusted(party bigint, item text) returns boolean language plpgsql stable as $$
begin
  return party = any(current_setting('app.parties', true)::bigint[])
    or party || ':*' = any(string_to_array(current_setting('app.scopes', true), ','))
    or party || ':' || item = any(string_to_array(current_setting('app.scopes', true), ','));
end$$;
"""
LOG = """
create sequence kernel_event_id;
create table kernel_event (
  id bigint not null default nextval('kernel_event_id'),
  xact xid8 not null default pg_current_xact_id(),
  at timestamptz not null default kernel_now(),
  effective_on date not null default kernel_today(),
  module text not null, name text not null, version smallint not null,
  subject text not null check (subject <> ''), actor text not null check (actor <> ''),
  on_behalf_of text not null default '', role text not null, channel text not null,
  party bigint, authority bigint, payload jsonb not null,
  primary key (id, at)
) partition by range (at);
create table kernel_event_rest partition of kernel_event default;
create index kernel_event_xact on kernel_event (xact);
create index kernel_event_subject on kernel_event (subject, id);
create table kernel_position (
  position bigint primary key check (position > 0), event bigint not null unique, at timestamptz not null);
create table kernel_sequencer (
  id smallint primary key check (id = 1), position bigint not null, floor bigint not null,
  last_snapshot pg_snapshot not null, cluster text not null);
insert into kernel_sequencer select 1, 0, 0, pg_current_snapshot(), system_identifier::text from pg_control_system();
create table kernel_cursor (
  follower text primary key, position bigint not null check (position >= 0),
  moved_at timestamptz not null default kernel_now());
create table kernel_parked (
  follower text not null, position bigint not null, subject text not null, error text not null,
  at timestamptz not null default kernel_now(), primary key (follower, position));
"""
MODE = """
create table kernel_mode (
  id bigint generated always as identity primary key, at timestamptz not null default kernel_now(),
  mode text not null check (mode in ('NORMAL', 'READ_ONLY', 'ACCEPT_ONLY')),
  reason text not null, reason_en text not null, until timestamptz, actor text not null check (actor <> ''));
"""
TARGETS = """
create table kernel_target (
  id bigint generated always as identity primary key, at timestamptz not null default kernel_now(),
  name text not null check (name <> ''), address text not null, private boolean not null,
  actor text not null check (actor <> ''));
create index kernel_target_name on kernel_target (name, id desc);
"""
KEYS = """
create table kernel_data_key (
  party bigint primary key check (party >= 0), wrapped text not null, wrapped_by smallint not null,
  made_at timestamptz not null default kernel_now(), destroyed_at timestamptz,
  check ((wrapped = '') = (destroyed_at is not null)));
create index kernel_data_key_wrapped on kernel_data_key (wrapped_by);
create table kernel_rotation (
  purpose text primary key, number smallint not null, place jsonb not null default '[]',
  done bigint not null default 0, at timestamptz not null default kernel_now());
"""
CLOSED = """
create function kernel_closed() returns trigger language plpgsql as
  $$begin raise exception 'the event log is append-only' using errcode = 'insufficient_privilege'; end$$;
create trigger kernel_event_closed before update or delete on kernel_event
  for each row execute function kernel_closed();
create trigger kernel_event_kept before truncate on kernel_event for each statement execute function kernel_closed();
create trigger kernel_disclosure_closed before update or delete on kernel_disclosure
  for each row execute function kernel_closed();
create trigger kernel_mode_closed before update or delete on kernel_mode
  for each row execute function kernel_closed();
create trigger kernel_target_closed before update or delete on kernel_target
  for each row execute function kernel_closed();
"""
PARTITIONS = """
create function kernel_keep_partitions(months int) returns int language plpgsql security definer
  set search_path = public set lock_timeout = '200ms' as $$
declare
  first date; made int := 0; part text;
begin
  for i in 0..months loop
    first := date_trunc('month', kernel_today())::date + make_interval(months => i);
    part := 'kernel_event_' || to_char(first, 'YYYY_MM');
    if to_regclass(part) is null then
      begin
        execute format('create table %I partition of kernel_event for values from (%L) to (%L)', part,
          first::timestamp at time zone 'Asia/Shanghai',
          (first + interval '1 month')::timestamp at time zone 'Asia/Shanghai');
        made := made + 1;
      exception when check_violation then
        raise warning 'events of % are in the rest already', part;
      end;
    end if;
  end loop;
  return made;
end$$;
revoke all on function kernel_keep_partitions(int) from public;
select kernel_keep_partitions(13);
"""
READ = """
create function kernel_subjects_read(reader text, concerned bigint, recent interval)
  returns table (today bigint, lately bigint, known boolean)
  language sql stable security definer set search_path = public as $$
  select count(distinct party) filter (where party <> concerned),
    count(distinct party) filter (where party <> concerned and at > kernel_now() - recent),
    coalesce(bool_or(party = concerned), false)
  from kernel_disclosure where actor = reader and at >= (kernel_today()::timestamp at time zone 'Asia/Shanghai')
$$;
revoke all on function kernel_subjects_read(text, bigint, interval) from public;
"""
EVERY_ROW = "true"
SAY = """insert (effective_on, module, name, version, subject, actor, on_behalf_of, role, channel, party, authority, payload)"""
"""Nobody chooses when something happened, under which number, or in which transaction."""
NOTE = "insert (party, actor, role, authority, reason, fields, subject)"
READ_AT = "alter table kernel_disclosure alter column at set default kernel_now()"


class Migration(migrations.Migration):
    dependencies = [("kernel", "0001_initial")]

    operations = [
        migrations.RunSQL(CLOCK, "drop function kernel_today(); drop function kernel_now()"),
        migrations.RunSQL(ENTRUSTED, "drop function kernel_entrusted(bigint, text)"),
        migrations.RunSQL(LOG, "drop table kernel_parked, kernel_cursor, kernel_sequencer, kernel_position, "
                               "kernel_event; drop sequence kernel_event_id"),
        migrations.RunSQL(MODE, "drop table kernel_mode"),
        migrations.RunSQL(TARGETS, "drop table kernel_target"),
        migrations.RunSQL(KEYS, "drop table kernel_data_key, kernel_rotation"),
        migrations.RunSQL(CLOSED, migrations.RunSQL.noop),
        migrations.RunSQL(PARTITIONS, "drop function kernel_keep_partitions(int)"),
        migrations.RunSQL(READ, "drop function kernel_subjects_read(text, bigint, interval)"),
        Grant("function kernel_keep_partitions(int)", worker="execute"),
        Grant("function kernel_subjects_read(text, bigint, interval)", officer="execute", worker="execute"),
        Grant("kernel_event", public=SAY, citizen=f"select, {SAY}", officer=f"select, {SAY}", worker=f"select, {SAY}",
              auditor="select"),
        Grant("sequence kernel_event_id", public="usage", citizen="usage", officer="usage", worker="usage"),
        RowSecurity("kernel_event", public=("false", "true"), citizen=(entrusted("party"), "true"), officer=(ours("authority"), "true"),
                    worker=EVERY_ROW, auditor=EVERY_ROW),
        Grant("kernel_position", citizen="select", officer="select", worker="select, insert", auditor="select"),
        Grant("kernel_sequencer", public="select", citizen="select", officer="select", worker="select, update",
              auditor="select"),
        Grant("kernel_cursor", worker="select, insert, update", public="select", auditor="select"),
        Grant("kernel_parked", worker="select, insert, update, delete", public="select", auditor="select"),
        Grant("kernel_mode", public="select", citizen="select", officer="select", worker="select, insert",
              auditor="select"),
        Grant("kernel_target", worker="select, insert", auditor="select"),
        Grant("kernel_parameter", public="select", citizen="select", officer="select", worker="select, insert",
              auditor="select"),
        Grant("sequence kernel_parameter_id_seq", worker="usage"),
        Grant("kernel_data_key", public="select, insert", citizen="select, insert", officer="select",
              worker="select, insert, update"),
        Grant("kernel_rotation", public="select", citizen="select", worker="select, insert, update, delete"),
        migrations.RunSQL(READ_AT, "alter table kernel_disclosure alter column at drop default"),
        Grant("kernel_disclosure", citizen=f"select, {NOTE}", officer=NOTE, worker="select, insert", auditor="select"),
        Grant("sequence kernel_disclosure_id_seq", citizen="usage", officer="usage", worker="usage"),
        RowSecurity("kernel_disclosure", citizen=mine("party"), officer=("false", "true"), worker=EVERY_ROW,
                    auditor=EVERY_ROW),
    ]
