"""Notes in few words, as agents and people keep them, are facts."""

from __future__ import annotations

import pytest

from retain.memory.model import Fact, Limits
from retain.providers.local.facts import extract_facts
from retain.sources.reader import parse_text


def facts_of(text: str) -> list[Fact]:
    parsed = parse_text(text, source_id="note.md", reference_date=None, limits=Limits())
    return list(extract_facts(text, parsed.sections))


def told(text: str) -> list[str]:
    return [fact.text for fact in facts_of(text)]


@pytest.mark.parametrize(
    "text",
    [
        "Intolerant of lactose.",
        "Lives in Tromsø.",
        "Redis 7, db 3",
        "ALWAYS squash before merging.",
        "Never push on Fridays",
        "Wife: Mona",
        "Timezone: America/Lima",
    ],
)
def test_a_note_in_few_words_is_a_fact(text: str) -> None:
    assert told(text) == [text.rstrip(".")]


def test_a_profile_tells_of_the_one_it_names() -> None:
    text = (
        "# USER.md\n\n- **Name:** Mona Lie\n- **City:** Tromsø\n- **Notes:** Prefers tea. Vegan.\n"
    )
    facts = facts_of(text)
    assert [fact.text for fact in facts] == [
        "Name: Mona Lie",
        "Mona Lie - City: Tromsø",
        "Mona Lie prefers tea",
        "Mona Lie is vegan",
    ]
    assert {fact.subject for fact in facts} == {"Mona Lie"}
    assert [(fact.slot, fact.value) for fact in facts[1:]] == [
        ("city", "Tromsø"),
        ("prefers", "tea"),
        ("diet", "vegan"),
    ]


def test_a_section_on_the_user_tells_of_the_user() -> None:
    user = "## User\n\n- likes dark mode\n- works at Tessera\n\n"
    text = f"# Memory\n\n{user}## API\n\n- base URL: api.tessera.io\n"
    assert told(text) == [
        "The user likes dark mode",
        "The user works at Tessera",
        "API - base URL: api.tessera.io",
    ]


def test_rules_for_agents_are_facts_even_beside_code() -> None:
    text = (
        "# AGENTS.md\n\nFor coding agents.\n\n- Use tabs, not spaces\n- Don't edit `gen/`\n"
        "- NEVER log tokens.\n\n```sh\nmake all\n```\n"
    )
    assert told(text) == ["Use tabs, not spaces", "Don't edit gen/", "NEVER log tokens"]


@pytest.mark.parametrize(
    "text",
    [
        "# Shopping\n\n- Milk\n- 3 eggs\n- Bread\n",
        "# People\n\n- Mona Lie\n- Rui\n",
        "# Guide\n\nNote: see below.\n\nExample: none\n",
        "# Links\n\n- Source: the press\n",
        "Chapter 12",
        "Kind regards,\nMona",
    ],
)
def test_lists_labels_and_greetings_are_not(text: str) -> None:
    assert told(text) == []


def test_the_span_is_that_of_the_words() -> None:
    text = "# Stack\n\n- **Cache:** `Redis 7`, db 3\n"
    (fact,) = facts_of(text)
    assert text[fact.start : fact.end] == fact.quote == "**Cache:** `Redis 7`, db 3"
