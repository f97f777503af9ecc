"""Answers to questions and context for prompts, from what a bank holds."""

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


@dataclass(frozen=True, slots=True)
class MemoryContext:
    """What a bank holds of a query, as a text that is ready for a prompt.

    Args:
        text: The hits, numbered from 1, each below its source, line and date; a blank line
            separates them. Empty where the bank holds nothing of the query.
        tokens: About how many tokens the text is.
        hits: What the numbers stand for, in their order; a long one with the part that is shown.
    """

    text: str
    tokens: int
    hits: tuple[Hit, ...] = ()
