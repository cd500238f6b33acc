"""For whom staff acted. Adding a column rebuilds the table on SQLite, triggers and all."""

from importlib import import_module

from django.db import migrations, models

guard = import_module("records.audit.migrations.0003_protect_entries")


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_protect_entries")]
    operations = [
        migrations.RunPython(guard.unprotect, guard.protect),
        migrations.AddField(
            model_name="entry",
            name="for_whom",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Whose wish staff carried out, and their standing.",
                max_length=200,
            ),
            preserve_default=False,
        ),
        migrations.RunPython(guard.protect, guard.unprotect),
    ]
