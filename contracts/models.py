"""What Django looks for here: the models of every room. Code imports them from their rooms."""

from contracts.agreements.models import Contract
from contracts.catalogue.models import Plan
from contracts.supply.models import PlanChange, Service

__all__ = ["Contract", "Plan", "PlanChange", "Service"]
