"""The port of what people read of a bank: pages, the log, and what replaced what."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from retain.memory.model import (
    CitedFact,
    Corrections,
    Edge,
    Fact,
    Flaw,
    Freshness,
    Lead,
    Lived,
    LogEntry,
    NameCount,
    Page,
    Snapshot,
    Version,
    Wiki,
)

Relate = Callable[[Sequence[tuple[str, Fact]], Sequence[NameCount], Corrections], Sequence[Edge]]
"""What replaced what among facts with a slot, each given with its source's id.

It is called inside a store's transaction, so it must neither wait nor touch a store.
"""


class WikiStore(Protocol):
    """A bank's pages and log, and what its facts were over time."""

    async def cited(self, bank_id: str, source_id: str | None = None) -> Sequence[CitedFact]:
        """The facts of a bank, or of one source, with their lines and what replaced them."""
        ...

    async def cited_by_id(self, bank_id: str, fact_ids: Sequence[str]) -> Mapping[str, CitedFact]:
        """Those of the facts that the bank holds, by id."""
        ...

    async def lived(self, bank_id: str, source_id: str | None = None) -> Sequence[Lived]:
        """The facts of every version of the bank's sources, or of one of them."""
        ...

    async def versions(self, bank_id: str, source_id: str | None = None) -> Sequence[Version]:
        """The versions of the bank's sources, or of one of them, in the order they came in."""
        ...

    async def edges(self, bank_id: str) -> Sequence[Edge]:
        """What replaced what, by the ids of the facts."""
        ...

    async def freshness(self, bank_id: str) -> Freshness | None:
        """How far behind the bank its pages are; None where there is no such bank."""
        ...

    async def snapshot(self, bank_id: str) -> Snapshot | None:
        """All that the bank's pages are made from; None where there is no such bank."""
        ...

    async def wiki(self, bank_id: str) -> Wiki:
        """The pages and the index as they stand, stale or not."""
        ...

    async def put_pages(self, bank_id: str, generation: int, pages: Sequence[Page]) -> bool:
        """Keep pages that were rendered from `generation`; False if the bank has changed since."""
        ...

    async def put_wiki(self, bank_id: str, generation: int, wiki: Wiki) -> bool:
        """Make `wiki` all there is to read; False if the bank has changed since `generation`.

        The leads of pages that are not among `wiki.led` are removed.
        """
        ...

    async def put_leads(self, bank_id: str, generation: int, leads: Sequence[Lead]) -> bool:
        """Keep leads of pages, each in the place of the page's last; the pages are stale then.

        A lead goes with any of the facts that it is made from, in the same transaction, and when
        nothing names its page any more.

        Returns:
            False if the bank has changed since `generation`: nothing is kept.
        """
        ...

    async def log(self, bank_id: str, source_id: str | None = None) -> Sequence[LogEntry]:
        """The log, or what it has of one source, oldest entry first."""
        ...

    async def add_to_log(self, bank_id: str, entries: Sequence[LogEntry]) -> None:
        """Add entries; one of the same source and version stays as it is."""
        ...

    async def flaws(self, bank_id: str) -> Sequence[Flaw]:
        """What the bank holds and should not, or should hold and does not."""
        ...

    async def mend(self, bank_id: str, relate: Relate) -> None:
        """Remove what only points to what is gone, and have the rest derived anew."""
        ...
