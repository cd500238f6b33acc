"""What is agreed for a service beside its terms."""

from django.db import models


class FigureKind(models.TextChoices):
    """Amounts that the terms leave to a quotation, an order form or a price list."""

    COMMITTED_MONTHLY = "committed_monthly", "Committed monthly amount"
    QUOTED_EARLY_CHARGE = "quoted_early_charge", "Quoted charge for leaving early"
    WAIVED_ITEMS = "waived_items", "Value of what was discounted or waived"
    HARDWARE_PRICE = "hardware_price", "Full price of discounted hardware"
    HARDWARE_PAID = "hardware_paid", "Paid so far for that hardware"
    PROVISIONING_COST = "provisioning_cost", "Cost of provisioning"
    UNAVOIDABLE_COSTS = "unavoidable_costs", "Further costs that can't be avoided"
    MINIMUM_SPEND = "minimum_spend", "Minimum monthly spend"
    CREDITS_GIVEN = "credits_given", "Credits and rebates given"
    INSTALLATION_UNPAID = "installation_unpaid", "Unpaid part of installation"
    EQUIPMENT_UNPAID = "equipment_unpaid", "Unpaid part of equipment that works elsewhere too"
    ADMIN_CHARGE = "admin_charge", "Administration charge of an agreed early end"


class Basis(models.TextChoices):
    """Whether an amount holds GST."""

    EX = "ex", "without GST"
    INC = "inc", "GST included"
