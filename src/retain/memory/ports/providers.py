"""The ports of what reads sources, embeds texts, and finds statements and names."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, BinaryIO, Protocol

from retain.errors import SourceError
from retain.memory.model import (
    Corrections,
    Deduplicated,
    Document,
    Entity,
    EntityKind,
    Extraction,
    Fact,
    LoadedText,
    Mention,
    NameCount,
    NamePair,
    Provenance,
    Section,
)
from retain.memory.redaction import Redaction

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class SourceReader(Protocol):
    """Turns files into text and text into sections."""

    def parts(
        self, source_id: str, origin: str, format: str | None = None
    ) -> AsyncIterator[tuple[str, LoadedText | SourceError | None]]:
        """The sources that a file holds by their ids, each with its text.

        An export of many conversations is a source for each, with the id ``FILE#CONVERSATION``, or
        an error. None stands for the text of a file that cannot be loaded: `load` says why.

        Raises:
            InputError: There is no such format.
        """
        ...

    def stream(
        self, file: BinaryIO, source_id: str, format: str | None = None
    ) -> AsyncIterator[tuple[str, LoadedText | SourceError | None]]:
        """The sources that an open file holds by their ids; see `parts`.

        Raises:
            InputError: There is no such format.
        """
        ...

    async def given(self, text: str, source_id: str, format: str | None) -> LoadedText:
        """A text that a program gives, converted where it is a page, a mail or the like.

        Raises:
            InputError: There is no such format, or its files hold many sources.
            SourceError: It cannot be converted.
        """
        ...

    async def load(self, origin: str) -> LoadedText:
        """The text of the file at the path `origin`.

        Raises:
            SourceError: It cannot be read, is not text, is empty or too large.
        """
        ...

    async def parse(
        self,
        text: str,
        *,
        source_id: str,
        reference_date: datetime | None,
        provenance: Provenance = ...,
        messages: bool = ...,
    ) -> Document:
        """The sections of `text`, which may have any known format.

        Args:
            text: The text.
            source_id: Its source.
            reference_date: When it was written.
            provenance: How the text came about.
            messages: Whether it has to be chat messages, whatever it looks like.

        Raises:
            SourceError: It has no content, or more sections than the limit.
        """
        ...

    async def blanked(
        self,
        text: str,
        redactions: Sequence[Redaction],
        *,
        source_id: str,
        provenance: Provenance = ...,
    ) -> str:
        """The text of a source with spaces for what is redacted, also where it is escaped."""
        ...

    def check_size(self, source_id: str, characters: int, sections: int) -> None:
        """Refuse a source that something is added to, if it gets too large.

        Raises:
            SourceError: It has more than the limits allow.
        """
        ...

    def is_message_a_line(self, text: str, source_id: str) -> bool:
        """Whether the text is a chat with a message on each line, so that lines can be added."""
        ...

    def section_id(self, section: Section, text: str, occurrence: int) -> str:
        """The id of a section that is the `occurrence`-th of its source to say `text`, from 1."""
        ...


class Embedder(Protocol):
    """Turns texts into vectors whose nearness is likeness of meaning."""

    @property
    def model(self) -> str:
        """The name of what makes the vectors; others are never compared with them."""
        ...

    @property
    def reads_code(self) -> bool:
        """Whether it is given the code in documents: some make little of it, at length."""
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

    async def dedupe(
        self, facts: Sequence[Fact], source_id: str, known: Sequence[Fact] = ()
    ) -> Deduplicated:
        """Facts with their ids, near-duplicates merged; the order of `facts` does not matter.

        Args:
            facts: The facts.
            source_id: Their source.
            known: Facts that are stored already. New facts may be merged into them; they are not
                returned.
        """
        ...

    async def ids_of_same(
        self, facts: Sequence[Fact], source_id: str, first: int, number: int
    ) -> Sequence[str]:
        """The ids of facts that say what one of `facts` says, in the same words.

        Args:
            facts: Facts without ids.
            source_id: Their source.
            first: The first occurrence of the same words that is wanted, from 0.
            number: How many ids are wanted for each of `facts`.
        """
        ...


class NameFinder(Protocol):
    """Finds names, and which of them mean the same."""

    async def mentions(
        self,
        text: str,
        sections: Sequence[Section],
        known: Mapping[str, EntityKind] = ...,
    ) -> Sequence[Mention]:
        """The names in a source with their places, off the event loop.

        Args:
            text: The source, or its end.
            sections: Its sections.
            known: Names that the source writes further up, with what each is.
        """
        ...

    async def normalise(
        self, names: Sequence[NameCount], corrections: Corrections
    ) -> Sequence[Entity]:
        """The entities that names stand for; their order does not matter."""
        ...

    async def doubtful(
        self, names: Sequence[NameCount], corrections: Corrections, *, about: Collection[str]
    ) -> Sequence[NamePair]:
        """Pairs of names that are near to each other, which rules leave open.

        Whether a pair is among them depends on its names alone, and not on what else the bank
        holds: so whoever asks as sources come in, asks the same in whatever order they come. A
        pair that was decided or asked of before is left out.

        Args:
            names: Every way in which the bank's sources write a name.
            corrections: What was decided of the names.
            about: Names, one of which has to be in each pair.

        Returns:
            The most frequent names first; some dozens at most.
        """
        ...
