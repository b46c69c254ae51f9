"""People see their own messages; the worker writes and delivers."""

from django.db import migrations

from tongban.kernel.schema import Grant, RowSecurity, mine


class Migration(migrations.Migration):
    dependencies = [("messages", "0001_initial"), ("kernel", "0002_log")]

    operations = [
        Grant("messages_message", citizen="select, update", worker="select, insert, update, delete", auditor="select"),
        Grant("sequence messages_message_id_seq", worker="usage"),
        RowSecurity("messages_message", citizen=mine("party"), worker="true", auditor="true"),
        Grant("messages_delivery", citizen="select", worker="select, insert, update, delete", auditor="select"),
        Grant("sequence messages_delivery_id_seq", worker="usage"),
        RowSecurity("messages_delivery", citizen=mine("party"), worker="true", auditor="true"),
    ]
