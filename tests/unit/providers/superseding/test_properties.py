"""What superseding must hold to for any facts."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from retain.memory.model import Fact, Verdict
from retain.providers.local.superseding import Dated, edges

FIRST = datetime(2020, 1, 1, tzinfo=UTC)
SLOTTED = st.tuples(
    st.sampled_from(["Ana", "Ana Silva", "The shop", "Bob", None]),
    st.sampled_from(["lives in", "status", "price", "likes", "date", "role", "partner"]),
    st.sampled_from(["Lisbon", "not Lisbon", "Lisbon, Portugal", "Porto", "open", "€3", "Tuesday"]),
    st.sampled_from(["{s} lives in {v}", "{s} moved to {v}", "Actually, {s} was in {v}"]),
)
FREE = st.sampled_from(
    [
        "The shop opens at 9 am",
        "The shop opens at 10 am",
        "The fee is $5",
        "The fee is $6",
        "Ana cancelled the trip to Norway",
        "Ana is planning a trip to Norway",
        "Ana is no longer a smoker",
        "Ana is a smoker",
    ]
)


@st.composite
def banks(draw: st.DrawFn) -> list[Dated]:
    facts: list[Dated] = []
    for n in range(draw(st.integers(0, 14))):
        said = draw(st.none() | st.integers(0, 4))
        at = None if said is None else FIRST + timedelta(days=said)
        subject, slot, value, text = (None, None, None, draw(FREE))
        if draw(st.booleans()):
            subject, slot, value, form = draw(SLOTTED)
            text = form.format(s=subject, v=value)
        elif text.startswith("Ana"):
            subject = "Ana"
        start = draw(st.integers(0, 3)) * 100
        happened = draw(st.none() | st.integers(0, 4))
        end = None if happened is None else FIRST + timedelta(days=happened)
        kind = draw(st.sampled_from(["world", "plan", "experience", "assistant_statement"]))
        fact = Fact(
            fact_id=f"f{n}",
            section_id="s",
            type=kind,
            text=text,
            quote=text,
            start=start,
            end=start + len(text),
            mentioned_at=at,
            occurred_end=end,
            subject=subject,
            slot=slot,
            value=value,
        )
        facts.append(Dated(draw(st.sampled_from(["one", "two"])), fact))
    return facts


@given(banks(), st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_the_order_of_ingestion_does_not_matter(facts: list[Dated], chance: random.Random):
    names = {"Ana": "Ana Silva", "Ana Silva": "Ana Silva"}
    shuffled = facts.copy()
    chance.shuffle(shuffled)
    found = edges(facts, names)
    assert edges(iter(shuffled), names) == found


@given(banks())
@settings(max_examples=100, deadline=None)
def test_no_fact_is_superseded_twice_by_itself_or_by_an_earlier_one(facts: list[Dated]):
    when = {dated.fact.fact_id: dated.fact.mentioned_at for dated in facts}
    found = edges(facts, {})
    assert len({edge.older for edge in found}) == len(found)
    for edge in found:
        newer, older = when[edge.newer], when[edge.older]
        assert edge.newer != edge.older
        assert (newer is None) == (older is None)
        assert newer is None or older is None or newer >= older
        assert edge.reason
        assert "\n" not in edge.reason


@given(banks())
@settings(max_examples=100, deadline=None)
def test_nothing_comes_round_to_itself(facts: list[Dated]):
    newer = {edge.older: edge.newer for edge in edges(facts, {})}
    for start in newer:
        at, steps = start, 0
        while at in newer:
            at, steps = newer[at], steps + 1
            assert steps <= len(facts)


@given(banks(), st.lists(st.tuples(st.integers(0, 14), st.integers(0, 14)), max_size=30))
@settings(max_examples=100, deadline=None)
def test_whatever_a_model_sees_each_fact_has_one_later_successor_of_its_subject(
    facts: list[Dated], pairs: list[tuple[int, int]]
):
    by_rules = {(edge.newer, edge.older) for edge in edges(facts, {})}
    verdicts = [Verdict(f"f{older}", f"f{newer}", "replaces") for older, newer in pairs]
    told = {dated.fact.fact_id: dated.fact for dated in facts}
    found = edges(facts, {}, verdicts)
    newer = {edge.older: edge.newer for edge in found}
    assert len(newer) == len(found)
    assert by_rules <= {(edge.newer, edge.older) for edge in found}
    for old, new in newer.items():
        if (new, old) not in by_rules:
            assert told[old].mentioned_at < told[new].mentioned_at  # type: ignore[operator]
            assert told[old].subject == told[new].subject
    for start in newer:
        at, steps = start, 0
        while at in newer:
            at, steps = newer[at], steps + 1
            assert steps <= len(facts)


def test_a_large_bank_and_a_long_history_take_no_time_to_speak_of():
    def fact(n: int, text: str, value: str | None) -> Dated:
        said = FIRST + timedelta(hours=n)
        slot = "lives in" if value else None
        told = Fact(f"f{n}", "s", "world", text, text, n, n + 1, mentioned_at=said)
        return Dated("s", Fact(**{**_fields(told), "subject": "Ana", "slot": slot, "value": value}))

    plain = [fact(n, f"Ana talked of the {n} with friends", None) for n in range(20_000)]
    places = ["Lisbon", "Lisbon, Portugal"]
    long = [fact(n, "Ana lives there", places[n % 2]) for n in range(20_000, 24_000)]
    began = time.process_time()
    assert edges([*plain, *long], {}) == []
    assert time.process_time() - began < 5


def _fields(fact: Fact) -> dict:
    return {name: getattr(fact, name) for name in Fact.__slots__}
