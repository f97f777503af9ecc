"""How good extracted facts are, on sentences that no rule was tuned on."""

from __future__ import annotations

import pytest
from benchmarks.facts_quality import HELD_OUT, TUNED, Score, evaluate, load


@pytest.fixture(scope="module")
def held_out() -> Score:
    return evaluate(HELD_OUT)[0]


def test_facts_are_found_and_few_others(held_out: Score) -> None:
    assert held_out.f1 >= 0.8, str(held_out)


def test_types(held_out: Score) -> None:
    assert held_out.type_accuracy >= 0.85, str(held_out)


def test_dates(held_out: Score) -> None:
    assert held_out.dated >= 20
    assert held_out.date_accuracy >= 0.9, str(held_out)


def test_the_halves_share_no_item() -> None:
    tuned, held_out = (
        {str(item.get("text") or item["turns"]) for item in load(path)}
        for path in (TUNED, HELD_OUT)
    )
    assert len(tuned) + len(held_out) >= 200
    assert not tuned & held_out
