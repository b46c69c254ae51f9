"""Registering, proving who one is, accounts that are one person's."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("identity", "0004_factors")]

    operations = []
