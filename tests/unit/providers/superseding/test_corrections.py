"""Corrections within one conversation, from its words to the edge."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from retain.memory.model import Section
from retain.providers.local.dedupe import dedupe_facts
from retain.providers.local.facts import extract_facts
from retain.providers.local.superseding import Dated, edges

SAID = datetime(2024, 3, 3, tzinfo=UTC)


def superseded(*turns: str) -> list[str]:
    """The statements of one session of Iva's that another of its statements supersedes."""
    text, sections = "", list[Section]()
    for n, words in enumerate(turns):
        turn = f"**Iva:** {words}"
        span = (len(text), len(text) + len(turn))
        sections.append(Section(f"s{n}", n, "turn", 0, (), *span, 1, 1, "Iva", SAID))
        text += turn + "\n\n"
    facts = dedupe_facts(extract_facts(text, sections), "chat").facts
    told = {fact.fact_id: fact.text for fact in facts}
    return [told[edge.older] for edge in edges([Dated("chat", fact) for fact in facts], {})]


@pytest.mark.parametrize(
    "correction",
    [
        "Actually, I live in Linz.",
        "Sorry, actually, I live in Linz.",
        "I actually live in Linz.",
        "I don't live in Graz any more but in Linz.",
    ],
)
def test_a_correction_supersedes_what_was_said_before_in_the_session(correction: str):
    assert superseded("I live in Graz.", correction) == ["Iva lives in Graz"]


def test_a_statement_that_corrects_nothing_does_not():
    assert superseded("I live in Graz.", "I live in Linz.") == []


def test_what_follows_a_correction_stands_beside_it():
    assert superseded("Actually, I live in Linz.", "I live in Graz.") == []
