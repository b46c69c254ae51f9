"""Registering, proving who one is, accounts that are one person's.

Whoever is not signed in owns no right to write people: what registering and proving write, functions of the owner do,
each bound to the code that was typed or to the account that acts.
"""

import django.db.models.deletion
from django.db import migrations, models

from tongban.kernel.schema import Grant, RowSecurity, mine

EVERY_ROW = "true"
PARTY = {"on_delete": django.db.models.deletion.PROTECT, "related_name": "+", "to": "identity.party"}
DEFINER = "security definer set search_path = public"

ENROLLING = f"""
create function identity_ask_to_enrol(key text, code text, sealed text, phone text, lasting interval, login text,
  own bigint, purpose text) returns bigint
  language plpgsql {DEFINER} as $$
declare holder bigint;
begin
  select p.party_id into holder from identity_person p join identity_account a on a.party_id = p.party_id
    where (a.login = $6 or (p.phone_index = $4 and a.kind = 'CITIZEN' and a.active)) and a.party_id is distinct from $7
    order by a.login = $6 desc, a.id limit 1;
  insert into identity_enrolment (key_hash, code_hash, phone, phone_index, leads_on, purpose, tries, expires_at, state)
    values ($1, $2, $3, $4, holder is null, $8, 0, kernel_now() + $5, '');
  return holder;
end$$;
create function identity_try_enrolment(key text, code text, purpose text, most int, lasting interval) returns text
  language sql {DEFINER} as $$
  update identity_enrolment e set tries = e.tries + case when e.code_hash = $2 and e.leads_on then 0 else 1 end,
    typed_at = case when e.code_hash = $2 and e.leads_on then coalesce(e.typed_at, kernel_now()) else e.typed_at end,
    expires_at = case when e.code_hash = $2 and e.leads_on and e.typed_at is null then kernel_now() + $5 else e.expires_at end
  where e.key_hash = $1 and e.purpose = $3 and e.expires_at > kernel_now() and e.used_at is null and e.tries < $4
  returning case when e.code_hash = $2 and e.leads_on then e.phone end$$;
create function identity_enrol(key text, code text, party bigint, name text, sealed text, phone text, password text,
  login text, display text) returns bigint language plpgsql {DEFINER} as $$
declare made bigint;
begin
  perform pg_advisory_xact_lock(hashtextextended($8, 0));
  update identity_enrolment e set used_at = kernel_now() where e.key_hash = $1 and e.code_hash = $2 and e.leads_on
    and e.purpose = 'REGISTER' and e.used_at is null and e.expires_at > kernel_now() and e.phone_index = $6;
  if not found or exists (select from identity_account a where a.login = $8) then return null; end if;
  insert into identity_party (id, kind) values ($3, 'PERSON');
  insert into identity_person (party_id, name, name_en, credential_type, id_number, phone, phone_index, address, region, sex,
    ethnicity, email, proofing, registered_on, sample) values ($3, $4, '', '', '', $5, $6, '', '', '', '', '', 1, kernel_today(), false);
  insert into identity_account (kind, login, password, party_id, display, display_en, proofing, active, sample)
    values ('CITIZEN', $8, $7, $3, $9, '', 1, true, exists (select from identity_account where sample)
      and not exists (select from identity_administrator)) returning id into made;
  return made;
end$$;
"""
RECOVERING = f"""
create function identity_codes_held_back() returns boolean language sql stable {DEFINER} as $$
  select exists (select from identity_account a join identity_enrolment e on e.party_id = a.party_id
    where a.id = nullif(current_setting('app.account', true), '')::bigint and e.purpose = 'RECOVER'
      and e.used_at > kernel_now() - interval '1 day')
    and exists (select from identity_factor f where f.account_id = nullif(current_setting('app.account', true), '')::bigint
      and f.removed_at is null)$$;
create function identity_ask_to_recover(key text, code text, sealed text, phone text, lasting interval)
  returns table (party bigint, sample boolean) language plpgsql {DEFINER} as $$
begin
  return query select a.party_id, a.sample from identity_account a join identity_person p on p.party_id = a.party_id
    where p.phone_index = $4 and a.kind = 'CITIZEN' and a.active order by a.id limit 1;
  insert into identity_enrolment (key_hash, code_hash, phone, phone_index, leads_on, purpose, tries, expires_at, state)
    values ($1, $2, $3, $4, found, 'RECOVER', 0, kernel_now() + $5, '');
end$$;
create function identity_recoverable(key text, code text) returns table (party bigint, level smallint, name text, number text)
  language sql stable {DEFINER} as $$
  select p.party_id, p.proofing, p.name, p.id_number_index
  from identity_enrolment e join identity_person p on p.phone_index = e.phone_index
  where e.key_hash = $1 and e.code_hash = $2 and e.purpose = 'RECOVER' and e.leads_on
    and e.expires_at > kernel_now()
    and exists (select from identity_account a where a.party_id = p.party_id and a.kind = 'CITIZEN' and a.active)$$;
create function identity_recovery_of(key text, code text) returns table (party bigint, level smallint)
  language sql stable {DEFINER} as $$
  select case when count(*) = 1 then min(r.party) end, max(r.level) from identity_recoverable($1, $2) r$$;
create function identity_whose_recovery(key text, code text, name text, number text) returns table (party bigint, level smallint)
  language sql stable {DEFINER} as $$
  select min(r.party), min(r.level) from identity_recoverable($1, $2) r
  where r.name = $3 and (r.level < 2 or r.number = $4) having count(*) = 1$$;
create function identity_settle_recovery(key text, code text, whose bigint, level int) returns boolean language sql {DEFINER} as $$
  update identity_enrolment e set party_id = $3, level = $4
  where e.key_hash = $1 and exists (select from identity_recoverable($1, $2) r where r.party = $3 and r.level <= $4)
  returning true$$;
create function identity_recover(key text, code text, password text) returns table (account bigint, whose bigint, proved smallint)
  language plpgsql {DEFINER} as $$
begin
  update identity_enrolment e set used_at = kernel_now() where e.key_hash = $1 and e.used_at is null
    and exists (select from identity_recoverable($1, $2) r where r.party = e.party_id and r.level <= e.level)
    returning e.party_id, e.level into whose, proved;
  update identity_pairing p set allowed = false from identity_account a
    where a.id = p.account_id and a.party_id = whose and a.kind = 'CITIZEN' and p.allowed and p.used_at is null;
  update identity_session s set closed_at = kernel_now() from identity_account a
    where a.id = s.account_id and a.party_id = whose and a.kind = 'CITIZEN' and s.closed_at is null;
  return query update identity_account a set password = $3 where a.party_id = whose and a.kind = 'CITIZEN' and a.active
    returning a.id, whose, proved;
end$$;
"""
NEW_PHONE = f"""
create function identity_party_of_card(indexes text[], name text, apart bigint[]) returns bigint language sql stable {DEFINER} as $$
  select p.party_id from identity_person p where p.id_number_index = any($1) and p.name = $2 and p.party_id <> all($3)
    and exists (select from identity_account a where a.party_id = p.party_id and a.kind = 'CITIZEN' and a.active)$$;
create function identity_name_new_phone(key text, code text, indexes text[], name text, apart bigint[], whose bigint, sealed text,
  lasting interval) returns timestamptz language plpgsql {DEFINER} as $$
declare until timestamptz := kernel_now() + $8;
begin
  if $6 is distinct from identity_party_of_card($3, $4, $5) then return null; end if;
  update identity_enrolment e set used_at = kernel_now() where e.key_hash = $1 and e.code_hash = $2 and e.leads_on
    and e.purpose = 'COUNTER' and e.used_at is null and e.expires_at > kernel_now();
  if not found then return null; end if;
  insert into identity_new_phone (party_id, phone, named_by_id, due_at)
    values ($6, $7, nullif(current_setting('app.account', true), '')::bigint, until)
    on conflict (party_id) do update set phone = excluded.phone, named_by_id = excluded.named_by_id, due_at = excluded.due_at
    where identity_new_phone.named_by_id <> excluded.named_by_id;
  if not found then return null; end if;
  return until;
end$$;
create function identity_new_phone_is_mine(whose bigint) returns boolean language sql stable {DEFINER} as $$
  select exists (select from identity_new_phone n where n.party_id = $1
    and n.named_by_id = nullif(current_setting('app.account', true), '')::bigint)$$;
"""
PROVING = f"""
create function identity_settle_proof(me bigint, way text, level int, name text, kind text, sealed text, index text,
  display text, sex text, until date) returns bigint language plpgsql {DEFINER} as $$
declare known identity_person; other identity_person;
begin
  perform pg_advisory_xact_lock(hashtextextended($7, 0));
  select * into known from identity_person p where p.party_id = $1 for update;
  if not found then return null; end if;
  if known.id_number_index is not null and (known.id_number_index <> $7 or known.name <> $4) then return -1; end if;
  select * into other from identity_person p where p.id_number_index = $7 and p.party_id <> $1;
  if found then
    insert into identity_conflict (party_id, holder_id, way, level, same_name, same_phone, state, reason, raised_at,
      raised_by_id)
      values ($1, other.party_id, $2, $3, other.name = $4, other.phone_index = known.phone_index, 'OPEN', '', kernel_now(),
        nullif(current_setting('app.account', true), '')::bigint)
      on conflict (party_id) where state = 'OPEN' do nothing;
    return other.party_id;
  end if;
  update identity_person p set name = $4, credential_type = $5, id_number = $6, id_number_index = $7,
    sex = case when p.sex = '' then $9 else p.sex end, proofing = greatest(p.proofing, $3) where p.party_id = $1;
  update identity_account a set proofing = greatest(a.proofing, $3), proofing_until = $10, display = $8
    where a.party_id = $1 and a.kind = 'CITIZEN';
  return 0;
end$$;
create function identity_prove(name text, kind text, sealed text, index text, display text, sex text, until date)
  returns bigint language sql {DEFINER} as $$
  select identity_settle_proof(a.party_id, 'DATA', 2, $1, $2, $3, $4, $5, $6, $7) from identity_account a
  where a.id = nullif(current_setting('app.account', true), '')::bigint and a.kind = 'CITIZEN' and a.active$$;
create function identity_raise(level int, until date) returns boolean language plpgsql {DEFINER} as $$
declare me bigint;
begin
  select a.party_id into me from identity_account a join identity_person p on p.party_id = a.party_id
    where a.id = nullif(current_setting('app.account', true), '')::bigint and a.kind = 'CITIZEN' and a.active and p.proofing >= 2;
  update identity_person set proofing = greatest(proofing, $1) where party_id = me;
  update identity_account set proofing = greatest(proofing, $1), proofing_until = $2 where party_id = me and kind = 'CITIZEN';
  return me is not null;
end$$;
create function identity_code_party(code text) returns bigint language sql stable {DEFINER} as $$
  select party_id from identity_proofing_code where code_hash = $1 and expires_at > kernel_now()$$;
create function identity_prove_at_counter(code text, name text, kind text, sealed text, index text, display text, sex text,
  until date) returns bigint language plpgsql {DEFINER} as $$
declare me bigint;
begin
  delete from identity_proofing_code where code_hash = $1 and expires_at > kernel_now() returning party_id into me;
  if me is null then return null; end if;
  return identity_settle_proof(me, 'COUNTER', 3, $2, $3, $4, $5, $6, $7, $8);
end$$;
create function identity_unfreeze(indexes text[], name text, apart bigint[]) returns setof bigint[] language sql {DEFINER} as $$
  update identity_account a set active = true, frozen_at = null from identity_person p
  where p.id_number_index = any($1) and p.name = $2 and a.party_id = p.party_id and a.party_id <> all($3)
    and a.kind = 'CITIZEN' and a.frozen_at is not null and a.closed_at is null
  returning array[a.id, a.party_id]$$;
"""
MERGING = f"""
create function identity_merge(conflict bigint) returns bigint[] language plpgsql {DEFINER} as $$
declare c identity_conflict; kept bigint;
begin
  update identity_conflict set state = 'MERGED', decided_at = kernel_now(),
    decided_by_id = nullif(current_setting('app.account', true), '')::bigint
    where id = $1 and state = 'OPEN' returning * into c;
  if not found then return null; end if;
  select coalesce(merged_into_id, id) into kept from identity_party where id = c.holder_id;
  update identity_party set merged_into_id = kept where id = c.party_id or merged_into_id = c.party_id;
  update identity_agency g set agent_id = kept where g.agent_id = c.party_id and not exists (
    select from identity_agency o where o.agent_id = kept and o.entity_id = g.entity_id and o.valid_from = g.valid_from);
  delete from identity_agency where agent_id = c.party_id;
  update identity_entity set representative_id = kept where representative_id = c.party_id;
  update identity_session s set closed_at = kernel_now() from identity_account a
    where a.id = s.account_id and a.party_id = c.party_id and s.closed_at is null;
  update identity_account set party_id = kept, proofing = greatest(proofing, c.level),
    display = coalesce((select o.display from identity_account o where o.party_id = kept and o.kind = 'CITIZEN'
      order by o.id limit 1), display) where party_id = c.party_id;
  return array[kept, c.party_id];
end$$;
create function identity_refuse_merge(conflict bigint, reason text) returns bigint language plpgsql {DEFINER} as $$
declare c identity_conflict;
begin
  update identity_conflict set state = 'REFUSED', decided_at = kernel_now(), reason = $2,
    decided_by_id = nullif(current_setting('app.account', true), '')::bigint
    where id = $1 and state = 'OPEN' returning * into c;
  if not found then return null; end if;
  update identity_session s set closed_at = kernel_now() from identity_account a
    where a.id = s.account_id and a.party_id = c.party_id and s.closed_at is null;
  update identity_account set active = false where party_id = c.party_id and kind = 'CITIZEN';
  return c.party_id;
end$$;
"""
FIRMS = f"""
create function identity_register_firm(entity bigint, name text, index text, code text, phone text, address text, region text,
  kind text, scope text) returns boolean language plpgsql {DEFINER} as $$
declare me bigint;
begin
  select a.party_id into me from identity_account a join identity_person p on p.party_id = a.party_id
    where a.id = nullif(current_setting('app.account', true), '')::bigint and a.kind = 'CITIZEN' and a.active and p.proofing >= 2;
  perform pg_advisory_xact_lock(hashtextextended($3, 0));
  if me is null or exists (select from identity_entity e where e.uscc_index = $3) then return false; end if;
  insert into identity_party (id, kind) values ($1, 'ENTITY');
  insert into identity_entity (party_id, name, name_en, uscc_index, uscc, representative_id, phone, address, region, kind, status,
    registered_on, business_scope, sample) values ($1, $2, '', $3, $4, me, $5, $6, $7, $8, 'ACTIVE', kernel_today(), $9, false);
  insert into identity_agency (agent_id, entity_id, representative, valid_from) values (me, $1, true, kernel_today());
  return true;
end$$;
"""
FUNCTIONS = {
    "identity_ask_to_enrol(text, text, text, text, interval, text, bigint, text)": "public citizen officer",
    "identity_try_enrolment(text, text, text, int, interval)": "public citizen officer",
    "identity_enrol(text, text, bigint, text, text, text, text, text, text)": "public citizen officer",
    "identity_ask_to_recover(text, text, text, text, interval)": "public citizen officer",
    "identity_codes_held_back()": "citizen",
    "identity_new_phone_is_mine(bigint)": "officer",
    "identity_recoverable(text, text)": "",
    "identity_recovery_of(text, text)": "public citizen officer",
    "identity_whose_recovery(text, text, text, text)": "public citizen officer",
    "identity_settle_recovery(text, text, bigint, int)": "public citizen officer",
    "identity_recover(text, text, text)": "public citizen officer",
    "identity_party_of_card(text[], text, bigint[])": "officer",
    "identity_name_new_phone(text, text, text[], text, bigint[], bigint, text, interval)": "officer",
    "identity_settle_proof(bigint, text, int, text, text, text, text, text, text, date)": "",
    "identity_prove(text, text, text, text, text, text, date)": "citizen",
    "identity_raise(int, date)": "citizen",
    "identity_code_party(text)": "officer",
    "identity_prove_at_counter(text, text, text, text, text, text, text, date)": "officer",
    "identity_unfreeze(text[], text, bigint[])": "officer",
    "identity_merge(bigint)": "officer",
    "identity_refuse_merge(bigint, text)": "officer",
    "identity_register_firm(bigint, text, text, text, text, text, text, text, text)": "citizen",
}


def _given() -> list[migrations.operations.base.Operation]:
    """Each function to the logins that may call it, and to the worker."""
    closed = "; ".join(f"revoke all on function {name} from public" for name in FUNCTIONS)
    return [migrations.RunSQL(closed, migrations.RunSQL.noop),
            *(Grant(f"function {name}", **{login: "execute" for login in (*roles.split(), "worker")})
              for name, roles in FUNCTIONS.items() if roles)]


class Migration(migrations.Migration):
    dependencies = [("identity", "0004_factors")]

    operations = [
        migrations.AddField(model_name="party", name="merged_into", field=models.ForeignKey(null=True, **PARTY)),
        migrations.AlterField(model_name="person", name="id_number", field=models.TextField(blank=True)),
        migrations.AlterField(model_name="person", name="id_number_index",
                              field=models.CharField(max_length=32, null=True, unique=True)),
        *(migrations.AddField(model_name="person", name=name, field=field, preserve_default=False) for name, field in (
            ("credential_type", models.CharField(blank=True, max_length=3, default="111")),
            ("credential_from", models.DateField(null=True)),
            ("credential_to", models.DateField(null=True)),
            ("sex", models.CharField(blank=True, max_length=1, default="")),
            ("ethnicity", models.CharField(blank=True, max_length=2, default="")),
            ("email", models.TextField(blank=True, default="")),
            ("registered_on", models.DateField(null=True)))),
        migrations.AddConstraint(model_name="person", constraint=models.CheckConstraint(
            condition=models.Q(proofing__lt=2) | models.Q(id_number_index__isnull=False), name="identity_person_real_name")),
        *(migrations.AddField(model_name="legalentity", name=name, field=field, preserve_default=False) for name, field in (
            ("kind", models.CharField(max_length=12, default="OTHER")),
            ("status", models.CharField(max_length=9, default="ACTIVE")),
            ("registered_on", models.DateField(null=True)),
            ("business_scope", models.TextField(blank=True, default="")))),
        migrations.AddField(model_name="account", name="proofing_until", field=models.DateField(null=True)),
        migrations.CreateModel(
            name="Enrolment",
            fields=[
                ("key_hash", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("code_hash", models.CharField(max_length=64)),
                ("phone", models.TextField()),
                ("phone_index", models.CharField(max_length=32)),
                ("purpose", models.CharField(max_length=8)),
                ("leads_on", models.BooleanField()),
                ("tries", models.SmallIntegerField()),
                ("expires_at", models.DateTimeField()),
                ("typed_at", models.DateTimeField(null=True)),
                ("party", models.ForeignKey(null=True, **PARTY)),
                ("level", models.SmallIntegerField(null=True)),
                ("used_at", models.DateTimeField(null=True)),
                ("state", models.CharField(max_length=9)),
            ],
            options={"db_table": "identity_enrolment"},
        ),
        migrations.CreateModel(
            name="ProofingCode",
            fields=[
                ("party", models.OneToOneField(primary_key=True, serialize=False, **PARTY)),
                ("code_hash", models.CharField(max_length=32, unique=True)),
                ("expires_at", models.DateTimeField()),
            ],
            options={"db_table": "identity_proofing_code"},
        ),
        migrations.CreateModel(
            name="NewPhone",
            fields=[
                ("party", models.OneToOneField(primary_key=True, serialize=False, **PARTY)),
                ("phone", models.TextField()),
                ("due_at", models.DateTimeField()),
                ("named_by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+",
                                               to="identity.account")),
            ],
            options={"db_table": "identity_new_phone"},
        ),
        migrations.CreateModel(
            name="Conflict",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("way", models.CharField(max_length=7)),
                ("level", models.SmallIntegerField()),
                ("same_name", models.BooleanField()),
                ("same_phone", models.BooleanField()),
                ("state", models.CharField(max_length=7)),
                ("reason", models.CharField(blank=True, max_length=20)),
                ("raised_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
                ("raised_by", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+",
                                                to="identity.account")),
                ("decided_by", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+",
                                                 to="identity.account")),
                ("holder", models.ForeignKey(**PARTY)),
                ("party", models.ForeignKey(**PARTY)),
            ],
            options={"db_table": "identity_conflict", "constraints": [
                models.CheckConstraint(condition=models.Q(state__in=["OPEN", "MERGED", "REFUSED"]), name="identity_conflict_state"),
                models.CheckConstraint(condition=models.Q(state="OPEN") | models.Q(decided_by__isnull=False),
                                       name="identity_conflict_decided"),
                models.UniqueConstraint(fields=["party"], condition=models.Q(state="OPEN"), name="identity_conflict_once")]},
        ),
        migrations.CreateModel(
            name="Day",
            fields=[
                ("day", models.DateField(primary_key=True, serialize=False)),
                ("registered", models.BigIntegerField()),
                ("real_name", models.BigIntegerField()),
                ("visits", models.BigIntegerField()),
            ],
            options={"db_table": "identity_day"},
        ),
        migrations.RunSQL(ENROLLING + RECOVERING + NEW_PHONE + PROVING + MERGING + FIRMS, "; ".join(f"drop function {name}" for name in FUNCTIONS)),
        *_given(),
        Grant("sequence identity_party_id_seq", public="usage", citizen="usage", officer="usage"),
        Grant("identity_enrolment", worker="select, delete, update (state)"),
        RowSecurity("identity_enrolment", worker=EVERY_ROW),
        Grant("identity_proofing_code", citizen="select, insert, delete", worker="select, insert, delete"),
        RowSecurity("identity_proofing_code", citizen=mine("party_id"), worker=EVERY_ROW),
        Grant("identity_new_phone", citizen="select, delete", worker="select, delete"),
        RowSecurity("identity_new_phone", citizen=mine("party_id"), worker=EVERY_ROW),
        Grant("identity_conflict", citizen="select", officer="select", worker="select"),
        Grant("identity_day", officer="select", worker="select, insert"),
    ]
