"""Who may read and write what of identity."""

from django.db import migrations

from tongban.kernel.schema import Grant, RowSecurity, Speaks, entrusted

EVERY_ROW = "true"
STRANGERS = ("SignedIn", "SignInFailed", "LookUpFailed", "EnrolmentAsked", "PersonRegistered", "AccountOpened", "PairingAsked",
             "PairingUsed", "SourceUsed", "Proved", "ProofFailed", "DeviceAdded", "RecoveryAsked", "RecoveryFailed", "PasswordRecovered",
             "FirstPasswordChosen", "OfferNotFound", "OfferTaken", "OfferUsed")
"""What people bring about before they are signed in."""

PASSWORD = """
create function identity_set_password(written text) returns void language sql security definer set search_path = public as
  $$update identity_account set password = written where id = nullif(current_setting('app.account', true), '')::bigint$$;
revoke all on function identity_set_password(text) from public;
"""
OWN = """
create function identity_freeze() returns boolean language sql security definer set search_path = public as
  $$with frozen as (update identity_account set active = false, frozen_at = kernel_now()
    where id = nullif(current_setting('app.account', true), '')::bigint and active returning 1)
    select exists (select from frozen)$$;
create function identity_close() returns boolean language sql security definer set search_path = public as
  $$with closed as (update identity_account set active = false, closed_at = kernel_now(), password = '!',
      login = 'closed-' || id, display = '', display_en = ''
    where id = nullif(current_setting('app.account', true), '')::bigint and active and kind = 'CITIZEN' returning 1)
    select exists (select from closed)$$;
create function identity_correct(new_phone text, new_index text, new_address text, new_name_en text)
  returns boolean language sql security definer set search_path = public as
  $$with corrected as (update identity_person set former_phone = case when phone_index = new_index then former_phone else phone end,
      phone = new_phone, phone_index = new_index, address = new_address, name_en = new_name_en
    where party_id = (select party_id from identity_account where id = nullif(current_setting('app.account', true), '')::bigint
                      and active and kind = 'CITIZEN') returning 1)
    select exists (select from corrected)$$;
revoke all on function identity_freeze() from public;
revoke all on function identity_close() from public;
revoke all on function identity_correct(text, text, text, text) from public;
"""


class Migration(migrations.Migration):
    dependencies = [("identity", "0001_initial"), ("kernel", "0002_log")]

    operations = [
        Speaks("identity", public=STRANGERS),
        Grant("identity_party", citizen="select", officer="select", worker="select, insert", auditor="select"),
        Grant("sequence identity_party_id_seq", worker="usage"),
        Grant("identity_person", citizen="select", worker="select, insert, update"),
        RowSecurity("identity_person", citizen=entrusted("party_id"), worker=EVERY_ROW),
        Grant("identity_entity", citizen="select", worker="select, insert, update"),
        RowSecurity("identity_entity", citizen=entrusted("party_id"), worker=EVERY_ROW),
        Grant("identity_agency", citizen="select", officer="select", worker="select, insert, update"),
        Grant("sequence identity_agency_id_seq", worker="usage"),
        Grant("identity_account", public="select", citizen="select", officer="select",
              worker="select, insert, update"),
        Grant("sequence identity_account_id_seq", worker="usage"),
        migrations.RunSQL(PASSWORD, "drop function identity_set_password(text)"),
        migrations.RunSQL(OWN, "drop function identity_freeze(); drop function identity_close(); "
                               "drop function identity_correct(text, text, text, text)"),
        Grant("function identity_freeze()", citizen="execute", worker="execute"),
        Grant("function identity_close()", citizen="execute", worker="execute"),
        Grant("function identity_correct(text, text, text, text)", citizen="execute", worker="execute"),
        Grant("function identity_set_password(text)", citizen="execute", officer="execute", worker="execute"),
        Grant("identity_post", citizen="select", officer="select", worker="select, insert, update"),
        Grant("sequence identity_post_id_seq", worker="usage"),
        Grant("identity_session", public="select, insert", citizen="select, insert, update",
              officer="select, insert, update", worker="select, insert, update, delete"),
        Grant("identity_attempt", public="select, insert", citizen="select, insert", officer="select, insert",
              worker="select, insert, delete"),
        Grant("sequence identity_attempt_id_seq", public="usage", citizen="usage", officer="usage", worker="usage"),
    ]
