"""Leaves and checkpoints are added and never changed; whoever may read an event may read its leaf."""

from django.db import migrations

from tongban.kernel.schema import Grant, RowSecurity, Speaks

STATE = """
insert into ledger_state (id, origin, entered, sealed_at, reads_until) values (1, '', 0, now(), now());
create table ledger_audit (
  id bigint generated always as identity primary key, at timestamptz not null default kernel_now(),
  entries bigint not null, faults bigint not null, seconds real not null);
"""
CLOSED = """
create trigger ledger_leaf_closed before update or delete on ledger_leaf for each row execute function kernel_closed();
create trigger ledger_leaf_kept before truncate on ledger_leaf for each statement execute function kernel_closed();
create trigger ledger_checkpoint_closed before update or delete on ledger_checkpoint
  for each row execute function kernel_closed();
create trigger ledger_audit_closed before update or delete on ledger_audit
  for each row execute function kernel_closed();
"""
MINE = """exists (select from kernel_position p join kernel_event e on e.id = p.event and e.at = p.at
                  where p.position = ledger_leaf.position)"""
READERS = {"public": "select", "citizen": "select", "officer": "select", "auditor": "select"}


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial"), ("kernel", "0002_log")]

    operations = [
        migrations.RunSQL(STATE, "drop table ledger_audit"),
        migrations.RunSQL(CLOSED, migrations.RunSQL.noop),
        Speaks("ledger", public=("LogRefused",), citizen=("LogRefused",), officer=("LogRefused", "UnsealedActDone")),
        Grant("ledger_leaf", citizen="select", officer="select", worker="select, insert", auditor="select"),
        RowSecurity("ledger_leaf", citizen=(MINE, "false"), officer=(MINE, "false"), worker="true", auditor="true"),
        Grant("ledger_checkpoint", worker="select, insert", **READERS),
        Grant("sequence ledger_checkpoint_id_seq", worker="usage"),
        Grant("ledger_state", worker="select, update", **READERS),
        Grant("ledger_audit", worker="select, insert", **READERS),
    ]
