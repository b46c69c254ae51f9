"""The worker's login writes, as commands and the gateway run under it; staff read; nobody else speaks of it in the log."""

from django.db import migrations

from tongban.kernel.schema import Grant, Speaks


class Migration(migrations.Migration):
    dependencies = [("federation", "0001_initial"), ("kernel", "0002_log"), ("identity", "0002_access")]

    operations = [
        Speaks("federation", public=(), citizen=(), officer=()),
        Grant("federation_peer", officer="select", worker="select, insert, update", auditor="select"),
        Grant("federation_envelope", worker="select, insert, delete"),
        Grant("sequence federation_envelope_id_seq", worker="usage"),
        Grant("federation_incident", officer="select", worker="select, insert, update", auditor="select"),
        Grant("sequence federation_incident_id_seq", worker="usage"),
        Grant("federation_heard", officer="select", worker="select, insert, update", auditor="select"),
        Grant("sequence federation_heard_id_seq", worker="usage"),
    ]
