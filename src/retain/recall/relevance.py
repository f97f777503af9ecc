"""How likely a hit has to do with the query, 0 to 1: the same measure in every bank.

A score ranks the hits of one answer. It is made of BM25, which knows how rare a word is in this
bank, and of likeness measured against the bank's mean, so it says nothing across banks. Relevance
is made of what depends on the query and the hit alone: the share of the query's words that the hit
has, and the cosine of their vectors. The weights are those of a logistic regression;
`python -m benchmarks.recall_relevance` fits and measures them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from retain.bank.words import tokens, wanted
from retain.memory.model import SectionRow
from retain.recall.cues import Query
from retain.recall.query import STOP_WORDS

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


def words_of(query: Query) -> frozenset[str]:
    """The words of a query that an answer is likely to have, as an index keeps them."""
    every = {token for term in query.terms for token in wanted(term)}
    telling = {
        token
        for term in query.terms
        if term.casefold() not in STOP_WORDS
        for token in wanted(term)
        if token not in _ASKING
    }
    return frozenset(telling or every)


def evidence(
    words: frozenset[str],
    rows: Sequence[SectionRow],
    around: Sequence[SectionRow],
    cosines: Sequence[float | None],
) -> list[Evidence]:
    """What speaks for each of some sections.

    Args:
        words: The query's; see `words_of`.
        rows: The sections.
        around: Sections that may stand beside them.
        cosines: How like the query each of `rows` is; None where there is no vector.
    """
    at = {_place(row, 0): row for row in around}
    shares: dict[int, frozenset[str]] = {}

    def had(row: SectionRow) -> frozenset[str]:
        if id(row) not in shares:
            shares[id(row)] = words & _tokens(row)
        return shares[id(row)]

    found: list[Evidence] = []
    for row, cosine in zip(rows, cosines, strict=True):
        own = had(row)
        near = own.union(
            *(
                had(at[_place(row, step)])
                for step in (-2, -1, 1, 2)
                if row.section.kind == "turn" and _place(row, step) in at
            )
        )
        size = max(len(words), 1)
        found.append(Evidence(len(own) / size, len(near) / size, cosine or 0.0))
    return found


def relevance(weights: Calibration, every: Sequence[Evidence]) -> list[float]:
    """How likely each hit has to do with the query; `every` is what one query found."""
    best = max((one.near for one in every), default=0.0)
    best_cosine = max((one.cosine for one in every), default=0.0)
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


def _tokens(row: SectionRow) -> frozenset[str]:
    section = row.section
    return frozenset(tokens("\n".join((row.text, *section.path, section.speaker or "")))[0])


def _place(row: SectionRow, step: int) -> tuple[str, tuple[str, ...], int]:
    return row.source_id, row.section.path, row.section.ordinal + step


def _logistic(x: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, x))))
