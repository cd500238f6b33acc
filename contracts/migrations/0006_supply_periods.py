from datetime import UTC, datetime, time

from django.db import migrations


def write_periods(apps, schema_editor):
    """What runs or ran has been supplied alike since its activation, as far as is on record."""
    Service = apps.get_model("contracts", "Service")
    SupplyPeriod = apps.get_model("contracts", "SupplyPeriod")
    PlanChange = apps.get_model("contracts", "PlanChange")
    rows = Service.objects.filter(activated_on__isnull=False).select_related("plan")
    for service in rows.iterator(500):
        changes = list(
            PlanChange.objects.filter(service=service, state="applied")
            .select_related("from_plan", "to_plan")
            .order_by("takes_effect_on", "pk")
        )
        first = changes[0].from_plan if changes else service.plan
        stretches = [(service.activated_on, first)]
        stretches += [
            (change.takes_effect_on, change.to_plan)
            for change in changes
            if change.takes_effect_on and change.takes_effect_on > service.activated_on
        ]
        for place, (starts_on, plan) in enumerate(stretches):
            following = stretches[place + 1][0] if place + 1 < len(stretches) else None
            ends_on = service.ended_on
            if following is not None:
                ends_on = following.fromordinal(following.toordinal() - 1)
            if ends_on is not None and ends_on < starts_on:
                continue
            SupplyPeriod.objects.create(
                service=service,
                plan=plan,
                quantity=max(service.quantity, 1),
                unit_fee=plan.monthly_fee,
                starts_on=starts_on,
                ends_on=ends_on,
                noted_at=datetime.combine(starts_on, time(), UTC),
            )


class Migration(migrations.Migration):
    dependencies = [("contracts", "0005_supply")]
    operations = [migrations.RunPython(write_periods, migrations.RunPython.noop)]
