"""Which facts contradict each other while nothing tells which of them is later."""

from datetime import UTC, datetime

import pytest

from retain.memory.model import Fact
from retain.providers.local.superseding import Dated, contradictions

MAY = datetime(2024, 5, 1, tzinfo=UTC)
JUNE = datetime(2024, 6, 1, tzinfo=UTC)


def said(fact_id: str, value: str, when: datetime | None, slot: str = "lives in") -> Dated:
    text = f"Ana {slot} {value}"
    fact = Fact(
        fact_id, "s", "world", text, text, 0, len(text),
        mentioned_at=when, subject="Ana", slot=slot, value=value,
    )  # fmt: skip
    return Dated(fact_id, fact)


@pytest.mark.parametrize("when", [MAY, None])
def test_two_values_at_one_time_contradict_in_any_order(when: datetime | None) -> None:
    facts = [said("a", "Lisbon", when), said("b", "Porto", when)]
    for order in (facts, facts[::-1]):
        (found,) = contradictions(order, {})
        assert (found.one, found.other, found.subject) == ("a", "b", "Ana")
        assert found.reason == "lives in: Lisbon or Porto"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (said("a", "Lisbon", MAY), said("b", "Porto", JUNE)),
        (said("a", "Lisbon", MAY), said("b", "lisbon", MAY)),
        (said("a", "jazz", MAY, "likes"), said("b", "tea", MAY, "likes")),
    ],
    ids=["the later holds", "the same value", "several may hold"],
)
def test_what_may_be_contradicts_nothing(one: Dated, other: Dated) -> None:
    assert contradictions([one, other], {}) == []
