"""Systems that people sign in to with their account here, and staff that arrive from outside."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("identity", "0006_mandates")]

    operations = []
