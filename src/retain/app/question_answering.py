"""Answers questions from what a bank recalls, and from nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from retain.app.answer_context import answer_context
from retain.errors import InputError, ModelRequiredError
from retain.memory.call_context import in_call_context
from retain.memory.model import NOT_IN_MEMORY, AnsweredSentence, Hit, Reflection
from retain.providers.llm.answering import Answerer

MAX_CHARACTERS = 2_000
"""The longest question."""


class Recall(Protocol):
    """Searches a bank; see `Memory.recall`."""

    async def __call__(
        self, query: str, *, bank_id: str, k: int, as_of: datetime | None
    ) -> Sequence[Hit]:
        """The hits, best first."""
        ...


async def answer_question(
    question: str,
    *,
    bank_id: str,
    k: int,
    as_of: datetime | None,
    min_relevance: float = 0.0,
    recall: Recall,
    answerer: Answerer | None,
) -> Reflection:
    """The answer with its citations; see `Memory.reflect`.

    Args:
        question: The question.
        bank_id: The bank.
        k: How many hits to answer from at most.
        as_of: Answer as of this time.
        min_relevance: What one hit has to reach, for the model to be asked.
        recall: Searches the bank.
        answerer: Asks the model; None where no model is configured.
    """
    if answerer is None:
        raise ModelRequiredError("answering a question")
    if len(question) > MAX_CHARACTERS:
        raise InputError(
            f"the question has {len(question):,} characters: shorten it to {MAX_CHARACTERS:,}"
        )
    question = question.encode("utf-8", "replace").decode()
    with in_call_context(bank_id, "", "ASK"):
        hits = await recall(question, bank_id=bank_id, k=k, as_of=as_of)
        if not any(hit.relevance >= min_relevance for hit in hits):
            return Reflection(False, NOT_IN_MEMORY)
        sentences = await answerer.answer(question, answer_context(question, hits))
    return _reflection(sentences, hits)


def _reflection(sentences: Sequence[AnsweredSentence], hits: Sequence[Hit]) -> Reflection:
    """The answer with the hits that it cites, renumbered in the order of their first citation."""
    if not sentences:
        return Reflection(False, NOT_IN_MEMORY)
    cited = dict.fromkeys(number for sentence in sentences for number in sentence.numbers)
    new_numbers = {number: at for at, number in enumerate(cited, 1)}
    renumbered = tuple(
        AnsweredSentence(one.text, tuple(sorted(new_numbers[number] for number in one.numbers)))
        for one in sentences
    )
    cited_hits = tuple(hits[number - 1] for number in cited)
    return Reflection(True, " ".join(map(_with_marks, renumbered)), renumbered, cited_hits)


def _with_marks(sentence: AnsweredSentence) -> str:
    """A sentence with its numbers before its full stop: ``Ana lives in Porto [1, 2].``"""
    mark = f" [{', '.join(map(str, sentence.numbers))}]"
    text = sentence.text
    if text.endswith(".") and not text.endswith(".."):
        return f"{text[:-1]}{mark}."
    return text + mark
