"""Mandates between persons, scopes of agents, help at the counter."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("identity", "0005_proofing")]

    operations = []
