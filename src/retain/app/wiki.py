"""What people read of a bank: its pages and what became of them, its index and its log."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import replace

from retain.bank import BankStore
from retain.errors import NotFoundError, PageNotFoundError
from retain.memory.model import (
    IMAGINED,
    CitedFact,
    Lived,
    LogEntry,
    Page,
    Revision,
    Snapshot,
    Version,
    Wiki,
)
from retain.memory.ports import PageWriter, Superseder
from retain.states.render import refresh


class Reader:
    """Reads the pages of banks; stale ones are rendered first.

    Args:
        store: Where the banks are.
        writer: What renders pages.
        superseder: What sees which facts replace which.
    """

    def __init__(self, store: BankStore, writer: PageWriter, superseder: Superseder) -> None:
        self._store = store
        self._writer = writer
        self._superseder = superseder

    async def wiki(self, bank_id: str) -> Wiki:
        """All pages and the index."""
        return await refresh(self._store, self._writer, bank_id)

    async def page(self, name: str, bank_id: str) -> Page:
        """The page of an entity or a topic, by its title, an alias or its id.

        Raises:
            PageNotFoundError: There is no such page; the error names similar ones.
        """
        pages = (await self.wiki(bank_id)).pages
        wanted = name.strip().casefold()
        for page in pages:
            if wanted in {page.title.casefold(), page.page_id}:
                return page
        for page in pages:
            if wanted in {alias.casefold() for alias in page.aliases}:
                return page
        raise PageNotFoundError(bank_id, name, _nearest(name, pages))

    async def history(self, name: str, bank_id: str) -> list[Revision]:
        """The revisions of an entity's page, oldest first.

        They are rendered from the facts that the bank's sources stated at each time, as they are
        seen today: by today's names, and by what a model sees of facts that still stand. A source
        that is forgotten leaves none.

        Raises:
            NotFoundError: There is no such page, or it is a topic's: topics are drawn anew from
                what the bank holds.
        """
        page = await self.page(name, bank_id)
        snapshot = await self._store.snapshot(bank_id)
        if snapshot is None or page.kind != "entity":
            raise NotFoundError(
                f"{page.title!r} is a topic, which has no history: topics are computed anew from "
                "the whole bank; pages of people, places and things have one"
            )
        about = {alias.casefold() for alias in (page.title, *page.aliases)}
        lived = [one for one in await self._store.lived(bank_id) if _is_about(one, about)]
        moments = [
            version
            for version in await self._store.versions(bank_id)
            if any(_changes(one, version) for one in lived)
        ]
        held: dict[str, int] = {}
        revisions: list[Revision] = []
        for number, version in enumerate(moments, 1):
            held[version.source_id] = version.version
            facts = [one.cited for one in lived if _stood(one, held)]
            revisions.append(
                Revision(
                    number,
                    version.retained_at,
                    version.source_id,
                    version.version,
                    _texts(o for o in lived if _is_of(o, version) and o.since == version.version),
                    _texts(o for o in lived if _is_of(o, version) and o.until == version.version),
                    await self._rendered(snapshot, facts, page.page_id),
                )
            )
        return revisions

    async def _rendered(self, snapshot: Snapshot, facts: Sequence[CitedFact], page_id: str) -> str:
        related = [(one.source_id, one.fact) for one in facts]
        edges = self._superseder.relate(
            related, snapshot.names, snapshot.corrections, snapshot.verdicts
        )
        newer = {edge.older: edge.newer for edge in edges}
        was = replace(
            snapshot,
            generation=IMAGINED,
            facts=tuple(
                replace(one, fact=replace(one.fact, superseded_by=newer.get(one.fact.fact_id)))
                for one in facts
            ),
            edges=tuple(edges),
            sections=(),
            named=(),
            vectors=(),
            leads=(),
        )
        written = await self._writer.write(was)
        return next((page.text for page in written.pages if page.page_id == page_id), "")

    async def log(self, bank_id: str) -> list[LogEntry]:
        """What came into the bank, oldest first."""
        return list(await self._store.log(bank_id))

    async def log_text(self, bank_id: str) -> str:
        """The log as Markdown."""
        wiki = await self.wiki(bank_id)
        return self._writer.log(await self.log(bank_id), wiki.pages)


def difference(revisions: Sequence[Revision], number: int) -> str:
    """What a revision changed, as a unified diff; empty where it changed no line.

    Args:
        revisions: Of one page, oldest first.
        number: Which of them.
    """
    new = revisions[number - 1]
    old = revisions[number - 2].text if number > 1 else ""
    lines = difflib.unified_diff(
        old.splitlines(),
        new.text.splitlines(),
        f"revision {number - 1}" if number > 1 else "nothing",
        f"revision {number}",
        lineterm="",
        n=1,
    )
    return "\n".join(lines)


def _nearest(name: str, pages: Sequence[Page]) -> list[str]:
    """The titles and aliases that are spelled like a name, the most alike first."""
    known = {title.casefold(): title for page in pages for title in (page.title, *page.aliases)}
    return [known[one] for one in difflib.get_close_matches(name.casefold(), known, n=3)]


def _is_about(one: Lived, about: set[str]) -> bool:
    fact = one.cited.fact
    return any(name.casefold() in about for name in (*fact.entities, fact.subject or ""))


def _is_of(one: Lived, version: Version) -> bool:
    return one.cited.source_id == version.source_id


def _changes(one: Lived, version: Version) -> bool:
    return _is_of(one, version) and version.version in (one.since, one.until)


def _stood(one: Lived, held: dict[str, int]) -> bool:
    at = held.get(one.cited.source_id, 0)
    return one.since <= at and (one.until is None or at < one.until)


def _texts(lived: Iterable[Lived]) -> tuple[str, ...]:
    return tuple(one.cited.fact.text for one in lived)
