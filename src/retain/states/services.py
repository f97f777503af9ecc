"""What states use."""

from __future__ import annotations

from dataclasses import dataclass

from retain.bank import BankStore
from retain.errors import MissingServiceError
from retain.memory.ports.journal import Journal
from retain.memory.ports.models import Judge
from retain.memory.ports.providers import (
    Embedders,
    Extractor,
    NameFinder,
    SourceReader,
)


@dataclass(frozen=True, slots=True)
class RetainServices:
    """What states use; a state that lacks a service fails with a clear error.

    Args:
        store: The bank.
        reader: Files and their formats.
        embedders: What turns sections into vectors.
        extractor: What finds statements.
        finder: What finds names.
        judge: What decides where rules leave it open; none: rules alone.
        journal: What models answered, with words of sources in it; None where no model is asked.
        strict: Whether a run fails over a section that cannot be extracted; else it is partial.
    """

    store: BankStore | None = None
    reader: SourceReader | None = None
    embedders: Embedders | None = None
    extractor: Extractor | None = None
    finder: NameFinder | None = None
    judge: Judge | None = None
    journal: Journal | None = None
    strict: bool = False

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
