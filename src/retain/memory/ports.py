"""What the pipeline asks of the outside: the ports that stores and readers fulfil."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from retain.errors import MissingServiceError
from retain.memory.model import Counts, Document, SectionRow, StoredSource


class SourceReader(Protocol):
    """Turns files into text and text into sections."""

    async def load(self, origin: str) -> str:
        """The text of the file at the path `origin`.

        Raises:
            SourceError: It cannot be read, is not text, is empty or too large.
        """
        ...

    async def parse(
        self, text: str, *, source_id: str, reference_date: datetime | None
    ) -> Document:
        """The sections of `text`: Markdown, a transcript, or JSON/JSONL chat messages.

        Raises:
            SourceError: It has no content, or more sections than the limit.
        """
        ...


class Store(Protocol):
    """A bank's lasting content. Every method looks at one bank only."""

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
        self, bank_id: str, source_id: str, *, content_hash: str, text: str, document: Document
    ) -> int:
        """Make `document` the source's visible version, in one transaction.

        Storing a content that is visible already changes nothing.

        Args:
            bank_id: The bank.
            source_id: The source.
            content_hash: Names the content; see `StoredSource`.
            text: The source text that the document's spans point into.
            document: What reading it gave.

        Returns:
            The version that is visible afterwards.
        """
        ...

    async def delete_source(self, bank_id: str, source_id: str) -> bool:
        """Remove every trace of the source; False if there was none."""
        ...

    async def search_sections(
        self, bank_id: str, terms: Sequence[str], limit: int
    ) -> Sequence[tuple[SectionRow, float]]:
        """The sections that hold any of the words `terms`, best first, with their scores.

        Terms are plain words; nothing in them is query syntax. Ties are in a fixed order.
        """
        ...

    async def counts(self, bank_id: str) -> Counts:
        """How much the bank holds."""
        ...

    async def banks(self) -> Sequence[str]:
        """The ids of the banks that hold anything, sorted."""
        ...


@dataclass(frozen=True, slots=True)
class RetainServices:
    """What states use; a state that lacks a service fails with a clear error.

    Args:
        store: The bank.
        provider: Models.
        reader: Files and their formats.
    """

    store: Store | None = None
    provider: Any = None
    reader: SourceReader | None = None

    def store_for(self, state: str) -> Store:
        """The store.

        Raises:
            MissingServiceError: It was not given; `state` needs it.
        """
        if self.store is None:
            raise MissingServiceError(state, "store")
        return self.store

    def reader_for(self, state: str) -> SourceReader:
        """The reader.

        Raises:
            MissingServiceError: It was not given; `state` needs it.
        """
        if self.reader is None:
            raise MissingServiceError(state, "reader")
        return self.reader
