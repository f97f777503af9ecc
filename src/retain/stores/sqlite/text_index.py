"""Full-text search among the sections and facts of a bank."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from retain.memory.model import FieldWeights
from retain.stores.sqlite.bm25 import Index, best_scores, size_of
from retain.stores.sqlite.expressions import FACT_FIELDS, expression, searched, wanted

COMMON = 2_000
"""A word that stands in more of a bank's facts is looked for last."""

SMALL = 5_000
"""Of a bank with no more facts, all words are looked for at once."""

Statements = Mapping[str, str]


def find_sections(
    db: sqlite3.Connection,
    sql: Statements,
    bank_id: str,
    terms: Sequence[str],
    weights: FieldWeights,
    limit: int,
) -> dict[int, float]:
    """The ids of the `limit` sections that fit best, and of those that score as the last."""
    index = Index(
        searched(weights),
        sql["search_sections"],
        sql["search_word"],
        sql["count_indexed"],
        asdict(weights),
    )
    alone = _is_alone(db, sql, bank_id)
    size = 0 if alone else size_of(db, index, bank_id)
    return best_scores(db, index, bank_id, wanted(terms), limit, size=size, alone=alone)


def find_facts(
    db: sqlite3.Connection, sql: Statements, bank_id: str, terms: Sequence[str], limit: int
) -> dict[int, float]:
    """The ids of the `limit` facts that fit best, and of those that score as the last.

    Words of very many facts tell little and cost most. They are looked for only if the others
    bring too few.
    """
    index = Index(FACT_FIELDS, sql["search_facts"], sql["search_fact_word"], sql["count_facts"])
    alone = _is_alone(db, sql, bank_id)
    size = size_of(db, index, bank_id)
    telling = terms
    if size > SMALL:
        telling = [t for t in terms if _is_telling(db, index, bank_id, wanted([t]), alone)]
    scores: dict[int, float] = {}
    for words in telling, terms:
        if len(scores) < limit:
            scores = best_scores(db, index, bank_id, wanted(words), limit, size=size, alone=alone)
        if len(words) == len(terms):
            break
    return scores


def _is_alone(db: sqlite3.Connection, sql: Statements, bank_id: str) -> bool:
    """Whether the indexes hold no other bank than this."""
    return bool(db.execute(sql["alone"], {"bank_id": bank_id}).fetchone()[0])


def _is_telling(
    db: sqlite3.Connection, index: Index, bank_id: str, phrases: Sequence[str], alone: bool
) -> bool:
    """Whether a word, by its phrases, stands in no more than `COMMON` of the bank's facts."""
    if not phrases:
        return False
    any_of = expression(bank_id, phrases, FACT_FIELDS, alone)
    given = {"expression": any_of, "limit": COMMON + 1}
    return db.execute(index.count, given).fetchone()[0] <= COMMON
