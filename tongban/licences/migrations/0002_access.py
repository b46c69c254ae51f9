"""Legal moves of a licence, guarded by the database, and who may see which rows."""

from django.db import migrations

from tongban.kernel.schema import Grant, RowSecurity, Speaks, entrusted, mine, ours

MOVES = (
    ("DRAFT", "SIGNED"), ("SIGNED", "ISSUED"),
    ("ISSUED", "SUSPENDED"), ("ISSUED", "REPLACED"), ("ISSUED", "EXPIRED"), ("ISSUED", "REVOKED"),
    ("ISSUED", "CANCELLED"),
    ("SUSPENDED", "ISSUED"), ("SUSPENDED", "REPLACED"), ("SUSPENDED", "EXPIRED"), ("SUSPENDED", "REVOKED"),
    ("SUSPENDED", "CANCELLED"),
    ("EXPIRED", "REPLACED"), ("EXPIRED", "CANCELLED"),
)
VALUES = ", ".join(f"('{here}', '{there}')" for here, there in MOVES)
STATES = f"""
create table licences_move (from_state text not null, to_state text not null, primary key (from_state, to_state));
insert into licences_move values {VALUES};
create function licences_check_move() returns trigger language plpgsql security definer set search_path = public as $$
begin
  if tg_op = 'INSERT' then
    if new.state <> 'DRAFT' then
      raise exception 'a licence begins as DRAFT, not %', new.state using errcode = 'check_violation';
    end if;
  elsif new.state <> old.state and not exists (
      select 1 from licences_move where from_state = old.state and to_state = new.state) then
    raise exception 'a licence cannot move from % to %', old.state, new.state using errcode = 'check_violation';
  end if;
  return new;
end$$;
create trigger licences_licence_move before insert or update of state on licences_licence
  for each row execute function licences_check_move();
create function licences_signed_for_good() returns trigger language plpgsql as $$
begin
  raise exception 'what was signed stays as it is' using errcode = 'check_violation';
end$$;
create trigger licences_verifiable_fixed before update of code, identifier, issuer, payload, signatures or delete
  on licences_verifiable for each row execute function licences_signed_for_good();
"""
UNDO = """
drop trigger licences_verifiable_fixed on licences_verifiable; drop function licences_signed_for_good();
drop trigger licences_licence_move on licences_licence; drop function licences_check_move(); drop table licences_move;
"""
READERS = {role: "select" for role in ("public", "citizen", "officer", "auditor")}
EVERY_ROW = "true"


class Migration(migrations.Migration):
    dependencies = [("licences", "0001_initial"), ("kernel", "0002_log")]

    operations = [
        migrations.RunSQL(STATES, UNDO),
        Speaks("licences", public=(), citizen=(), officer=("LicenceStateChanged",)),
        Grant("licences_type", worker="select, insert, update (active)", **READERS),
        Grant("sequence licences_type_id_seq", worker="usage"),
        Grant("licences_licence", citizen="select", officer="select, update (state, changed_at)",
              worker="select, insert, update (state, changed_at, document_id, reminded_days, check_on, check_days, number_index)"),
        Grant("sequence licences_licence_id_seq", worker="usage"),
        RowSecurity("licences_licence", citizen=entrusted("holder_id"), officer=ours("issuer_id"), worker=EVERY_ROW),
        Grant("licences_change", citizen="select", officer="select, insert", worker="select, insert"),
        Grant("sequence licences_change_id_seq", officer="usage", worker="usage"),
        RowSecurity("licences_change", citizen=mine("holder"), officer=ours("issuer"), worker=EVERY_ROW),
        Grant("licences_verifiable", public="select", citizen="select", officer="select, update (state, changed_at)",
              worker="select, insert, update (state, changed_at)", auditor="select"),
        RowSecurity("licences_verifiable", public=EVERY_ROW, citizen=EVERY_ROW, officer=(EVERY_ROW, ours("issuer")),
                    worker=EVERY_ROW, auditor=EVERY_ROW),
        Grant("licences_serial", worker="select, insert, update"),
        Grant("sequence licences_serial_id_seq", worker="usage"),
    ]
