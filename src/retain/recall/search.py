"""Find again what a bank holds."""

from __future__ import annotations

from datetime import datetime

from retain.errors import InputError
from retain.memory.model import Hit, SectionRow
from retain.memory.ports import Store
from retain.recall.query import terms

MAX_HITS = 1000
"""The most hits that one recall gives."""


async def recall(
    store: Store, query: str, bank_id: str, k: int = 10, as_of: datetime | None = None
) -> list[Hit]:
    """The `k` sections that answer `query` best, best first.

    Args:
        store: Where the bank is.
        query: A question or some words; nothing in it is syntax.
        bank_id: Whose memory to look in.
        k: The most hits to return, 1 to 1000.
        as_of: Leave out what was said later; what has no date is kept.

    Raises:
        InputError: The query is empty, `k` is out of bounds, or `as_of` has no time zone.
    """
    if not query.strip():
        raise InputError("the query is empty: ask a question, or give some words to look for")
    if not 1 <= k <= MAX_HITS:
        raise InputError(f"k is {k}: ask for 1 to {MAX_HITS} hits")
    if as_of is not None and as_of.tzinfo is None:
        raise InputError(f"as_of has no time zone: {as_of.isoformat()}: add one, such as +00:00")
    wanted = terms(query)
    limit = k if as_of is None else 4 * k
    while True:
        rows = await store.search_sections(bank_id, wanted, limit)
        hits = [_hit(row, score) for row, score in rows if _was_said(row, as_of)]
        if len(hits) >= k or len(rows) < limit:
            return hits[:k]
        limit *= 4


def _was_said(row: SectionRow, as_of: datetime | None) -> bool:
    said_at = row.section.said_at
    return as_of is None or said_at is None or said_at <= as_of


def _hit(row: SectionRow, score: float) -> Hit:
    section = row.section
    return Hit(
        text=row.text,
        source_id=row.source_id,
        span=(section.start, section.end),
        kind="section",
        fact_id=None,
        section_id=section.section_id,
        score=score,
        mentioned_at=section.said_at,
        path=section.path,
        lines=(section.line_start, section.line_end),
        speaker=section.speaker,
    )
