"""No figure of any profile may change unnoticed."""

import pytest

from tests.terms.mutate import excused, survivors


@pytest.mark.slow
def test_every_survivor_has_a_reason_and_every_reason_a_survivor():
    assert set(survivors()) == set(excused())
