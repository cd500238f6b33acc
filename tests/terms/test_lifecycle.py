"""States that move by a table."""

from enum import StrEnum

import pytest

from terms.lifecycle import IllegalStep, Lifecycle


class Light(StrEnum):
    RED = "red"
    GREEN = "green"


class Act(StrEnum):
    GO = "go"
    STOP = "stop"


TABLE = Lifecycle({(Light.RED, Act.GO): Light.GREEN, (Light.GREEN, Act.STOP): Light.RED})


def test_step_in_the_table_is_taken():
    assert TABLE.after(Light.RED, Act.GO) is Light.GREEN
    assert TABLE.acts(Light.GREEN) == (Act.STOP,)


def test_other_step_is_refused_with_what_is_possible():
    with pytest.raises(IllegalStep, match="cannot stop what is red; possible: go") as refused:
        TABLE.after(Light.RED, Act.STOP)

    assert refused.value.possible == (Act.GO,)


def test_state_without_a_way_out_says_so():
    with pytest.raises(IllegalStep, match="possible: nothing"):
        Lifecycle({(Light.RED, Act.GO): Light.GREEN}).after(Light.GREEN, Act.GO)


def test_table_prints_aligned():
    assert str(TABLE).splitlines() == ["red    go    → green", "green  stop  → red"]
