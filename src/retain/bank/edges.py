"""Which facts of a bank supersede which."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from retain.bank import facts, judgements
from retain.memory.model import Corrections, Edge, Fact, NameCount, Verdict
from retain.memory.ports.store import Tx

Relate = Callable[
    [Sequence[tuple[str, Fact]], Sequence[NameCount], Corrections, Sequence[Verdict]],
    Sequence[Edge],
]
_Edge = tuple[str, str, str, str | None]


def derive(tx: Tx, relate: Relate) -> None:
    """Bring the edges up to what the bank's facts and names say, and verdicts of a model."""
    related = [_bare(row) for row in tx.rows("related")]
    edges: Sequence[Edge] = ()
    if related:
        corrections = judgements.corrections(tx)
        edges = relate(related, facts.names(tx), corrections, judgements.of_facts(tx))
    said = {fact.fact_id: fact.mentioned_at for _, fact in related}
    wanted: set[_Edge] = {
        (edge.newer, edge.older, edge.reason, _iso(said.get(edge.newer))) for edge in edges
    }
    stored: set[_Edge] = {(row[0], row[1], row[2], row[3]) for row in tx.rows("edges")}
    tx.run_many("drop_edge", map(_row, stored - wanted))
    tx.run_many("put_edge", map(_row, wanted - stored))


def _row(edge: _Edge) -> dict[str, Any]:
    newer, older, reason, since = edge
    return {"newer": newer, "older": older, "reason": reason, "since": since}


def _bare(row: tuple[Any, ...]) -> tuple[str, Fact]:
    """A fact for comparing: without its quote, entities and confidence."""
    return row[0], Fact(
        fact_id=row[1],
        section_id=row[2],
        type=row[3],
        text=row[4],
        quote="",
        start=row[6],
        end=row[7],
        subject=row[8],
        slot=row[9],
        value=row[10],
        mentioned_at=_time(row[11]),
        occurred_start=_time(row[12]),
        occurred_end=_time(row[13]),
    )


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _iso(when: datetime | None) -> str | None:
    return None if when is None else when.isoformat()
