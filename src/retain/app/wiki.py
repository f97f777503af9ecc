"""What people read of a bank: its pages and what became of them, its index and its log."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import replace

from retain.app.pagewriter import view_of
from retain.errors import NotFoundError
from retain.memory.computing import computed
from retain.memory.model import (
    CitedFact,
    Edge,
    Lived,
    LogEntry,
    Page,
    Revision,
    Snapshot,
    Version,
    Wiki,
)
from retain.memory.ports import PageWriter, Relate, Store, Superseder
from retain.states.render import refresh


class Reader:
    """Reads the pages of banks; stale ones are rendered first.

    Args:
        store: Where the banks are.
        writer: What renders pages.
        superseder: What sees which facts replace which.
    """

    def __init__(self, store: Store, writer: PageWriter, superseder: Superseder) -> None:
        self._store = store
        self._writer = writer
        self._superseder = superseder

    async def wiki(self, bank_id: str) -> Wiki:
        """All pages and the index."""
        return await refresh(self._store, self._writer, bank_id)

    async def page(self, name: str, bank_id: str) -> Page:
        """The page of an entity or a topic, by its title, an alias or its id.

        Raises:
            NotFoundError: There is none; the message names the nearest.
        """
        pages = (await self.wiki(bank_id)).pages
        wanted = name.strip().casefold()
        for page in pages:
            if wanted in {page.title.casefold(), page.page_id}:
                return page
        for page in pages:
            if wanted in {alias.casefold() for alias in page.aliases}:
                return page
        raise NotFoundError(_no_page(name, bank_id, pages))

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
                f"{page.title!r} is a topic: topics are drawn anew from what the bank holds and "
                "have no history; pages of people, places and things do"
            )
        lived = await self._store.lived(bank_id)
        versions = await self._store.versions(bank_id)
        relate = self._superseder.relate
        return await computed(_revisions, page.page_id, snapshot, lived, versions, relate)

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


def _no_page(name: str, bank_id: str, pages: Sequence[Page]) -> str:
    if not pages:
        return f"bank {bank_id!r} has no pages: retain something that tells of people or things"
    known = {title.casefold(): title for page in pages for title in (page.title, *page.aliases)}
    near = difflib.get_close_matches(name.casefold(), known, n=3)
    hint = f"; near to it: {', '.join(known[one] for one in near)}" if near else ""
    return f"bank {bank_id!r} has no page {name!r}: `retain pages` lists them{hint}"


def _revisions(
    page_id: str,
    snapshot: Snapshot,
    lived: Sequence[Lived],
    versions: Sequence[Version],
    relate: Relate,
) -> list[Revision]:
    from retain.wiki import BankReads, paged, revisions

    def related(facts: Sequence[CitedFact]) -> Sequence[Edge]:
        told = [(one.source_id, one.fact) for one in facts]
        return relate(told, snapshot.names, snapshot.corrections, snapshot.verdicts)

    reads = BankReads(view_of(replace(snapshot, sections=(), named=(), vectors=())))
    of_page = (one.entity.entity_id for one in paged(reads) if one.page_id == page_id)
    entity_id = next(of_page, "")
    return list(revisions(entity_id, reads, lived, versions, related))
