"""The port of what a bank's sources say."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Literal, Protocol

from retain.memory.model import Corrections, Fact, Judgement, Knowledge, NameCount
from retain.memory.ports.wiki import Relate

CorrectionKind = Literal["merge", "split"]


class KnowledgeStore(Protocol):
    """A bank's facts and names, and what was decided of the names."""

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

    async def writers(self, bank_id: str, names: Collection[str]) -> Mapping[str, Sequence[str]]:
        """The ids of the sources that write each of the names, sorted; no more than there are."""
        ...

    async def corrections(self, bank_id: str) -> Corrections:
        """What users, and a model, decided of the bank's names."""
        ...

    async def correct(
        self,
        bank_id: str,
        kind: CorrectionKind,
        name: str,
        other: str,
        *,
        relate: Relate | None = None,
    ) -> None:
        """Keep what a user decides of two names; a later word on the same pair replaces it."""
        ...

    async def add_judgements(
        self, bank_id: str, judgements: Sequence[Judgement], *, relate: Relate | None = None
    ) -> None:
        """Keep what a model decided of names, all in one transaction.

        The first judgement of a pair stays. One goes as soon as no source writes both of its
        names, in the transaction that takes the last of them.
        """
        ...
