from django.db import migrations
from django.db.models import F, Min, OuterRef, Subquery


def fill(apps, schema_editor):
    """Keep what the ledger keeps from now on: the oldest due day as pages may show it."""
    items = apps.get_model("billing", "OpenItem").objects.filter(
        account=OuterRef("account"), amount__gt=F("held_shown")
    )
    oldest = items.order_by().values("account").annotate(on=Min("due_date")).values("on")
    balances = apps.get_model("parties", "Balance").objects
    balances.update(oldest_due_shown=Subquery(oldest))


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0023_money_of_a_debit_file"),
        ("parties", "0025_oldest_due_as_pages_show_it"),
    ]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
