"""What states use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from retain.bank import BankStore
from retain.errors import MissingServiceError
from retain.memory.ports.journal import Journal
from retain.memory.ports.models import Judge
from retain.memory.ports.providers import (
    Embedders,
    Extractor,
    NameFinder,
    PageWriter,
    SourceReader,
    Superseder,
)
from retain.memory.underway import Underway


@dataclass(frozen=True, slots=True)
class RetainServices:
    """What states use; a state that lacks a service fails with a clear error.

    Args:
        store: The bank.
        provider: Models.
        reader: Files and their formats.
        embedders: What turns sections into vectors.
        extractor: What finds statements.
        finder: What finds names.
        superseder: What sees which facts replace which.
        writer: What renders pages.
        judge: What decides where rules leave it open; none: rules alone.
        underway: The runs of this process.
        journal: What models answered, with words of sources in it; None where no model is asked.
    """

    store: BankStore | None = None
    provider: Any = None
    reader: SourceReader | None = None
    embedders: Embedders | None = None
    extractor: Extractor | None = None
    finder: NameFinder | None = None
    superseder: Superseder | None = None
    writer: PageWriter | None = None
    judge: Judge | None = None
    underway: Underway | None = None
    journal: Journal | None = None

    def store_for(self, state: str) -> BankStore:
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

    def embedders_for(self, state: str) -> Embedders:
        """The embedders.

        Raises:
            MissingServiceError: They were not given; `state` needs them.
        """
        if self.embedders is None:
            raise MissingServiceError(state, "embedders")
        return self.embedders

    def extractor_for(self, state: str) -> Extractor:
        """The extractor.

        Raises:
            MissingServiceError: It was not given; `state` needs it.
        """
        if self.extractor is None:
            raise MissingServiceError(state, "extractor")
        return self.extractor

    def finder_for(self, state: str) -> NameFinder:
        """The finder of names.

        Raises:
            MissingServiceError: It was not given; `state` needs it.
        """
        if self.finder is None:
            raise MissingServiceError(state, "finder")
        return self.finder

    def superseder_for(self, state: str) -> Superseder:
        """What sees which facts replace which.

        Raises:
            MissingServiceError: It was not given; `state` needs it.
        """
        if self.superseder is None:
            raise MissingServiceError(state, "superseder")
        return self.superseder

    def writer_for(self, state: str) -> PageWriter:
        """The writer of pages.

        Raises:
            MissingServiceError: It was not given; `state` needs it.
        """
        if self.writer is None:
            raise MissingServiceError(state, "writer")
        return self.writer
