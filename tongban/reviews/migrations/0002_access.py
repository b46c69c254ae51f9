"""Reviews stay as given, rectifications move only as allowed, links open only by their hash, and who may see what."""

from django.db import migrations

from tongban.kernel.schema import Grant, RowSecurity, mine, ours
from tongban.reviews.types import MOVES

VALUES = ", ".join(f"('{before}', '{after}')" for before, after in sorted(MOVES))
KEPT = """
create function reviews_keep() returns trigger language plpgsql as $$
begin
  if tg_op <> 'UPDATE' then
    raise exception 'a review cannot be deleted' using errcode = 'insufficient_privilege';
  end if;
  if (to_jsonb(new) - '{text,public_text,text_salt,follow_up,public_follow_up,follow_up_salt,follow_up_at,erased_at}'::text[])
     <> (to_jsonb(old) - '{text,public_text,text_salt,follow_up,public_follow_up,follow_up_salt,follow_up_at,erased_at}'::text[])
     or (old.erased_at is not null and new is distinct from old)
     or (new.erased_at is not null and (new.text, new.public_text, new.follow_up, new.public_follow_up) <> ('', '', '', ''))
     or (new.erased_at is null and (new.text, new.public_text, new.text_salt) <> (old.text, old.public_text, old.text_salt))
     or (new.erased_at is null and old.follow_up_at is not null)
     or (old.follow_up_at is not null and new.follow_up_at is distinct from old.follow_up_at) then
    raise exception 'a review stays as it was given' using errcode = 'insufficient_privilege';
  end if;
  return new;
end$$;
create function reviews_refuse() returns trigger language plpgsql as
  $$begin raise exception 'this record is kept' using errcode = 'insufficient_privilege'; end$$;
create trigger reviews_review_kept before update or delete on reviews_review
  for each row execute function reviews_keep();
create trigger reviews_review_all_kept before truncate on reviews_review
  for each statement execute function reviews_refuse();
create trigger reviews_invitation_kept before update or delete on reviews_invitation
  for each row execute function reviews_refuse();
create trigger reviews_step_kept before update or delete on reviews_step
  for each row execute function reviews_refuse();
create trigger reviews_rectification_kept before delete on reviews_rectification
  for each row execute function reviews_refuse();
"""
MOVED = f"""
create table reviews_move (before text not null, after text not null, primary key (before, after));
insert into reviews_move values {VALUES};
create function reviews_check_move() returns trigger language plpgsql security definer set search_path = public as $$
begin
  if tg_op = 'INSERT' then
    if new.state <> 'RECEIVED' then
      raise exception 'a rectification begins as RECEIVED, not %', new.state using errcode = 'check_violation';
    end if;
    return new;
  end if;
  if new.state <> old.state and not exists (select from reviews_move where before = old.state and after = new.state)
     or old.state not in ('RECEIVED', 'ASSIGNED') and (new.finding, new.finding_reason, new.finding_salt)
          is distinct from (old.finding, old.finding_reason, old.finding_salt)
     or old.remedy <> '' and (new.remedy, new.remedy_text, new.remedy_salt)
          is distinct from (old.remedy, old.remedy_text, old.remedy_salt)
     or old.extended and (new.extended, new.extension_reason, new.extension_salt)
          is distinct from (old.extended, old.extension_reason, old.extension_salt)
     or old.answered_at is not null and (new.answer, new.answer_salt, new.answered_at, new.in_time, new.due_on)
          is distinct from (old.answer, old.answer_salt, old.answered_at, old.in_time, old.due_on)
     or (new.review_id, new.case_number, new.authority_id, new.party_id, new.opened_on)
          is distinct from (old.review_id, old.case_number, old.authority_id, old.party_id, old.opened_on) then
    raise exception 'a rectification cannot go from % to % like this', old.state, new.state
      using errcode = 'check_violation';
  end if;
  return new;
end$$;
create function reviews_note_step() returns trigger language plpgsql security definer set search_path = public as $$
begin
  if tg_op = 'INSERT' or new.state <> old.state or new.assigned_to_id is distinct from old.assigned_to_id then
    insert into reviews_step (rectification_id, authority, party, before, after, at, by)
    values (new.id, new.authority_id, new.party_id, case when tg_op = 'INSERT' then '' else old.state end, new.state,
            kernel_now(), new.moved_by_id);
  end if;
  return null;
end$$;
create trigger reviews_rectification_move before insert or update on reviews_rectification
  for each row execute function reviews_check_move();
create trigger reviews_rectification_step after insert or update on reviews_rectification
  for each row execute function reviews_note_step();
"""
BY_LINK = """
create function reviews_by_link(wanted text)
  returns table (id bigint, case_number text, item_code text, item_name text, authority bigint, party bigint,
    invited_at timestamptz, expires_at timestamptz, grade smallint, given_at timestamptz, followed_up boolean,
    rectification text, answer text)
  language sql stable security definer set search_path = public as $$
  select i.id, i.case_number, i.item_code, i.item_name::text, i.authority_id, i.party_id, i.invited_at, i.expires_at,
    r.grade, r.at, r.follow_up_at is not null, f.state, coalesce(f.answer, '')
  from reviews_invitation i left join reviews_review r on r.invitation_id = i.id
    left join reviews_rectification f on f.review_id = r.id
  where i.token_hash = wanted
$$;
create function reviews_give(wanted text, grade int, options text[], version int, words text, public_words text,
    salt text, signed_in boolean, channel text)
  returns bigint language sql volatile security definer set search_path = public as $$
  insert into reviews_review (invitation_id, case_number, item_code, authority_id, party_id, grade, options,
    options_version, text, public_text, text_salt, signed_in, channel, at, follow_up, public_follow_up, follow_up_salt)
  select i.id, i.case_number, i.item_code, i.authority_id, i.party_id, $2, $3, $4, $5, $6, $7, $8, $9, kernel_now(),
    '', '', ''
  from reviews_invitation i where i.token_hash = $1 and i.expires_at > kernel_now()
  on conflict (invitation_id) do nothing returning id
$$;
create function reviews_add_follow_up(wanted text, words text, public_words text, salt text)
  returns bigint language sql volatile security definer set search_path = public as $$
  update reviews_review r set follow_up = $2, public_follow_up = $3, follow_up_salt = $4, follow_up_at = kernel_now()
  from reviews_invitation i where i.token_hash = $1 and r.invitation_id = i.id and r.follow_up_at is null
    and r.erased_at is null
  returning r.id
$$;
create function reviews_revisit(wanted text, grade int)
  returns bigint language sql volatile security definer set search_path = public as $$
  update reviews_rectification f set state = 'REVISITED', revisit_grade = $2, moved_by_id = null
  from reviews_invitation i, reviews_review r
  where i.token_hash = $1 and r.invitation_id = i.id and f.review_id = r.id and f.state = 'FED_BACK'
  returning f.id
$$;
"""
SHOWN = """id bigint, item_code text, authority bigint, grade smallint, options text[], options_version smallint,
    words text, follow_up text, erased boolean, given_on date, state text, finding text, finding_reason text, answer text,
    answered_on date"""
AS_SHOWN = """r.id, r.item_code, r.authority_id, r.grade, r.options::text[], r.options_version, r.public_text,
    r.public_follow_up, r.erased_at is not null, (r.at at time zone 'Asia/Shanghai')::date, f.state,
    coalesce(f.finding, ''), case when f.finding in ('MISTAKEN', 'MALICIOUS') then f.finding_reason else '' end,
    coalesce(f.answer, ''), (f.answered_at at time zone 'Asia/Shanghai')::date"""
OF_THE_HOLDER = f"""
create function reviews_own(wanted text)
  returns table ({SHOWN}, followed_up boolean, due_on date, extension_reason text, revisit_grade smallint,
    remedy_text text)
  language sql stable security definer set search_path = public as $$
  select {AS_SHOWN}, r.follow_up_at is not null, f.due_on, coalesce(f.extension_reason, ''), f.revisit_grade,
    coalesce(f.remedy_text, '')
  from reviews_invitation i join reviews_review r on r.invitation_id = i.id
    left join reviews_rectification f on f.review_id = r.id
  where i.token_hash = wanted
$$;
create function reviews_erase(wanted text)
  returns bigint language sql volatile security definer set search_path = public as $$
  update reviews_review r set text = '', public_text = '', text_salt = '', follow_up = '', public_follow_up = '',
    follow_up_salt = '', erased_at = kernel_now()
  from reviews_invitation i where i.token_hash = $1 and r.invitation_id = i.id and r.erased_at is null
    and (r.text, r.follow_up) <> ('', '')
  returning r.id
$$;
"""
OPEN_TO_ALL = f"""
create function reviews_counts(item text, at_authority bigint)
  returns table (grade smallint, counted boolean, number bigint)
  language sql stable security definer set search_path = public as $$
  select r.grade, coalesce(f.finding, '') not in ('MISTAKEN', 'MALICIOUS'), count(*)
  from reviews_review r left join reviews_rectification f on f.review_id = r.id
  where ($1 = '' or r.item_code = $1) and ($2 is null or r.authority_id = $2) group by 1, 2
$$;
create function reviews_public(item text, at_authority bigint, before bigint, most int)
  returns table ({SHOWN})
  language sql stable security definer set search_path = public as $$
  select {AS_SHOWN}
  from reviews_review r left join reviews_rectification f on f.review_id = r.id
  where ($1 = '' or r.item_code = $1) and ($2 is null or r.authority_id = $2) and ($3 is null or r.id < $3)
  order by r.id desc limit least($4, 100)
$$;
"""
FUNCTIONS = {
    "reviews_by_link(text)": "link",
    "reviews_give(text, int, text[], int, text, text, text, boolean, text)": "link",
    "reviews_add_follow_up(text, text, text, text)": "link",
    "reviews_revisit(text, int)": "link",
    "reviews_own(text)": "link",
    "reviews_erase(text)": "link",
    "reviews_counts(text, bigint)": "open",
    "reviews_public(text, bigint, bigint, int)": "open",
}
EVERY_ROW = "true"


def closed(signature: str) -> migrations.RunSQL:
    """Nobody may call the function unless granted."""
    return migrations.RunSQL(f"revoke all on function {signature} from public", migrations.RunSQL.noop)


def opened(signature: str, kind: str) -> Grant:
    """People with a link, and for what everyone may read all logins."""
    if kind == "link":
        return Grant(f"function {signature}", public="execute", citizen="execute", worker="execute")
    return Grant(f"function {signature}", public="execute", citizen="execute", officer="execute", worker="execute",
                 auditor="execute")


class Migration(migrations.Migration):
    dependencies = [("reviews", "0001_initial"), ("kernel", "0002_log")]

    operations = [
        migrations.RunSQL(KEPT, "drop trigger reviews_review_kept on reviews_review; "
                                "drop trigger reviews_review_all_kept on reviews_review; "
                                "drop trigger reviews_invitation_kept on reviews_invitation; "
                                "drop trigger reviews_step_kept on reviews_step; "
                                "drop trigger reviews_rectification_kept on reviews_rectification; "
                                "drop function reviews_keep(); drop function reviews_refuse()"),
        migrations.RunSQL(MOVED, "drop trigger reviews_rectification_move on reviews_rectification; "
                                 "drop trigger reviews_rectification_step on reviews_rectification; "
                                 "drop function reviews_check_move(); drop function reviews_note_step(); "
                                 "drop table reviews_move"),
        migrations.RunSQL(BY_LINK + OF_THE_HOLDER + OPEN_TO_ALL, "; ".join(f"drop function {each}" for each in FUNCTIONS)),
        *(closed(signature) for signature in FUNCTIONS),
        *(opened(signature, kind) for signature, kind in FUNCTIONS.items()),
        Grant("reviews_invitation", citizen="select", officer="select", worker="select, insert", auditor="select"),
        Grant("sequence reviews_invitation_id_seq", worker="usage"),
        RowSecurity("reviews_invitation", citizen=mine("party_id"), officer=ours("authority_id"), worker=EVERY_ROW,
                    auditor=EVERY_ROW),
        Grant("reviews_review", citizen="select", officer="select", worker="select", auditor="select"),
        RowSecurity("reviews_review", citizen=mine("party_id"), officer=ours("authority_id"), worker=EVERY_ROW,
                    auditor=EVERY_ROW),
        Grant("reviews_rectification", citizen="select", officer="select, update", worker="select, insert, update",
              auditor="select"),
        Grant("sequence reviews_rectification_id_seq", worker="usage"),
        RowSecurity("reviews_rectification", citizen=mine("party_id"), officer=ours("authority_id"), worker=EVERY_ROW,
                    auditor=EVERY_ROW),
        Grant("reviews_step", citizen="select", officer="select", worker="select", auditor="select"),
        RowSecurity("reviews_step", citizen=mine("party"), officer=ours("authority"), worker=EVERY_ROW,
                    auditor=EVERY_ROW),
    ]
