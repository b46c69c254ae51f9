"""Listed items, public like the rest of the catalogue; the worker takes them in, and their versions are closed."""

import django.db.models.deletion
from django.db import migrations, models

from tongban.kernel.schema import Grant

READERS = {role: "select" for role in ("public", "citizen", "officer", "auditor")}
CHANGING = "select, insert, update (name, department, authority_id, region_id, level, power_type, pinyin, version)"
CLOSED = """
create trigger catalogue_listed_version_closed before update or delete on catalogue_listed_version for each row
  execute function catalogue_closed();
create trigger catalogue_listed_version_kept before truncate on catalogue_listed_version for each statement
  execute function catalogue_closed();
create trigger catalogue_listed_kept before delete on catalogue_listed for each row
  execute function catalogue_reserved();
create trigger catalogue_listed_edition after insert or update on catalogue_listed for each statement
  execute function catalogue_edition_rises();
"""
OPENED = """
drop trigger catalogue_listed_edition on catalogue_listed; drop trigger catalogue_listed_kept on catalogue_listed;
drop trigger catalogue_listed_version_kept on catalogue_listed_version;
drop trigger catalogue_listed_version_closed on catalogue_listed_version;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('authorities', '0002_access'),
        ('catalogue', '0003_edition'),
    ]

    operations = [
        migrations.CreateModel(
            name='Listed',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=16, unique=True)),
                ('source', models.CharField(max_length=120)),
                ('key', models.CharField(max_length=200)),
                ('name', models.CharField(max_length=300)),
                ('department', models.CharField(blank=True, max_length=300)),
                ('level', models.CharField(blank=True, max_length=1)),
                ('power_type', models.CharField(blank=True, max_length=2)),
                ('pinyin', models.CharField(max_length=2400)),
                ('version', models.IntegerField()),
                ('authority', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='authorities.authority')),
                ('region', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='authorities.region')),
            ],
            options={
                'db_table': 'catalogue_listed',
            },
        ),
        migrations.CreateModel(
            name='ListedVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.IntegerField()),
                ('file', models.CharField(max_length=200)),
                ('number', models.IntegerField()),
                ('raw', models.TextField()),
                ('digest', models.CharField(max_length=64)),
                ('listing', models.TextField()),
                ('unread', models.TextField()),
                ('reading', models.CharField(max_length=64)),
                ('taken_at', models.DateTimeField()),
                ('listed', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalogue.listed')),
            ],
            options={
                'db_table': 'catalogue_listed_version',
            },
        ),
        migrations.AddIndex(
            model_name='listed',
            index=models.Index(fields=['pinyin', 'code'], name='catalogue_listed_order'),
        ),
        migrations.AddIndex(
            model_name='listed',
            index=models.Index(fields=['region', 'department'], name='catalogue_listed_place'),
        ),
        migrations.AddConstraint(
            model_name='listed',
            constraint=models.UniqueConstraint(fields=('source', 'key'), name='catalogue_listed_once'),
        ),
        migrations.AddConstraint(
            model_name='listed',
            constraint=models.CheckConstraint(condition=models.Q(('code__regex', '^L[0-9A-F]{15}$')), name='catalogue_listed_code'),
        ),
        migrations.AddConstraint(
            model_name='listed',
            constraint=models.CheckConstraint(condition=models.Q(('version__gte', 1)), name='catalogue_listed_number'),
        ),
        migrations.AddConstraint(
            model_name='listedversion',
            constraint=models.UniqueConstraint(fields=('listed', 'version'), name='catalogue_listed_version_once'),
        ),
        migrations.AddConstraint(
            model_name='listedversion',
            constraint=models.CheckConstraint(condition=models.Q(('version__gte', 1)), name='catalogue_listed_version_number'),
        ),
        migrations.RunSQL(CLOSED, OPENED),
        Grant("catalogue_listed", worker=CHANGING, **READERS),
        Grant("catalogue_listed_version", worker="select, insert", **READERS),
        Grant("sequence catalogue_listed_id_seq", worker="usage"),
        Grant("sequence catalogue_listed_version_id_seq", worker="usage"),
    ]
