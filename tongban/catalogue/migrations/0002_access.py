"""The catalogue is public; the worker publishes. What is published is closed to change, codes are kept for good."""

from django.db import migrations

from tongban.kernel.schema import Grant

READERS = {role: "select" for role in ("public", "citizen", "officer", "auditor")}
PUBLISHED = ("catalogue_version", "catalogue_form", "catalogue_process")
CHANGING = """select, insert, update (slug, replaces_id, status, current_version, name, summary, pinyin, pace,
 promised_limit, visits, objects_served, themes_person, themes_entity, life_stage, handling_forms, is_online, service_level,
 four_lists, demand)"""
CLOSED = """
create function catalogue_closed() returns trigger language plpgsql as
  $$begin raise exception 'what is published never changes' using errcode = 'insufficient_privilege'; end$$;
create function catalogue_reserved() returns trigger language plpgsql as
  $$begin raise exception 'an item keeps its code for good' using errcode = 'insufficient_privilege'; end$$;
create trigger catalogue_item_kept before delete on catalogue_item
  for each row execute function catalogue_reserved();
create trigger catalogue_item_reserved before update on catalogue_item
  for each row when (old.code <> new.code or old.basic_code <> new.basic_code or old.authority_id <> new.authority_id
                     or (old.status = '3' and new.status <> '3'))
  execute function catalogue_reserved();
"""
OPENED = "drop function catalogue_closed() cascade; drop function catalogue_reserved() cascade"


def closed(table: str) -> str:
    """Triggers that refuse every change of a table's rows."""
    return (f"create trigger {table}_closed before update or delete on {table} for each row "
            f"execute function catalogue_closed(); create trigger {table}_kept before truncate on {table} "
            "for each statement execute function catalogue_closed();")


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0001_initial")]

    operations = [
        migrations.RunSQL(CLOSED + "".join(closed(table) for table in PUBLISHED), OPENED),
        Grant("catalogue_item", worker=CHANGING, **READERS),
        Grant("sequence catalogue_item_id_seq", worker="usage"),
        *(Grant(table, worker="select, insert", **READERS) for table in PUBLISHED),
        *(Grant(f"sequence {table}_id_seq", worker="usage") for table in PUBLISHED),
    ]
