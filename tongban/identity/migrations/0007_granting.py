"""Systems that people sign in to with their account here, and staff that arrive from outside."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from tongban.kernel.schema import Grant, RowSecurity, mine


class Migration(migrations.Migration):
    dependencies = [("identity", "0006_mandates")]

    operations = [
        migrations.CreateModel(
            name='Client',
            fields=[
                ('key', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=12)),
                ('name', models.CharField(max_length=60)),
                ('name_en', models.CharField(max_length=80)),
                ('purpose', models.CharField(max_length=200)),
                ('purpose_en', models.CharField(max_length=200)),
                ('basis', models.CharField(max_length=200)),
                ('redirects', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=300), size=None)),
                ('returns', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=300), size=None)),
                ('scopes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), size=None)),
                ('sector', models.CharField(max_length=80)),
                ('logout_uri', models.CharField(blank=True, max_length=300)),
                ('confidential', models.BooleanField()),
                ('secret_hash', models.CharField(blank=True, max_length=64)),
                ('authorities', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=18), default=list, size=None)),
                ('proofing', models.SmallIntegerField()),
                ('strength', models.SmallIntegerField()),
                ('expires_at', models.DateTimeField()),
                ('confirmed_at', models.DateTimeField(null=True)),
                ('closed_at', models.DateTimeField(null=True)),
                ('confirmed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.account')),
                ('proposed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.account')),
            ],
            options={
                'db_table': 'identity_client',
            },
        ),
        migrations.CreateModel(
            name='Grant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scopes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), size=None)),
                ('subject', models.CharField(max_length=64)),
                ('given_at', models.DateTimeField()),
                ('used_at', models.DateTimeField(null=True)),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.account')),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.client')),
                ('party', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.party')),
            ],
            options={
                'db_table': 'identity_grant',
            },
        ),
        migrations.CreateModel(
            name='GrantCode',
            fields=[
                ('code_hash', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('session_hash', models.CharField(max_length=64)),
                ('redirect', models.CharField(max_length=300)),
                ('scopes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), size=None)),
                ('nonce', models.CharField(blank=True, max_length=200)),
                ('challenge', models.CharField(max_length=43)),
                ('acr', models.CharField(max_length=40)),
                ('proved_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('used_at', models.DateTimeField(null=True)),
                ('grant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.grant')),
                ('party', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.party')),
            ],
            options={
                'db_table': 'identity_grant_code',
            },
        ),
        migrations.CreateModel(
            name='GrantToken',
            fields=[
                ('token_hash', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=7)),
                ('scopes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), size=None)),
                ('expires_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('used_at', models.DateTimeField(null=True)),
                ('closed_at', models.DateTimeField(null=True)),
                ('code', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.grantcode')),
                ('party', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.party')),
            ],
            options={
                'db_table': 'identity_grant_token',
            },
        ),
        migrations.CreateModel(
            name='SignOn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sid', models.CharField(max_length=32, unique=True)),
                ('session_hash', models.CharField(db_index=True, max_length=64)),
                ('subject', models.CharField(max_length=64)),
                ('at', models.DateTimeField()),
                ('told_at', models.DateTimeField(null=True)),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.client')),
            ],
            options={
                'db_table': 'identity_sign_on',
            },
        ),
        migrations.AddConstraint(
            model_name='client',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['SIGN_IN', 'PROVISIONING'])), name='identity_client_kind'),
        ),
        migrations.AddConstraint(
            model_name='client',
            constraint=models.CheckConstraint(condition=models.Q(('confirmed_by', None), models.Q(('confirmed_by', models.F('proposed_by')), _negated=True), _connector='OR'), name='identity_client_two_people'),
        ),
        migrations.AddConstraint(
            model_name='grant',
            constraint=models.UniqueConstraint(condition=models.Q(('withdrawn_at', None)), fields=('account', 'client'), name='identity_grant_in_force'),
        ),
        migrations.AddConstraint(
            model_name='granttoken',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['ACCESS', 'REFRESH'])), name='identity_grant_token_kind'),
        ),
        migrations.CreateModel(
            name='Provisioned',
            fields=[
                ('account', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='+', serialize=False, to='identity.account')),
                ('key', models.CharField(max_length=40, unique=True)),
                ('external_id', models.CharField(blank=True, max_length=100)),
                ('made_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
                ('removed_at', models.DateTimeField(null=True)),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.client')),
            ],
            options={
                'db_table': 'identity_provisioned',
            },
        ),
        migrations.CreateModel(
            name='Pairing',
            fields=[
                ('code_hash', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('browser', models.CharField(blank=True, max_length=40)),
                ('place', models.CharField(max_length=40)),
                ('asked_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('strength', models.SmallIntegerField(default=1)),
                ('answered_at', models.DateTimeField(null=True)),
                ('allowed', models.BooleanField(default=False)),
                ('used_at', models.DateTimeField(null=True)),
                ('opener', models.CharField(blank=True, db_default='', max_length=64)),
                ('phone_hash', models.CharField(blank=True, db_default='', max_length=64)),
                ('phone_browser', models.CharField(blank=True, db_default='', max_length=40)),
                ('phone_place', models.CharField(blank=True, db_default='', max_length=40)),
                ('account', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.account')),
            ],
            options={
                'db_table': 'identity_pairing',
            },
        ),
        Grant("identity_pairing", public="select, insert, update", citizen="select, insert, update", officer="select, insert, update",
              worker="select, update, delete"),
        Grant("identity_provisioned", worker="select, insert, update"),
        Grant("identity_client", public="select", citizen="select", officer="select",
              worker="select, insert, update (secret_hash, confirmed_by_id, confirmed_at, closed_at)"),
        Grant("identity_grant", citizen="select, insert, update", worker="select, update"),
        Grant("sequence identity_grant_id_seq", citizen="usage"),
        RowSecurity("identity_grant", citizen=mine("party_id"), worker="true"),
        Grant("identity_grant_code", citizen="select, insert, update", worker="select, update, delete"),
        Grant("identity_grant_token", citizen="select, insert, update", worker="select, update, delete"),
        Grant("identity_sign_on", citizen="select, insert", worker="select, update, delete"),
        Grant("sequence identity_sign_on_id_seq", citizen="usage"),
    ]
