"""Answers to questions, from what a bank holds."""

from __future__ import annotations

from dataclasses import dataclass

from retain.memory.model.hits import Hit

NOT_IN_MEMORY = "not in memory"


@dataclass(frozen=True, slots=True)
class AnsweredSentence:
    """A sentence, and the numbers of the hits that it is made from, one at least, from 1."""

    text: str
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Reflection:
    """The answer to a question.

    Args:
        known: Whether the bank holds it.
        text: The answer, each sentence with the numbers of its hits: ``Ana lives in Porto [1].``;
            `NOT_IN_MEMORY` where it does not.
        sentences: The same, one by one.
        hits: What is cited, in the order of its numbers.
    """

    known: bool
    text: str
    sentences: tuple[AnsweredSentence, ...] = ()
    hits: tuple[Hit, ...] = ()
