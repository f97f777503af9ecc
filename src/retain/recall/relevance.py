"""How likely a hit has to do with the query, 0 to 1: the same measure in every bank.

A score ranks the hits of one answer. It is made of BM25, which knows how rare a word is in this
bank, and of likeness measured against the bank's mean, so it says nothing across banks. Relevance
is made of what depends on the query and the hit alone: the share of the query's words that the hit
has, and the cosine of their vectors. The weights are those of a logistic regression over questions
with and without an answer.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from retain.bank.words import tokens, wanted
from retain.memory.model import SectionRow
from retain.recall.asked import fills
from retain.recall.cues import Query
from retain.recall.fusion import Ranked
from retain.recall.identifiers import stands_in
from retain.recall.query import STOP_WORDS, words

_ASKING = frozenset(
    stem
    for word in """
    anybody anyone anything ever get give happen happened kind know long make many much name need
    please show someone something sort tell thing things type use used using want way
    """.split()  # noqa: SIM905 - a list literal would be a screen of one word a line
    for stem in wanted(word)
)
"""Words that many questions have and few answers."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """The weights of one embedder's vectors.

    Args:
        base: What no evidence at all comes to.
        own: For the share of the query's words that the hit has, headings and speaker included.
        near: For the share that it has together with the turns around it.
        best: For the largest share that any hit has.
        cosine: For the cosine similarity to the query.
        best_cosine: For that of the hit which is most like the query.
    """

    base: float
    own: float
    near: float
    best: float
    cosine: float = 0.0
    best_cosine: float = 0.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was measured of one hit; see `Calibration`."""

    own: float
    near: float
    cosine: float


CALIBRATED = MappingProxyType(
    {
        "all-minilm-l6-v2-int8": Calibration(-9.1, 1.4, 3.8, 6.9, 5.1, 4.1),
        "wordllama-l2-supercat-256": Calibration(-8.9, 1.0, 4.7, 6.7, 4.6, 3.1),
    }
)
"""By model."""

WITHOUT_VECTORS = Calibration(-7.8, 1.9, 4.3, 8.2)
"""For words alone, and for vectors of models that were not measured."""

_FILLED = 0.6
"""The least relevance of what fills the slot that the query asks for."""

_GLUED = 4
"""So many characters of a word tell that a longer word is made from it."""

FIRST = 12
"""Of so many hits, the best stands for what the query found."""


def judged(
    query: Query, found: Sequence[Ranked], around: Iterable[SectionRow], model: str | None
) -> list[Ranked]:
    """What was found, with its relevance.

    Args:
        query: What is asked.
        found: The best sections, best first.
        around: Sections that may stand beside them.
        model: Of the bank's vectors, if there are any.
    """
    every = evidence(query, found, around)
    weights = CALIBRATED.get(model or "", WITHOUT_VECTORS)
    scores = relevance(weights, every)
    return [
        replace(one, relevance=max(score, _FILLED) if _says(query, one) else score)
        for one, score in zip(found, scores, strict=True)
    ]


def _says(query: Query, one: Ranked) -> bool:
    """Whether a fact says what the query asks of somebody, in words of its own."""
    return any(fills(match.fact, query.slots, query.words) for match in one.facts)


def evidence(query: Query, found: Sequence[Ranked], around: Iterable[SectionRow]) -> list[Evidence]:
    """What speaks for each of some sections; see `judged`."""
    asked = _words(query)
    beside = {_place(row, 0): row for row in around}
    known: dict[tuple[str, str], frozenset[str]] = {}

    def had(row: SectionRow) -> frozenset[str]:
        key = row.source_id, row.section.section_id
        if key not in known:
            known[key] = _had(row, asked, query.identifiers)
        return known[key]

    size = max(len(asked) + len(query.identifiers), 1)
    every: list[Evidence] = []
    for one in found:
        own = near = had(one.row)
        if one.row.section.kind == "turn":
            places = (_place(one.row, step) for step in (-2, -1, 1, 2))
            near = own.union(*(had(beside[place]) for place in places if place in beside))
        every.append(Evidence(len(own) / size, len(near) / size, one.cosine or 0.0))
    return every


def _words(query: Query) -> frozenset[str]:
    """The words that an answer is likely to have, as an index keeps them.

    The words of an identifier are not among them: they stand in many sections that do not have it.
    """
    parts = {part for one in query.identifiers for part in words(one)}
    tokens_of = {
        term: wanted(term) for term in query.terms if term.casefold() not in parts | STOP_WORDS
    }
    every = {token for tokens in tokens_of.values() for token in tokens}
    telling = every - _ASKING
    if telling or query.identifiers:
        return frozenset(telling)
    return frozenset(every or {token for term in query.terms for token in wanted(term)})


def _had(row: SectionRow, asked: frozenset[str], identifiers: Sequence[str]) -> frozenset[str]:
    """Those of the words and identifiers that a section has, with its headings and speaker."""
    section = row.section
    text = "\n".join((row.text, *section.path, section.speaker or ""))
    kept = tokens(text)[0]
    found = asked & frozenset(kept)
    # Many scripts glue articles and prepositions to the word that is asked for.
    glued = [one for one in asked - found if len(one) >= _GLUED and not one.isascii()]
    found = found.union(one for one in glued if any(one in longer for longer in kept))
    if not identifiers:
        return found
    lower = f"{text}\n{row.source_id}".casefold()
    return found.union(one for one in identifiers if stands_in(one, lower))


def relevance(weights: Calibration, every: Sequence[Evidence]) -> list[float]:
    """How likely each hit has to do with the query; `every` is what one query found."""
    best = max((one.near for one in every[:FIRST]), default=0.0)
    best_cosine = max((one.cosine for one in every[:FIRST]), default=0.0)
    return [
        _logistic(
            weights.base
            + weights.own * one.own
            + weights.near * one.near
            + weights.best * best
            + weights.cosine * one.cosine
            + weights.best_cosine * best_cosine
        )
        for one in every
    ]


def _place(row: SectionRow, step: int) -> tuple[str, tuple[str, ...], int]:
    return row.source_id, row.section.path, row.section.ordinal + step


def _logistic(x: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, x))))
