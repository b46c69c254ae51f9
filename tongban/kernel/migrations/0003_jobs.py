"""The worker runs jobs: it may use the tables of procrastinate, nobody else may."""

from django.db import migrations

GRANT = """
do $$
declare found record;
begin
  for found in select format('%I', relname) as name, relkind from pg_class
               where relnamespace = 'public'::regnamespace and relname like 'procrastinate%' and relkind in ('r', 'S')
  loop
    if found.relkind = 'S' then
      execute 'grant usage on sequence ' || found.name || ' to tongban_worker';
    else
      execute 'grant select, insert, update, delete on ' || found.name || ' to tongban_worker';
    end if;
  end loop;
end$$;
"""


class Migration(migrations.Migration):
    dependencies = [("kernel", "0002_log"), ("procrastinate", "0041_post_retry_failed_job")]

    operations = [migrations.RunSQL(GRANT, migrations.RunSQL.noop)]
