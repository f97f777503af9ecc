"""APPEND_LOG_MD: what the run brought, in the bank's log."""

from __future__ import annotations

from collections.abc import Sequence

from retain.bank import BankStore
from retain.engine import StateResult
from retain.memory.context import RetainContext
from retain.memory.model import CitedFact, Edge, Lived, LogEntry, LogFact, Version
from retain.states.services import RetainServices

MAX_PAGES = 12
"""How many pages an entry names."""


async def append_log_md(ctx: RetainContext, services: RetainServices) -> StateResult:
    """Log every version of the source that is not in the log yet.

    A run that was replaced by a newer one before it came here has left a version unlogged.
    """
    store = services.store_for("APPEND_LOG_MD")
    logged = {entry.version for entry in await store.log(ctx.bank_id, ctx.source_id)}
    versions = await store.versions(ctx.bank_id, ctx.source_id)
    missing = [one for one in versions if one.version not in logged]
    if missing:
        lived = await store.lived(ctx.bank_id, ctx.source_id)
        edges = await store.edges(ctx.bank_id)
        entries = [await _entry(store, ctx.bank_id, one, lived, edges) for one in missing]
        await store.add_to_log(ctx.bank_id, entries)
    return "COMPLETE"


async def _entry(
    store: BankStore, bank_id: str, version: Version, lived: Sequence[Lived], edges: Sequence[Edge]
) -> LogEntry:
    came = [one.cited for one in lived if one.since == version.version]
    went = [one.cited for one in lived if one.until == version.version]
    new = {one.fact.fact_id for one in came}
    touched = [edge for edge in edges if edge.newer in new or edge.older in new]
    ends = {fact_id for edge in touched for fact_id in (edge.newer, edge.older)}
    held = await store.cited_by_id(bank_id, sorted(ends))
    return LogEntry(
        at=version.retained_at,
        action="ingest" if version.version == 1 else "update",
        source_id=version.source_id,
        version=version.version,
        sections=version.sections,
        came=tuple(map(_quoted, came)),
        went=tuple(map(_quoted, went)),
        superseded=tuple(
            (_quoted(held[edge.newer]), _quoted(held[edge.older]))
            for edge in touched
            if edge.newer in held and edge.older in held
        ),
        pages=_named([*came, *went]),
    )


def _quoted(one: CitedFact) -> LogFact:
    return LogFact(one.source_id, one.fact.fact_id, one.fact.text)


def _named(facts: Sequence[CitedFact]) -> tuple[str, ...]:
    """The entities that facts name most, by name."""
    times: dict[str, int] = {}
    for one in facts:
        for name in one.fact.entities:
            times[name] = times.get(name, 0) + 1
    most = sorted(times, key=lambda name: (-times[name], name))[:MAX_PAGES]
    return tuple(sorted(most))
