"""Which facts a model is asked of: those that may replace each other and that rules leave open."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from retain.memory.model import Fact
from retain.providers.local.superseding import Dated, candidates, edges
from retain.providers.local.superseding.candidates import MOST, MOST_OF_FACT, doubtful_pairs
from retain.providers.local.superseding.memory import InMemoryClaims

FIRST = datetime(2024, 1, 1, tzinfo=UTC)


def said(day: int | None, text: str, subject: str | None = "Ana", **more) -> Dated:
    at = None if day is None else FIRST + timedelta(days=day)
    fact = Fact(f"{day}: {text}", "s", "world", text, text, 0, len(text), mentioned_at=at)
    return Dated(f"source {day}", replace(fact, subject=subject, **more))


def asked(*facts: Dated, about=None, judged=(), names=None) -> list[tuple[str, str]]:
    about = {one.fact.fact_id for one in facts} if about is None else about
    found = doubtful_pairs(about, judged, InMemoryClaims(facts, names or {}))
    return [(pair.older.text, pair.newer.text) for pair in found]


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        (said(1, "Ana is vegan"), said(2, "Ana stopped being vegan")),
        (
            said(1, "Ana plays chess", slot="hobby", value="chess"),
            said(2, "Ana does fencing", slot="hobby", value="fencing"),
        ),
        (
            said(1, "Ana prefers green tea", type="preference"),
            said(2, "Ana has gone off green tea", type="opinion"),
        ),
        (
            said(1, "Ana plans to open a bakery in Braga", type="plan"),
            said(2, "Ana will open the bakery in Porto", type="plan"),
        ),
        (
            said(1, "Ana likes tea", slot="likes", value="tea"),
            said(2, "Ana likes iced tea only", slot="likes", value="iced tea only"),
        ),
    ],
)
def test_what_may_have_been_replaced_is_asked_of(older: Dated, newer: Dated):
    assert asked(newer, older) == [(older.fact.text, newer.fact.text)]
    assert edges([older, newer], {}) == []


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        (said(1, "Ana is vegan"), said(2, "Ana is vegan.")),
        (said(2, "Ana is vegan"), said(2, "Ana stopped being vegan")),
        (said(None, "Ana is vegan"), said(2, "Ana stopped being vegan")),
        (said(1, "Ana is vegan"), said(2, "Bob stopped being vegan", "Bob")),
        (said(1, "Ana is vegan", None), said(2, "Ana stopped being vegan", None)),
        (said(1, "Ana ate fish", type="experience"), said(2, "Ana ate no fish")),
        (said(1, "Ana is vegan"), said(2, "Ana is not vegan", type="assistant_statement")),
        (said(1, "Ana is vegan"), said(2, "Ana lives by the sea in a small house")),
        (
            said(1, "Ana lives in Porto", slot="lives in", value="Porto"),
            said(2, "Ana lives in Lisbon", slot="lives in", value="Lisbon"),
        ),
        (
            said(1, "Ana lives in Porto", slot="lives in", value="Porto"),
            said(2, "Ana lives in Porto since May", slot="lives in", value="Porto"),
        ),
        (
            said(1, "Ana likes tea", slot="likes", value="tea"),
            said(2, "Ana likes boats", slot="likes", value="boats"),
        ),
        (
            said(1, "Ana visited Rome", slot="visited", value="Rome"),
            said(2, "Ana visited Oslo", slot="visited", value="Oslo"),
        ),
        (
            said(1, "Ana is planning a trip to Norway", type="plan"),
            said(2, "Ana cancelled the trip to Norway"),
        ),
    ],
)
def test_what_cannot_have_been_or_what_rules_see_is_not(older: Dated, newer: Dated):
    assert asked(older, newer) == []


def test_a_subject_is_the_same_under_all_its_names():
    facts = said(1, "Kate is vegan", "Kate"), said(2, "Katherine stopped being vegan", "Katherine")
    assert asked(*facts) == []
    one = {"Kate": "Katherine", "Katherine": "Katherine"}
    assert len(asked(*facts, names=one)) == 1


def test_only_pairs_with_a_fact_in_question_that_were_not_judged_are_asked_of():
    vegan, fish, steak = (
        said(1, "Ana is vegan"),
        said(2, "Ana is vegan but for fish"),
        said(3, "Ana stopped being vegan"),
    )
    every = asked(vegan, fish, steak)
    assert len(every) == 3
    assert set(asked(vegan, fish, steak, about={steak.fact.fact_id})) == {
        (vegan.fact.text, steak.fact.text),
        (fish.fact.text, steak.fact.text),
    }
    known = {(vegan.fact.fact_id, steak.fact.fact_id)}
    assert len(asked(vegan, fish, steak, judged=known)) == 2
    assert asked(vegan, fish, about={"another"}) == []


def test_a_fact_is_compared_with_the_nearest_ones_only():
    facts = [said(n, f"Ana keeps {n} brown hens") for n in range(1, 9)]
    newest = facts[-1].fact.fact_id
    found = asked(*facts, about={newest})
    assert found == [(f"Ana keeps {n} brown hens", "Ana keeps 8 brown hens") for n in (7, 6, 5)]
    assert len(found) == MOST_OF_FACT


def test_what_comes_in_any_order_is_asked_of_once_and_the_same():
    texts = ["Ana is vegan", "Ana is vegan but for fish", "Ana stopped being vegan", "Ana is tall"]
    facts = [said(n, text) for n, text in enumerate(texts)]
    whole = set(asked(*facts))
    for seed in range(6):
        order = facts.copy()
        random.Random(seed).shuffle(order)
        held: list[Dated] = []
        gathered: list[tuple[str, str]] = []
        for one in order:
            held.append(one)
            gathered += asked(*held, about={one.fact.fact_id})
        assert sorted(gathered) == sorted(whole)


def test_a_long_history_is_compared_within_bounds(monkeypatch: pytest.MonkeyPatch):
    compared: list[int] = []
    is_open = candidates._is_open
    monkeypatch.setattr(
        candidates, "_is_open", lambda *pair: (compared.append(1), is_open(*pair))[1]
    )
    words = ["red", "blue", "old", "new", "small"]
    facts = [said(n, f"Ana: {words[n % 5]} {n // 7}") for n in range(3000)]
    assert len(asked(*facts)) == MOST
    assert len(compared) < 20 * len(facts)
