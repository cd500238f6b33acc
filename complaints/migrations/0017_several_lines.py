"""A complaint may contest several lines of a bill; the one that it named is the first of them."""

from django.db import migrations, models


def keep_lines(apps, schema_editor):
    complaints = apps.get_model("complaints", "Complaint")
    through = complaints.disputed_lines.through
    named = complaints.objects.filter(disputed_line__isnull=False)
    through.objects.bulk_create(
        [
            through(complaint_id=pk, invoiceline_id=line)
            for pk, line in named.values_list("pk", "disputed_line").iterator()
        ],
        batch_size=1000,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0001_initial"),
        ("complaints", "0016_answered_together"),
    ]

    operations = [
        migrations.AddField(
            model_name="complaint",
            name="disputed_lines",
            field=models.ManyToManyField(
                blank=True,
                help_text="Which lines of that bill; none: the bill as a whole, or something "
                "beside them.",
                related_name="+",
                to="billing.invoiceline",
            ),
        ),
        migrations.RunPython(keep_lines, migrations.RunPython.noop),
        migrations.RemoveField(model_name="complaint", name="disputed_line"),
    ]
