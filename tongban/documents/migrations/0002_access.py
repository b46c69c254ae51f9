"""A file is read by the party it belongs to and by the authorities it was shared with; what the gate found is said inside only."""

from django.db import migrations

from tongban.kernel.schema import Grant, RowSecurity, Speaks, entrusted, keys

BROUGHT = "party, authorities, sha256, stored, key, name, media_type, size, pages, scanner, made, kept_at"
SHARED = f"authorities && {keys('authorities')}"


class Migration(migrations.Migration):
    dependencies = [("documents", "0001_initial"), ("kernel", "0002_log")]

    operations = [
        Speaks("documents", public=(), citizen=("DocumentKept", "DocumentsShared"),
               officer=("DocumentPassed", "DocumentHeld")),
        Grant("documents_document", citizen=f"select, insert ({BROUGHT}), update (authorities)",
              officer="select, update (gate)",
              worker="select, insert, update (authorities), delete"),
        Grant("sequence documents_document_id_seq", citizen="usage", worker="usage"),
        RowSecurity("documents_document", citizen=entrusted("party"), officer=SHARED, worker="true"),
    ]
