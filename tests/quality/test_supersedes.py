"""How well it is told what superseded what, on pairs that no rule was tuned on."""

from __future__ import annotations

import pytest
from benchmarks.supersedes_quality import HELD_OUT, TUNED, Score, evaluate, load


@pytest.fixture(scope="module")
def held_out() -> Score:
    return evaluate(HELD_OUT)


def test_what_is_told_to_be_superseded_is(held_out: Score) -> None:
    assert held_out.precision >= 0.95, str(held_out)


def test_most_of_what_is_superseded_is_found(held_out: Score) -> None:
    assert held_out.recall >= 0.7, str(held_out)


def test_states_before_and_after_are_told_right(held_out: Score) -> None:
    assert held_out.as_of >= 0.85, str(held_out)


@pytest.mark.parametrize("path", [TUNED, HELD_OUT])
def test_half_of_the_pairs_do_not_supersede(path) -> None:
    items = load(path)
    assert len(items) >= 70
    assert 2 * sum(not item["supersedes"] for item in items) >= len(items)


def test_the_halves_share_no_item() -> None:
    tuned, held_out = (
        {str([one["text"] for one in item["statements"]]) for item in load(path)}
        for path in (TUNED, HELD_OUT)
    )
    assert not tuned & held_out
