"""Let a newer version of the terms bind a contract from a day on."""

from __future__ import annotations

from datetime import date, timedelta

from contracts.agreements.models import Contract, FormerVersion


def bind_version(*, contract: Contract, version: str, on: date) -> bool:
    """Pin a version of the terms to a contract from a day on; True if it was another before.

    What bound it until the day before stays on record, so that a question about an earlier day is
    answered by the terms of that day. The caller holds the account locked, has told the customer,
    and records why. Twice is once.
    """
    row = Contract.objects.select_for_update(of=("self",)).get(pk=contract.pk)
    if row.version == version:
        return False
    # A second one from the same day leaves what bound until the day before.
    FormerVersion.objects.get_or_create(
        contract=row, last_day=on - timedelta(days=1), defaults={"version": row.version}
    )
    row.version, row.version_since = version, on
    row.save(update_fields=["version", "version_since"])
    contract.version, contract.version_since = version, on
    return True
