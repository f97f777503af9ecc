"""The local writer of pages: rendering, off the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from retain.memory.computing import computed
from retain.memory.model import (
    IMAGINED,
    BankView,
    LeadRequest,
    LogEntry,
    Page,
    Passage,
    Snapshot,
    SourceNote,
    Topic,
    Wiki,
)

MOST_KEPT = 20_000
"""What a bank of more facts is rendered from is not kept."""


@dataclass(frozen=True, slots=True)
class _Rendered:
    """What pages were rendered from.

    Args:
        bare: The bank, without its leads and its generation.
        view: What it comes to, with its leads.
        pages: The pages.
    """

    bare: Snapshot
    view: BankView
    pages: Sequence[Page]


class LocalPageWriter:
    """Renders pages from facts.

    What it rendered last of each bank is kept, so that the states of a run, and runs side by side,
    render a bank once. Of the last bank it also keeps what that was rendered from: where only leads
    have changed since, only their pages are rendered again.
    """

    def __init__(self) -> None:
        self._last: dict[str, tuple[int, Wiki]] = {}
        self._rendered: _Rendered | None = None
        self._turns: dict[str, asyncio.Lock] = {}

    async def write(self, snapshot: Snapshot) -> Wiki:
        """The pages and the index of a bank; equal for equal snapshots."""
        async with self._turn(snapshot.bank_id):
            return await self._write(snapshot)

    async def current(
        self,
        bank_id: str,
        generation: Callable[[], Awaitable[int | None]],
        snapshot: Callable[[], Awaitable[Snapshot | None]],
    ) -> tuple[int, Wiki]:
        """The generation of a bank, and its pages; see `PageWriter`."""
        async with self._turn(bank_id):
            now, known = await generation(), self._last.get(bank_id)
            if now is not None and known is not None and known[0] == now:
                return known
            held = None if now is None else await snapshot()
            return (0, Wiki()) if held is None else (held.generation, await self._write(held))

    def _turn(self, bank_id: str) -> asyncio.Lock:
        return self._turns.setdefault(bank_id, asyncio.Lock())

    async def _write(self, snapshot: Snapshot) -> Wiki:
        known = self._last.get(snapshot.bank_id)
        if known is not None and known[0] == snapshot.generation:
            return known[1]
        wiki, self._rendered = await computed(_written, snapshot, self._rendered)
        if snapshot.generation != IMAGINED:
            self._last[snapshot.bank_id] = (snapshot.generation, wiki)
        return wiki

    async def wanting(self, snapshot: Snapshot) -> Sequence[LeadRequest]:
        """The pages that should begin with a lead and have none of their facts, by page id."""
        return await computed(_wanting, snapshot)

    def log(self, entries: Sequence[LogEntry], pages: Sequence[Page]) -> str:
        """The log as Markdown."""
        from retain.wiki import log

        ranked = sorted(pages, key=lambda page: page.page_id, reverse=True)
        return log(entries, {page.title: page.page_id for page in ranked if page.kind == "entity"})

    def source(self, note: SourceNote, lines: Sequence[tuple[int, str]]) -> tuple[str, str]:
        """The page of a source: its file name, without ending, and its text."""
        from retain.memory.naming import source_file
        from retain.wiki import source_page

        return source_file(note.source_id), source_page(note, lines)


def _written(snapshot: Snapshot, before: _Rendered | None) -> tuple[Wiki, _Rendered | None]:
    from retain.wiki import BankReads, again, index, led, paged, pages

    bare = replace(snapshot, generation=IMAGINED, leads=())
    if before is not None and before.bare == bare:
        view = replace(before.view, leads=snapshot.leads)
        reads = BankReads(view)
        changed = {lead.page_id for lead in {*before.view.leads}.symmetric_difference(view.leads)}
        written = again(reads, changed, before.pages)
    else:
        view = view_of(snapshot)
        reads = BankReads(view)
        written = pages(reads)
    leading = {lead.page_id for lead in view.leads}
    found = (one for one in paged(reads) if one.page_id in leading)
    kept = sorted(one.page_id or "" for one in found if led(one.entity.entity_id, reads))
    wiki = Wiki(tuple(written), index(reads), tuple(kept))
    return wiki, _Rendered(bare, view, written) if len(bare.facts) <= MOST_KEPT else None


def _wanting(snapshot: Snapshot) -> Sequence[LeadRequest]:
    from retain.wiki import BankReads, paged, wanting

    writers: dict[str, set[str]] = {}
    for source_id, _, name in snapshot.named:
        writers.setdefault(name, set()).add(source_id)
    bare = replace(snapshot, sections=(), named=(), vectors=())  # topics have no lead
    reads = BankReads(view_of(bare), writers=writers)
    found = (wanting(one.entity.entity_id, reads) for one in paged(reads))
    return sorted((one for one in found if one is not None), key=lambda one: one.page_id)


def view_of(snapshot: Snapshot) -> BankView:
    """What pages are rendered from: names become entities, sections become topics."""
    from retain.providers.local.entities.clusters import Name
    from retain.providers.local.entities.normalise import normalise_names

    counts = [Name(n.name, n.kind, n.times) for n in snapshot.names]
    entities = normalise_names(counts, snapshot.corrections)
    canonical = {alias: entity.name for entity in entities for alias in entity.aliases}
    times: dict[str, int] = {}
    for name in snapshot.names:
        if name.name in canonical:
            of = canonical[name.name]
            times[of] = times.get(of, 0) + name.times
    return BankView(
        snapshot.bank_id,
        tuple(sorted(entities, key=lambda entity: entity.name)),
        tuple(sorted(times.items())),
        snapshot.facts,
        snapshot.edges,
        tuple(_topics(snapshot, canonical)),
        snapshot.sources,
        snapshot.leads,
    )


def _topics(snapshot: Snapshot, canonical: dict[str, str]) -> Sequence[Topic]:
    named: dict[tuple[str, str], set[str]] = {}
    for source_id, section_id, name in snapshot.named:
        named.setdefault((source_id, section_id), set()).add(canonical.get(name, name))
    passages = tuple(
        Passage(
            row.source_id,
            row.section.section_id,
            row.section.path,
            row.text,
            tuple(sorted(named.get((row.source_id, row.section.section_id), ()))),
        )
        for row in snapshot.sections
    )
    return _drawn(passages, snapshot.vectors)


def _drawn(passages: tuple[Passage, ...], vectors: tuple[bytes, ...]) -> Sequence[Topic]:
    import numpy as np

    from retain.wiki import topics

    size = max((len(vector) for vector in vectors), default=0)
    rows = [vector if len(vector) == size else bytes(size) for vector in vectors]
    data = np.frombuffer(b"".join(rows), dtype="<f2").astype(np.float32)
    return topics(passages, data.reshape(len(rows), size // 2))
