from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from retain.memory.model import Fact
from retain.providers.local.dedupe import dedupe_facts

DAY = datetime(2024, 5, 15, tzinfo=UTC)


def facts(*texts):
    made, at = [], 0
    for text in texts:
        made.append(Fact("", "s", "world", text, text, at, at + len(text)))
        at += len(text) + 1
    return made


def kept(*texts):
    return [fact.text for fact in dedupe_facts(facts(*texts), "x").facts]


LONG = "The main pump of the old mill by the river runs for ten minutes after the motor stops"


def test_near_duplicates_merge_and_are_recorded():
    shorter = LONG.replace("old ", "")
    result = dedupe_facts(facts(shorter, LONG), "x")
    (fact,), (merged,) = result.facts, result.merged
    assert fact.text == LONG
    other = merged.fact
    assert (other.fact_id, other.text, other.start) == (fact.fact_id, shorter, 0)
    assert "numbers" in merged.reason


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ("ten", "nine"),
        ("ten", "10"),
        ("the motor", "the Bosch"),
        ("runs", "never runs"),
        ("stops", "doesn't stop"),
        ("motor stops", "motor stops in Braga"),
    ],
)
def test_numbers_names_and_negation_are_never_merged(here, there):
    assert len(kept(LONG, LONG.replace(here, there))) == 2


def test_other_dates_are_never_merged():
    first, second = facts("Ines went to the gym yesterday", "Ines went to the gym yesterday")
    monday = replace(first, occurred_start=DAY, occurred_end=DAY + timedelta(1))
    result = dedupe_facts([monday, replace(second, occurred_start=DAY + timedelta(7))], "x")
    assert len({fact.fact_id for fact in result.facts}) == 2


def test_the_order_does_not_matter():
    given = facts(LONG, LONG.replace("old ", ""), LONG.replace("main ", ""), "The lid is red", LONG)
    results = [dedupe_facts(order, "x") for order in permutations(given)]
    assert all(result == results[0] for result in results)


def test_an_id_stays_when_the_fact_moves_or_others_change():
    (alone,) = dedupe_facts(facts("The lid is red"), "x").facts
    moved = dedupe_facts(facts("The pump is blue", "The lid is red", LONG), "x").facts[1]
    assert moved.fact_id == alone.fact_id
    assert len(alone.fact_id) == 16
    assert dedupe_facts(facts("The lid is red"), "y").facts[0].fact_id != alone.fact_id


def test_many_facts_take_linear_time():
    many = facts(*(f"Valve number {n} opens at noon" for n in range(20_000)))
    assert len(dedupe_facts(many, "x").facts) == 20_000
    words = facts(
        *(f"The {chr(97 + n % 26)}{'bcdfg'[n % 5]}ox opens at noon" for n in range(5_000))
    )
    assert len(dedupe_facts(words, "x").facts) <= 130
