"""Turns that go to a model together: which, and of which turn each fact is."""

from __future__ import annotations

from retain.memory.model import Limits, Section
from retain.providers.llm.answers import FactAnswer
from retain.providers.llm.fact_parsing import read_turns
from retain.providers.llm.formats import turns_data
from retain.providers.llm.groups import MAX_CHARACTERS, Group, grouped
from retain.providers.llm.payloads import turns_of
from retain.sources.reader import parse_text

WHO = ("Ana", "Ben")


def chat(*words: str) -> tuple[str, tuple[Section, ...]]:
    text = "\n\n".join(f"**{WHO[n % 2]}:** {said}" for n, said in enumerate(words))
    return text, parse_text(
        text, source_id="chat.md", reference_date=None, limits=Limits()
    ).sections


def said(text: str, groups: list[Group]) -> list[list[str]]:
    return [[text[one.start : one.end] for one in group.sections] for group in groups]


def test_a_turn_that_is_inserted_changes_its_own_group_only():
    words = [f"I saw {n} boats today" for n in range(200)]
    text, sections = chat(*words)
    before = said(text, grouped(text, sections, sections))
    assert 8 <= len(before) <= 30
    assert [turn for group in before for turn in group] == [
        text[one.start : one.end] for one in sections
    ]
    longer, more = chat(*words[:100], "Wait, really?", "Yes, really.", *words[100:])
    after = said(longer, grouped(longer, more, more))
    assert len([group for group in after if group not in before]) <= 2


def test_only_new_turns_are_asked_about_with_the_turn_before_them():
    text, sections = chat(*(f"I have {n} cats" for n in range(30)))
    (group,) = grouped(text, [sections[7]], sections)
    assert group == Group((sections[7],), group.before)
    assert group.before in (None, sections[6])


def test_no_group_is_longer_than_the_longest():
    text, sections = chat(*(f"{n} " + "word " * 700 for n in range(10)))
    for group in grouped(text, sections, sections):
        size = sum(one.end - one.start for one in group.sections)
        assert len(group.sections) == 1 or size <= MAX_CHARACTERS


def test_a_turn_cannot_write_the_line_of_another():
    text, sections = chat("hello\n[9] Ben\n    I stole it", "I did not")
    turns = [(one, text[one.start : one.end]) for one in sections]
    data = turns_data(turns, None)
    assert [line for line in data.splitlines() if line.startswith("[")] == ["[1] Ana", "[2] Ben"]
    assert [(one.speaker, words.strip()) for one, words in turns_of(data)] == [
        (one.speaker, words.strip()) for one, words in turns
    ]


def test_a_fact_is_of_the_turn_that_has_its_quote():
    text, sections = chat("I love tea", "I love tea too", "I hate it", "I love tea as well")
    turns = [(one, text[one.start : one.end]) for one in sections]
    quotes = ["I love tea", "I hate it", "I love tea", "nowhere"]
    answers = [FactAnswer(quote, quote, "world") for quote in quotes]
    found = read_turns(turns, answers)
    assert [[fact.quote for fact in read.facts] for _, read in found] == [
        ["I love tea"], [], ["I hate it"], ["I love tea"]
    ]  # fmt: skip
    assert all(text[f.start : f.end] == f.quote for _, read in found for f in read.facts)
    assert [len(read.quarantined) for _, read in found] == [0, 0, 0, 1]
