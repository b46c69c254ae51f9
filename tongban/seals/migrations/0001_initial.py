
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('authorities', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Seal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.SmallIntegerField()),
                ('kind', models.CharField(max_length=20)),
                ('name', models.CharField(max_length=30)),
                ('owner_uscc', models.CharField(max_length=18)),
                ('maker', models.CharField(max_length=80)),
                ('made_on', models.DateField()),
                ('issued_on', models.DateField()),
                ('valid_from', models.DateTimeField()),
                ('valid_to', models.DateTimeField()),
                ('picture', models.TextField()),
                ('certificates', models.JSONField()),
                ('state', models.CharField(max_length=10)),
                ('activated_by', models.JSONField(default=list)),
                ('authority', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='authorities.authority')),
            ],
            options={
                'db_table': 'seals_seal',
            },
        ),
        migrations.CreateModel(
            name='Stamp',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('authority', models.BigIntegerField()),
                ('seal_version', models.SmallIntegerField()),
                ('signer', models.CharField(max_length=80)),
                ('stamped_at', models.DateTimeField()),
                ('document_hash', models.CharField(max_length=64)),
                ('algorithm', models.CharField(max_length=40)),
                ('key_id', models.CharField(max_length=80)),
                ('case_number', models.CharField(max_length=50)),
                ('page', models.SmallIntegerField()),
                ('position', models.CharField(max_length=20)),
                ('seal', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='seals.seal')),
            ],
            options={
                'db_table': 'seals_stamp',
            },
        ),
        migrations.AddConstraint(
            model_name='seal',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['applied', 'approved', 'made', 'active', 'frozen', 'cancelled', 'lost'])), name='seals_seal_state'),
        ),
        migrations.AddConstraint(
            model_name='seal',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['unit', 'special_business', 'person_name', 'contract'])), name='seals_seal_kind'),
        ),
        migrations.AddConstraint(
            model_name='seal',
            constraint=models.CheckConstraint(condition=models.Q(('valid_to__gt', models.F('valid_from'))), name='seals_seal_period'),
        ),
        migrations.AddConstraint(
            model_name='seal',
            constraint=models.UniqueConstraint(fields=('authority', 'kind', 'version'), name='seals_seal_version_once'),
        ),
        migrations.AddConstraint(
            model_name='seal',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'active')), fields=('authority', 'kind'), name='seals_seal_one_in_use'),
        ),
        migrations.AddConstraint(
            model_name='stamp',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('case_number', ''), _negated=True), models.Q(('document_hash', ''), _negated=True)), name='seals_stamp_for_a_case'),
        ),
        migrations.AddConstraint(
            model_name='stamp',
            constraint=models.UniqueConstraint(fields=('seal', 'document_hash', 'case_number'), name='seals_stamp_once'),
        ),
    ]
