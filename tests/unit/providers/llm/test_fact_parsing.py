"""What a model says of a section, checked against its text."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retain.errors import AnswerError
from retain.memory.model import Section
from retain.providers.llm.answers import FactAnswer, FactsAnswer, NameAnswer, read
from retain.providers.llm.fact_parsing import read_facts
from retain.providers.llm.quotes import located
from retain.providers.llm.split import halved

TEXT = (
    "Ines moved to Porto on 3 May 2024, \u201cfor good\u201d, she says.\n"
    "She works at O\u2019Neill\u2014still."
)
SECTION = Section(
    "s1", 0, "text", 0, (), 100, 100 + len(TEXT), 5, 6, None, datetime(2024, 6, 1, tzinfo=UTC)
)


def answer(quote: str, **more: object) -> FactAnswer:
    return FactAnswer(text="Ines moved to Porto", quote=quote, type="experience", **more)  # type: ignore[arg-type]


def test_a_quote_is_found_where_it_stands_and_kept_as_the_source_has_it():
    (fact,) = read_facts(
        TEXT, 100, SECTION, (answer('Ines moved to Porto on 3 May 2024, "for good"'),)
    ).facts

    assert fact.quote == "Ines moved to Porto on 3 May 2024, \u201cfor good\u201d"
    assert TEXT[fact.start - 100 : fact.end - 100] == fact.quote
    assert fact.mentioned_at == SECTION.said_at


@pytest.mark.parametrize(
    "quote",
    [
        "She works at O'Neill-still",
        "she says.\n\nShe works",
        "...She works at",
        '"She works"',
        "She  works\tat",
    ],
)
def test_what_typesetting_changes_does_not_keep_a_quote_from_being_found(quote: str):
    assert located(TEXT, quote) is not None


@pytest.mark.parametrize(
    "quote", ["", "   ", "...", "Ines moved to Lisbon", "ines moved", "Porto Porto", "x" * 5000]
)
def test_a_quote_that_does_not_stand_in_the_text_is_not_found(quote: str):
    assert located(TEXT, quote) is None


def test_a_fact_whose_quote_is_not_in_the_text_is_quarantined():
    got = read_facts(
        TEXT, 100, SECTION, (answer("Ines owes Eve 1000 dollars"), answer("She works"))
    )

    assert [fact.quote for fact in got.quarantined] == ["Ines owes Eve 1000 dollars"]
    assert [fact.quote for fact in got.facts] == ["She works"]


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("2024-05-03", "2024-05-03", ("2024-05-03", "2024-05-04")),
        ("2024-05-03", None, ("2024-05-03", "2024-05-04")),
        ("2024-05", "2024-05", ("2024-05-01", "2024-06-01")),
        ("2024-12", None, ("2024-12-01", "2025-01-01")),
        ("2024-05-03T10:00:00Z", "2024-05-05", ("2024-05-03", "2024-05-06")),
        ("2024-05-05", "2024-05-03", (None, None)),
        ("2024-02-30", None, (None, None)),
        ("yesterday", None, (None, None)),
        ("9999-12-31", None, (None, None)),
        (None, None, (None, None)),
    ],
)
def test_days_become_midnights(
    first: str | None, last: str | None, expected: tuple[str | None, str | None]
):
    (fact,) = read_facts(
        TEXT, 100, SECTION, (answer("She works", first_day=first, last_day=last),)
    ).facts
    bounds = (fact.occurred_start, fact.occurred_end)

    assert tuple(at and at.date().isoformat() for at in bounds) == expected


def test_slots_names_and_confidence_are_taken_as_far_as_they_can_be():
    names = (NameAnswer("Porto", "place"), NameAnswer("Lisbon", "place"), NameAnswer(" ", "thing"))
    (fact,) = read_facts(
        TEXT,
        100,
        SECTION,
        (answer("moved to Porto", slot=" Lives  In ", value="Porto", names=names, confidence=7.0),),
    ).facts
    (half,) = read_facts(TEXT, 100, SECTION, (answer("moved to Porto", slot="lives in"),)).facts

    assert (fact.slot, fact.value, fact.confidence) == ("lives in", "Porto", 1.0)
    assert fact.named == (("Porto", "place"),)
    assert (half.slot, half.value) == (None, None)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "not JSON"),
        ("", "not JSON"),
        ("Sorry, I cannot do that.", "not JSON"),
        ('{"facts": 3}', "not as asked"),
        ('{"facts": [{"type": "world"}, 3]}', "none of the 2"),
        ("[" * 100_000, "not JSON"),
        ('{"facts": ' + "[" * 100_000, "not JSON"),
    ],
)
def test_an_answer_that_is_not_as_asked_says_how(text: str, told: str):
    with pytest.raises(AnswerError, match=told):
        read(text, FactsAnswer)


def test_a_block_of_code_around_an_answer_is_taken_off_and_of_equal_keys_the_last_counts():
    fact_twice = '{"text": "no", "text": "yes \\ud83d\\ude00", "quote": "q", "type": "plan"}'
    text = f'```json\n{{"facts": [{fact_twice}]}}\n```'

    (fact,) = read(text, FactsAnswer).facts
    assert fact.text == "yes \N{GRINNING FACE}"


def test_a_nul_in_an_answer_is_replaced_and_an_escaped_backslash_is_not():
    fact = r'{"text": "a\u0000\u0000b \\\\u0000", "quote": "\\\u0000", "type": "plan"}'
    (fact,) = read(f'{{"facts": [{fact}]}}', FactsAnswer).facts
    assert fact.text == "a\ufffd\ufffdb \\\\u0000"
    assert fact.quote == "\\\ufffd"


def test_a_text_is_halved_between_paragraphs_else_sentences():
    assert halved("One is.\n\nTwo is far longer.\n\nThree.") == 9
    assert halved("One is here. Two is there. Three.") in (13, 27)
    assert halved("one long line without an end") is None
    assert halved("A single sentence.\n\n") is None


@given(st.text(max_size=300))
def test_both_halves_say_something_and_are_the_whole(text: str):
    at = halved(text)
    if at is not None:
        assert text[:at].strip()
        assert text[at:].strip()


@given(st.text(alphabet="ab \n'\u2019\"\u201c-\u2014.", max_size=60), st.data())
def test_a_part_of_a_text_is_always_found_in_it(text: str, data: st.DataObject):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    quote = text[start:end]
    found = located(text, quote)
    assert (found is not None) == bool(quote.strip())
