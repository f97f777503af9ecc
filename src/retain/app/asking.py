"""Questions to a bank: what it holds of them is recalled, and a model answers from that alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from retain.app.evidence import evidence
from retain.errors import InputError
from retain.memory.model import NOT_IN_MEMORY, AnsweredSentence, Hit, Reflection
from retain.memory.payer import paying
from retain.providers.llm.answering import Answerer

MAX_CHARACTERS = 2_000
"""The longest question."""


class Recall(Protocol):
    """Finds what a bank knows of a query; see `Memory.recall`."""

    async def __call__(
        self, query: str, *, bank_id: str, k: int, as_of: datetime | None
    ) -> Sequence[Hit]:
        """The hits, best first."""
        ...


class Asking:
    """Answers questions.

    Args:
        recall: What finds hits.
        answerer: What answers from them; None where there is no model.
    """

    def __init__(self, recall: Recall, answerer: Answerer | None) -> None:
        self._recall = recall
        self._answerer = answerer

    async def reflect(
        self, question: str, *, bank_id: str, k: int, as_of: datetime | None
    ) -> Reflection:
        """The answer from what the bank holds; see `Memory.reflect`."""
        if self._answerer is None:
            raise InputError("ask needs a model: give --model PROVIDER:NAME or set RETAIN_MODEL")
        if len(question) > MAX_CHARACTERS:
            raise InputError(
                f"the question has {len(question):,} characters: ask it in {MAX_CHARACTERS:,}"
            )
        question = question.encode("utf-8", "replace").decode()
        with paying(bank_id, "", "ASK"):
            found = await self._recall(question, bank_id=bank_id, k=k, as_of=as_of)
            if not found:
                return Reflection(False, NOT_IN_MEMORY)
            sentences = await self._answerer.answer(question, evidence(question, found))
        return _reflection(sentences, found)


def _reflection(sentences: Sequence[AnsweredSentence], found: Sequence[Hit]) -> Reflection:
    """The answer with the hits that it cites, numbered in the order in which it does."""
    if not sentences:
        return Reflection(False, NOT_IN_MEMORY)
    cited = dict.fromkeys(number for one in sentences for number in one.numbers)
    new = {number: at for at, number in enumerate(cited, 1)}
    told = tuple(
        AnsweredSentence(one.text, tuple(sorted(new[number] for number in one.numbers)))
        for one in sentences
    )
    hits = tuple(found[number - 1] for number in cited)
    return Reflection(True, " ".join(map(_marked, told)), told, hits)


def _marked(sentence: AnsweredSentence) -> str:
    """A sentence with its numbers before its full stop: ``Ana lives in Porto [1, 2].``"""
    mark = f" [{', '.join(map(str, sentence.numbers))}]"
    text = sentence.text
    if text.endswith(".") and not text.endswith(".."):
        return f"{text[:-1]}{mark}."
    return text + mark
