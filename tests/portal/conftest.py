"""The people of the parties' tests stand in front of their pages too."""

from __future__ import annotations

from tests.parties.conftest import desk, invoice, representative, sam

__all__ = ["desk", "invoice", "representative", "sam"]
