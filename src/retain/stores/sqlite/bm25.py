"""The rows of a bank that score best in an index, by how rare words are in that bank."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import nlargest

from retain.stores.sqlite.expressions import expression, whole

LARGEST = 5_000
"""In a bank of more rows, words are as rare as they are in all banks together: it would take too
long to count them anew."""

_MOST = 2.2
"""How many times its rarity a word brings at most: ``k1 + 1`` of FTS5's BM25."""

_LEAST = 1e-6
"""The rarity of a word that half of all rows have, or more, as FTS5 has it."""


@dataclass(frozen=True, slots=True)
class Index:
    """A full-text index that banks share.

    Args:
        fields: The fields to look in.
        best: The query for the rows that fit, with their scores, best first.
        one: The query for the rows that have one word, with the part of its weight, 0 to 1.
        count: The query for how many rows fit, up to a limit.
        given: What the first two are given besides an expression.
    """

    fields: Sequence[str]
    best: str
    one: str
    count: str
    given: Mapping[str, float] = field(default_factory=dict[str, float])


def best_scores(
    db: sqlite3.Connection,
    index: Index,
    bank_id: str,
    phrases: Sequence[str],
    limit: int,
    *,
    size: int,
    alone: bool,
) -> dict[int, float]:
    """The rows that have any of the phrases and score best, and those that score as the last.

    Args:
        db: Inside a transaction.
        index: Where to look.
        bank_id: The bank.
        phrases: What to look for.
        limit: How many rows are wanted.
        size: How many rows the bank has, as `size_of` counts them.
        alone: Whether the index holds no other bank.
    """
    if not phrases or not index.fields or limit < 1:
        return {}
    if alone or size > LARGEST:
        any_of = expression(bank_id, phrases, index.fields, alone)
        return best_rows(db.execute(index.best, {**index.given, "expression": any_of}), limit)
    scores: dict[int, float] = {}
    for phrase in phrases:
        one = expression(bank_id, [phrase], index.fields)
        found = db.execute(index.one, {**index.given, "expression": one}).fetchall()
        weight = _MOST * _rarity(size, len(found))
        for id_, part in found:
            scores[id_] = scores.get(id_, 0.0) + weight * part
    least = min(nlargest(limit, scores.values()), default=0.0)
    return {id_: score for id_, score in scores.items() if score >= least}


def size_of(db: sqlite3.Connection, index: Index, bank_id: str) -> int:
    """How many rows of the index are the bank's, counted no further than one too many."""
    given = {"expression": whole(bank_id), "limit": LARGEST + 1}
    return db.execute(index.count, given).fetchone()[0]


def _rarity(size: int, having: int) -> float:
    """BM25's inverse document frequency of a word that `having` of `size` rows have."""
    return max(math.log((size - having + 0.5) / (having + 0.5)), _LEAST)


def best_rows(found: Iterable[tuple[int, float]], limit: int) -> dict[int, float]:
    """The first `limit` rows of a search by score, and those that score as the last of them.

    Which of equal ones come is decided by their place, which the index does not know.
    """
    scores: dict[int, float] = {}
    last = 0.0
    for id_, score in found:
        if len(scores) >= limit and score < last:
            break
        scores[id_], last = score, score
    return scores
