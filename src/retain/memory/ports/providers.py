"""The ports of what reads sources, embeds texts, and finds statements and names."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from retain.memory.model import (
    Contradiction,
    Corrections,
    Deduplicated,
    Document,
    Edge,
    Entity,
    Extraction,
    Fact,
    FactPair,
    LeadRequest,
    LogEntry,
    Mention,
    NameCount,
    NamePair,
    Page,
    Section,
    Snapshot,
    SourceNote,
    Verdict,
    Wiki,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


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


class Superseder(Protocol):
    """Sees which facts replace which."""

    def relate(
        self,
        facts: Sequence[tuple[str, Fact]],
        names: Sequence[NameCount],
        corrections: Corrections,
        verdicts: Sequence[Verdict] = (),
    ) -> Sequence[Edge]:
        """What replaced what; the order of the facts does not matter, their times do.

        It neither waits nor touches a store: stores call it inside a transaction.

        Args:
            facts: Those of a bank that have a subject or a slot, each with its source's id; their
                quotes and entities may be left out.
            names: Every way in which the bank's sources write a name.
            corrections: What was decided of the names.
            verdicts: What a model sees of what replaced what. One counts where rules know nothing
                that replaces its older fact, while both facts tell of the same subject and the
                newer one was said later.

        Returns:
            At most one edge for each older fact, and none that comes round to where it began.
        """
        ...

    def contradictions(
        self,
        facts: Sequence[tuple[str, Fact]],
        names: Sequence[NameCount],
        corrections: Corrections,
    ) -> Sequence[Contradiction]:
        """What contradicts what while neither replaces the other; see `relate`.

        Restatements and details contradict nothing.
        """
        ...

    async def doubtful(
        self,
        facts: Sequence[tuple[str, Fact]],
        names: Sequence[NameCount],
        corrections: Corrections,
        *,
        about: Collection[str],
        judged: Collection[tuple[str, str]],
    ) -> Sequence[FactPair]:
        """Pairs of facts of which the newer may replace the older, which rules leave open.

        Both tell of the same subject, at known times. Whether a pair is among them depends on its
        facts alone, but for how many pairs a fact may be in.

        Args:
            facts: Those of a bank, each with its source's id.
            names: Every way in which the bank's sources write a name.
            corrections: What was decided of the names.
            about: The ids of facts, one of which has to be in each pair.
            judged: ``(older, newer)`` ids of pairs that a model was asked of before.

        Returns:
            The nearest first; a hundred at most.
        """
        ...


class PageWriter(Protocol):
    """Renders what people read of a bank."""

    async def write(self, snapshot: Snapshot) -> Wiki:
        """The pages and the index of a bank, off the event loop; equal for equal snapshots."""
        ...

    async def current(
        self,
        bank_id: str,
        generation: Callable[[], Awaitable[int | None]],
        snapshot: Callable[[], Awaitable[Snapshot | None]],
    ) -> tuple[int, Wiki]:
        """The generation of a bank, and its pages as `write` gives them; 0 where there is no bank.

        Whoever asks while another is being served is served after it, of the bank as it is then.

        Args:
            bank_id: The bank.
            generation: Asks for its generation; None where there is no such bank.
            snapshot: Reads it, which takes long; called where the pages of its generation are not
                known yet.
        """
        ...

    async def wanting(self, snapshot: Snapshot) -> Sequence[LeadRequest]:
        """The pages that should begin with a lead and have none of their facts, by page id."""
        ...

    def log(self, entries: Sequence[LogEntry], pages: Sequence[Page]) -> str:
        """The log as Markdown, with links to those of the pages that it names."""
        ...

    def source(self, note: SourceNote, lines: Sequence[tuple[int, str]]) -> tuple[str, str]:
        """The page of a source that the others cite: its file name, without ending, and its text.

        Args:
            note: The source.
            lines: Its lines by number, from 1.
        """
        ...
