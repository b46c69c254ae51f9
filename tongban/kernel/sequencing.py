"""The sequencer: gives every committed event a dense position.

Each turn takes the rows that its snapshot sees and its last snapshot did not, in order of id, and stores positions and
snapshot in one transaction. Ordering by commit horizon was tried and reordered events of one subject; see ADR 0003.
"""

from tongban.kernel import database

LOCK = 7020001
TURN = """
with state as (select last_snapshot, position, floor from kernel_sequencer where id = 1),
fresh as (
  select e.id, e.at, s.position + row_number() over (order by e.id) as position
  from state s, kernel_event e
  where e.xact >= pg_snapshot_xmin(s.last_snapshot) and e.id > s.floor
    and not pg_visible_in_snapshot(e.xact, s.last_snapshot)
), placed as (
  insert into kernel_position (position, event, at) select position, id, at from fresh returning position
), moved as (
  update kernel_sequencer set last_snapshot = pg_current_snapshot(),
         position = coalesce((select max(position) from placed), position)
  where id = 1 returning position
)
select (select count(*) from placed), position from moved
"""
RESTORED = """
with state as (select position from kernel_sequencer where id = 1 for update),
lost as (
  select e.id, e.at, s.position + row_number() over (order by e.id) as position
  from state s, kernel_event e where not exists (select 1 from kernel_position p where p.event = e.id)
), placed as (
  insert into kernel_position (position, event, at) select position, id, at from lost returning position
)
update kernel_sequencer set last_snapshot = pg_current_snapshot(), cluster = %(cluster)s,
       floor = coalesce((select max(id) from kernel_event), 0),
       position = coalesce((select max(position) from placed), position)
where id = 1
"""


def become_sequencer() -> bool:
    """Take the one sequencer's lock for the life of this connection; False if another process holds it."""
    found = database.row("select pg_try_advisory_lock(%s)", [LOCK])
    return bool(found and found[0])


def after_restore() -> bool:
    """Place what a restored database holds without a position; True if the database was indeed restored elsewhere.

    Transaction ids of another cluster mean nothing here: events up to the highest restored id are placed by id and
    never looked at again, later ones are placed by snapshot.
    """
    with database.atomic():
        here = database.row("select system_identifier::text from pg_control_system()")
        stored = database.row("select cluster from kernel_sequencer where id = 1 for update")
        if here is None or stored is None:
            raise RuntimeError("the sequencer's state is missing")
        if stored[0] == here[0]:
            return False
        database.execute(RESTORED, {"cluster": here[0]})
        return True


def take_turn() -> int:
    """Place what was committed since the last turn; returns how many events were placed.

    Must run by the process that holds the lock. Wakes followers once after the commit.
    """
    with database.atomic():
        found = database.row(TURN)
        placed = int(found[0]) if found else 0
        if placed:
            database.execute("notify kernel_position")
    return placed
