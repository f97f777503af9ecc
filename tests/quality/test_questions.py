"""The questions about a manual are enough, in two halves, and judged by what answers them."""

import asyncio
from typing import Any

import pytest
from benchmarks.recall_questions import HALVES, Asked, Place, Question, load
from benchmarks.relevance import is_kept, unanswerable

from retain import Hit


def hit(source: str, heading: str, text: str = "") -> Hit:
    return Hit(
        text=text,
        source_id=source,
        span=(0, 1),
        kind="section",
        fact_id=None,
        section_id="s",
        score=1.0,
        path=("Chapter", heading),
    )


def test_there_are_questions_enough_and_none_is_in_both_halves() -> None:
    tuned, held_out = ({one.text for one in load("book", half)} for half in HALVES)
    assert len(tuned) + len(held_out) >= 100
    assert len(tuned) == len(held_out)
    assert not tuned & held_out


@pytest.mark.parametrize("half", HALVES)
def test_every_question_names_a_chapter_and_a_heading(half: str) -> None:
    for question in load("book", half):
        assert question.accepted, question.text
        for place in question.accepted:
            assert place.source.endswith(".md"), question.text
            assert place.heading, question.text


def test_the_rank_is_that_of_the_first_section_that_answers() -> None:
    question = Question("?", [Place("a.md", "Loops", "label"), Place("b.md", "Tables")])
    hits = [
        hit("b.md", "Loops", "label"),
        hit("a.md", "Loops", "the other part of the section"),
        hit("a.md", "Loops", "a label"),
        hit("b.md", "Tables"),
    ]
    assert Asked(question, hits, [one.text for one in hits], 1.0).rank == 3
    assert Asked(question, hits[:2], [one.text for one in hits[:2]], 1.0).rank is None


def test_questions_without_an_answer_are_enough_and_none_is_in_both_halves() -> None:
    banks = ("examples", "book", "locomo")
    tuned, held_out = (
        {(bank, one) for bank in banks for one in unanswerable(bank, half)} for half in HALVES
    )
    assert len(tuned) + len(held_out) >= 80
    assert len(tuned) == len(held_out)
    assert not tuned & held_out


def test_only_questions_whose_answer_is_found_tell_whether_it_is_kept() -> None:
    class Recalling:
        async def recall(self, question: str, k: int, min_relevance: float = 0.0) -> list[Hit]:
            del question, k, min_relevance
            return [hit("a.md", "Loops")]

    memory: Any = Recalling()
    assert asyncio.run(is_kept(memory, "?", lambda one: one.source_id == "b.md")) is None
    assert asyncio.run(is_kept(memory, "?", lambda one: one.source_id == "a.md")) is False
