"""The bars that names and merges must reach on cases that nobody tuned on."""

from __future__ import annotations

import pytest
from benchmarks.entities_quality import HALVES, score_mentions, score_merges


@pytest.mark.parametrize("half", HALVES)
def test_most_names_are_found_and_few_words_are_taken_for_names(half):
    names, _ = score_mentions(half)
    assert names.f1 >= 0.8, str(names)


@pytest.mark.parametrize("half", HALVES)
def test_a_kind_that_is_told_is_seldom_wrong(half):
    _, kinds = score_mentions(half)
    assert kinds.precision >= 0.95, kinds.extra


@pytest.mark.parametrize("half", HALVES)
def test_what_is_merged_is_the_same(half):
    merges = score_merges(half)
    assert merges.precision >= 0.98, merges.extra
    assert merges.recall >= 0.8, merges.missed
