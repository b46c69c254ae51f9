"""Who may read and write what of identity."""

from django.db import migrations

from tongban.kernel.schema import Grant, RowSecurity, entrusted

EVERY_ROW = "true"

PASSWORD = """
create function identity_set_password(written text) returns void language sql security definer set search_path = public as
  $$update identity_account set password = written where id = nullif(current_setting('app.account', true), '')::bigint$$;
revoke all on function identity_set_password(text) from public;
"""


class Migration(migrations.Migration):
    dependencies = [("identity", "0001_initial"), ("kernel", "0002_log")]

    operations = [
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
        Grant("function identity_set_password(text)", citizen="execute", officer="execute", worker="execute"),
        Grant("identity_post", citizen="select", officer="select", worker="select, insert, update"),
        Grant("sequence identity_post_id_seq", worker="usage"),
        Grant("identity_session", public="select, insert", citizen="select, insert, update",
              officer="select, insert, update", worker="select, insert, update, delete"),
        Grant("identity_attempt", public="select, insert", citizen="select, insert", officer="select, insert",
              worker="select, insert, delete"),
        Grant("sequence identity_attempt_id_seq", public="usage", citizen="usage", officer="usage", worker="usage"),
    ]
