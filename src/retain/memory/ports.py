"""What the pipeline asks of the outside: the ports that stores and readers fulfil."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol

from retain.errors import MissingServiceError
from retain.memory.model import (
    Corrections,
    Counts,
    Deduplicated,
    Document,
    Entity,
    Extraction,
    Fact,
    FieldWeights,
    Knowledge,
    Likeness,
    Mention,
    NameCount,
    Section,
    SectionRow,
    StoredSource,
    Vectors,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CorrectionKind = Literal["merge", "split"]


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


class Embedder(Protocol):
    """Turns texts into vectors whose nearness is likeness of meaning."""

    @property
    def model(self) -> str:
        """The name of what makes the vectors; others are never compared with them."""
        ...

    @property
    def dimensions(self) -> int:
        """The length of a vector."""
        ...

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of `texts`, off the event loop.

        The vector of a text depends on `texts` alone. A text without a word has a zero vector.

        Returns:
            (n, d) float32, L2-normalised.
        """
        ...


class Embedders(Protocol):
    """The embedders that there are, by the names of their models."""

    @property
    def preferred(self) -> str:
        """The model for a bank that has none yet."""
        ...

    def get(self, model: str) -> Embedder:
        """The embedder of that model.

        Raises:
            InputError: There is no such model.
            MissingExtraError: What it needs is not installed.
        """
        ...


class Extractor(Protocol):
    """Finds the statements in sections."""

    async def setting(self, text: str, sections: Sequence[Section]) -> str:
        """Names all that the facts of a section depend on beside the section itself.

        Where it is the same as before, so are the facts of a section that did not change.
        """
        ...

    async def extract(
        self, text: str, sections: Sequence[Section], *, among: Sequence[Section]
    ) -> Extraction:
        """The statements of `sections`, off the event loop.

        Args:
            text: The source.
            sections: Some of its sections.
            among: All of them.
        """
        ...

    async def dedupe(self, facts: Sequence[Fact], source_id: str) -> Deduplicated:
        """Facts with their ids, near-duplicates merged; the order of `facts` does not matter."""
        ...


class NameFinder(Protocol):
    """Finds names, and which of them mean the same."""

    async def mentions(self, text: str, sections: Sequence[Section]) -> Sequence[Mention]:
        """The names in a source with their places, off the event loop."""
        ...

    async def normalise(
        self, names: Sequence[NameCount], corrections: Corrections
    ) -> Sequence[Entity]:
        """The entities that names stand for; their order does not matter."""
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
        self,
        bank_id: str,
        source_id: str,
        *,
        content_hash: str,
        text: str,
        document: Document,
        vectors: Vectors | None = None,
        knowledge: Knowledge | None = None,
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

        Returns:
            The version that is visible afterwards.

        Raises:
            InputError: Something of it cannot be kept, or the vectors are of another model than
                the bank's.
        """
        ...

    async def delete_source(self, bank_id: str, source_id: str) -> bool:
        """Remove every trace of the source; False if there was none."""
        ...

    async def search_sections(
        self,
        bank_id: str,
        terms: Sequence[str],
        limit: int,
        weights: FieldWeights = FieldWeights(),  # noqa: B008 - it is frozen
    ) -> Sequence[tuple[SectionRow, float]]:
        """The sections that hold any of the words `terms`, best first, with their scores.

        Terms are plain words; nothing in them is query syntax. Ties are in a fixed order.
        """
        ...

    async def search_vectors(
        self,
        bank_id: str,
        model: str,
        query: NDArray[np.float32],
        limit: int,
        among: Sequence[SectionRow] = (),
    ) -> Likeness:
        """The `limit` sections whose vectors are nearest to `query`, and how near `among` are.

        Args:
            bank_id: The bank.
            model: What made `query`; a bank of another model has nothing like it.
            query: (d,) float32, L2-normalised.
            limit: How many to look for.
            among: Sections whose likeness is asked for.
        """
        ...

    async def vector_model(self, bank_id: str) -> str | None:
        """The model of the bank's vectors; None before the first."""
        ...

    async def embedded(self, bank_id: str, source_id: str, model: str) -> frozenset[str]:
        """The ids of the source's sections that have a vector of `model`."""
        ...

    async def add_vectors(self, bank_id: str, source_id: str, vectors: Vectors) -> None:
        """Keep vectors of any model beside the bank's own; sections that are gone are passed by.

        They are searched once `use_model` has made theirs the bank's model.
        """
        ...

    async def use_model(self, bank_id: str, model: str) -> int:
        """Make `model` the bank's and drop all other vectors, if every section has one of it.

        Returns:
            How many sections have none; unless it is 0, nothing was changed.
        """
        ...

    async def knowledge(self, bank_id: str, source_id: str) -> Knowledge:
        """What the source's visible version says.

        The offsets of facts and mentions count from the start of their section.
        """
        ...

    async def facts(self, bank_id: str, source_id: str | None = None) -> Sequence[tuple[str, Fact]]:
        """The facts of a bank, or of one source, each with its source's id, in their order."""
        ...

    async def names(self, bank_id: str) -> Sequence[NameCount]:
        """Every way in which the bank's sources write a name."""
        ...

    async def corrections(self, bank_id: str) -> Corrections:
        """What users decided of the bank's names."""
        ...

    async def correct(self, bank_id: str, kind: CorrectionKind, name: str, other: str) -> None:
        """Keep what a user decides of two names; a later word on the same pair replaces it."""
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
        embedders: What turns sections into vectors.
        extractor: What finds statements.
        finder: What finds names.
    """

    store: Store | None = None
    provider: Any = None
    reader: SourceReader | None = None
    embedders: Embedders | None = None
    extractor: Extractor | None = None
    finder: NameFinder | None = None

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
