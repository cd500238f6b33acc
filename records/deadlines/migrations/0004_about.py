"""A deadline says what kind of thing it is about, and keeps no address of a page."""

from django.db import migrations, models


def say_what_about(apps, schema_editor):
    """Until now the page of the thing told what it is."""
    rows = apps.get_model("deadlines", "Deadline").objects
    rows.filter(duty="answer_privacy").update(about="privacy request")


class Migration(migrations.Migration):
    dependencies = [("deadlines", "0003_swept")]

    operations = [
        migrations.AddField(
            model_name="deadline",
            name="about",
            field=models.CharField(
                default="complaint",
                help_text="What kind of thing the subject is, in words.",
                max_length=40,
            ),
            preserve_default=False,
        ),
        migrations.RunPython(say_what_about, migrations.RunPython.noop),
        migrations.RemoveField(model_name="deadline", name="owner_path"),
    ]
