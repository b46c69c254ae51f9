"""Passkeys, one-time passwords and codes."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("identity", "0003_administrators")]

    operations = []
