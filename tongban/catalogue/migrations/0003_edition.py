"""The edition of the catalogue: a number that rises with every change the public can see, in the very transaction."""

from django.db import migrations, models

from tongban.kernel.schema import Grant

RISES = """
insert into catalogue_edition (id, number) values (1, 1);
create function catalogue_edition_rises() returns trigger language plpgsql security definer set search_path = public as
  $$begin update catalogue_edition set number = number + 1 where id = 1; return null; end$$;
create trigger catalogue_item_edition after insert or update of slug, replaces_id, status, current_version, name,
  summary, pace, promised_limit, visits, objects_served, themes_person, themes_entity, life_stage, handling_forms,
  is_online, service_level, four_lists on catalogue_item for each statement execute function catalogue_edition_rises();
"""


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0002_access")]

    operations = [
        migrations.CreateModel(name="Edition", fields=[
            ("id", models.SmallIntegerField(primary_key=True, serialize=False)), ("number", models.BigIntegerField()),
        ], options={"db_table": "catalogue_edition"}),
        migrations.RunSQL(RISES, "drop function catalogue_edition_rises() cascade"),
        Grant("catalogue_edition", public="select", citizen="select", officer="select", worker="select",
              auditor="select"),
    ]
