"""What somebody else says of himself is his, or nobody's: never the speaker's."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from retain.memory.model import Fact, Limits, Section
from retain.providers.local.facts import extract_facts
from retain.providers.local.quotes import quotes_in
from retain.sources.reader import parse_text

WEDNESDAY = datetime(2024, 5, 15, 9, tzinfo=UTC)


def facts_of(words: str) -> list[Fact]:
    """The facts of a turn of Nora's, in a talk with Sam."""
    text = f"**Nora:** {words}"
    turn = Section("s0", 0, "turn", 0, (), 0, len(text), 1, 1, "Nora", WEDNESDAY)
    other = Section("s1", 1, "turn", 0, (), len(text), len(text), 1, 1, "Sam", WEDNESDAY)
    return list(extract_facts(text, [turn, other]))


def told(words: str) -> list[str]:
    return [fact.text for fact in facts_of(words)]


@pytest.mark.parametrize(
    "words",
    [
        'Pavel told me: "I live in Brno and I work as a potter."',
        "“I live in Brno and I work as a potter,” said Pavel.",
        '"I live in Brno," Pavel said, "and I work as a potter."',
        'Pavel wrote: "I live in Brno. I work as a potter." Nice, no?',
        "Pavel texted me 'I live in Brno, and I work as a potter.'",
        "«I live in Brno and I work as a potter», Pavel replied.",
        "Pavel said „I live in Brno and I work as a potter.“",
        'Pavel: "I live in Brno and I work as a potter."',
        "Pavel wrote: I live in Brno and I work as a potter.",
    ],
)
def test_what_is_quoted_is_of_whoever_is_quoted(words: str) -> None:
    assert told(words) == ["Pavel lives in Brno", "Pavel works as a potter"]
    assert {fact.subject for fact in facts_of(words)} == {"Pavel"}


@pytest.mark.parametrize(
    ("words", "fact"),
    [
        ("My boss said: 'I am moving to Graz.'", "Nora's boss is moving to Graz"),
        ('My sister Eva said "I am vegan now".', "Nora's sister Eva is vegan now"),
        ('You told me "I moved to Porto last year".', "Sam moved to Porto last year"),
        ('I told them "I quit my job at Shell".', "Nora quit Nora's job at Shell"),
    ],
)
def test_who_is_quoted_may_be_named_by_what_he_is(words: str, fact: str) -> None:
    assert told(words) == [fact]


@pytest.mark.parametrize(
    "words",
    [
        "He wrote to me: “I quit my job. I moved to Oslo.”",
        '"I moved to Oslo!" was all she said.',
        'They keep saying "we work at Acme".',
    ],
)
def test_words_of_nobody_who_is_named_are_no_facts(words: str) -> None:
    assert told(words) == []


@pytest.mark.parametrize(
    ("words", "facts"),
    [
        (
            'I live in Zeist. "I live in Breda," Pavel wrote.',
            ["Nora lives in Zeist", "Pavel lives in Breda"],
        ),
        (
            "My mum always said 'I hate cats', but I love cats.",
            ["Nora loves cats", "Nora's mum hates cats"],
        ),
    ],
)
def test_what_stands_beside_a_quotation_is_still_the_speakers(words: str, facts: list[str]) -> None:
    assert sorted(told(words)) == sorted(facts)


@pytest.mark.parametrize(
    ("words", "fact"),
    [
        (
            'I read "I Know Why the Caged Bird Sings" last week.',
            'Nora read "I Know Why the Caged Bird Sings" last week',
        ),
        (
            "I love the boys' room at 'The Ritz' in Paris.",
            "Nora loves the boys' room at 'The Ritz' in Paris",
        ),
        (
            'The sign on our gate says "no dogs after 8 pm".',
            'The sign on Nora\'s gate says "no dogs after 8 pm"',
        ),
    ],
)
def test_titles_and_notices_stay_in_their_sentence(words: str, fact: str) -> None:
    assert told(words) == [fact]


def test_the_span_is_that_of_the_quoted_words() -> None:
    words = 'Pavel told me: "I **live** in Brno."'
    (fact,) = facts_of(words)
    assert f"**Nora:** {words}"[fact.start : fact.end] == fact.quote == "I **live** in Brno."


def test_a_block_of_quoted_lines_is_not_its_authors() -> None:
    quoted = "> I live in Breda.\n\n> [!note]\n> I own a boat.\n"
    text = f"---\nauthor: Nora\n---\nI live in Zeist.\n\n{quoted}"
    parsed = parse_text(text, source_id="n.md", reference_date=None, limits=Limits())
    assert [fact.text for fact in extract_facts(text, parsed.sections)] == [
        "Nora lives in Zeist",
        "Nora owns a boat",
    ]


@pytest.mark.parametrize(
    "unit", ['"a ', "“a ", "'a ", "Bo said ", "Bo said: I ", 'Bo said "I am" ']
)
def test_no_text_makes_them_slow(unit: str) -> None:
    def cost(times: int) -> float:
        begun = time.process_time()
        quotes_in(unit * times)
        return time.process_time() - begun

    cost(500)
    assert cost(4_000) < 16 * max(cost(1_000), 0.002)


@pytest.mark.parametrize(
    "words",
    [
        'The plate that read and said "I moved to Brno in 2019" was stolen.',
        'The mug said "I live in Brno" on it.',
        'A potter who wrote "I work at Acme" left.',
    ],
)
def test_what_stands_on_a_thing_is_nobodys(words: str) -> None:
    assert not [text for text in told(words) if "Brno" in text or "Acme" in text]
