"""The port of a bank's sources and their sections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from retain.memory.model import Counts, Document, Knowledge, SectionRow, StoredSource, Vectors
from retain.memory.ports.wiki import Relate
from retain.memory.redaction import Tombstone


class SourceStore(Protocol):
    """A bank's sources, each visible in one version."""

    async def source(self, bank_id: str, source_id: str) -> StoredSource | None:
        """The source, or None."""
        ...

    async def sources(self, bank_id: str) -> Sequence[StoredSource]:
        """Every source of the bank, by id."""
        ...

    async def sections(self, bank_id: str, source_id: str) -> Sequence[SectionRow]:
        """The sections of a source in order; empty if there is no such source."""
        ...

    async def replace_source(
        self,
        bank_id: str,
        source_id: str,
        *,
        content_hash: str,
        text: str,
        document: Document,
        vectors: Vectors | None = None,
        knowledge: Knowledge | None = None,
        relate: Relate | None = None,
    ) -> int:
        """Make `document` the source's visible version, in one transaction.

        Storing a content that is visible already changes nothing. Sections that stay keep their
        vectors. The first vectors of a bank decide on its model.

        Args:
            bank_id: The bank.
            source_id: The source.
            content_hash: Names the content; see `StoredSource`.
            text: The source text that the document's spans point into.
            document: What reading it gave.
            vectors: Those of sections that have none yet.
            knowledge: What the document says; it replaces what the version before said.
            relate: What replaced what; it is asked of all of the bank's facts.

        Returns:
            The version that is visible afterwards.

        Raises:
            InputError: Something of it cannot be kept, or the vectors are of another model than
                the bank's.
        """
        ...

    async def delete_source(
        self, bank_id: str, source_id: str, *, relate: Relate | None = None
    ) -> bool:
        """Remove every trace of the source, from the pages too; False if there was none.

        What it had replaced holds again. The bank has no pages until they are rendered anew.
        """
        ...

    async def buried(
        self, bank_id: str, source_id: str | None = None
    ) -> Mapping[str, tuple[Tombstone, ...]]:
        """What is left of forgotten statements of the bank, or of one source, by source."""
        ...

    async def bury(
        self, bank_id: str, source_id: str, fact_id: str, graves: Sequence[Tombstone]
    ) -> None:
        """Forget what pages, the log and earlier versions say of a fact.

        Its statement goes when its source's text comes in without it; until the source is deleted,
        `graves` tell the words that are to be blanked whenever it comes in again.
        """
        ...

    async def fold(self) -> None:
        """Leave nothing of what was deleted where the store keeps its bytes."""
        ...

    async def counts(self, bank_id: str) -> Counts:
        """How much the bank holds."""
        ...

    async def banks(self) -> Sequence[str]:
        """The ids of the banks that hold anything, sorted."""
        ...
