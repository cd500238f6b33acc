"""Money as whole cents and rates as whole millionths: integers in columns, Decimal above."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models


class ScaledField(models.BigIntegerField):  # type: ignore[type-arg]
    """A Decimal with a fixed number of places, stored as a whole number so that SUM is exact.

    Raises ValidationError for a value with more places than the column holds: rounding belongs
    to a clause, never to a column.
    """

    places = 0
    # What type checkers read of a column: never a float.
    _pyi_private_set_type: Decimal | int | str  # type: ignore[assignment]
    _pyi_private_get_type: Decimal  # type: ignore[assignment]
    _pyi_lookup_exact_type: Decimal | int  # type: ignore[assignment]

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Decimal | None:
        return None if value is None else Decimal(int(value)).scaleb(-self.places)

    def to_python(self, value: Any) -> Decimal | None:
        if value is None or isinstance(value, Decimal):
            return value
        if isinstance(value, float):
            raise ValidationError("Use a decimal string, not a float.")
        try:
            return Decimal(str(value))
        except InvalidOperation as wrong:
            raise ValidationError(f"“{value}” is not an amount.") from wrong

    def get_prep_value(self, value: Any) -> int | None:
        amount = self.to_python(value)
        if amount is None:
            return None
        scaled = amount.scaleb(self.places)
        if scaled != scaled.to_integral_value():
            raise ValidationError(f"{amount} has more than {self.places} decimal places.")
        return int(scaled)

    def value_to_string(self, obj: models.Model) -> str:
        return str(self.value_from_object(obj))

    def formfield(self, **kwargs: Any) -> Any:
        from django import forms

        return models.Field.formfield(
            self, **{"form_class": forms.DecimalField, "decimal_places": self.places, **kwargs}
        )


class MoneyField(ScaledField):
    """Australian dollars, to the cent."""

    places = 2
    description = "Australian dollars"


class RateField(ScaledField):
    """A unit price or rate, to the millionth of a dollar."""

    places = 6
    description = "A rate in dollars"
