"""The port of a bank's full-text search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from retain.memory.model import FactRow, FieldWeights, Replaced, SectionRow


class SearchStore(Protocol):
    """What finds a bank's content by its words."""

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

    async def search_facts(
        self, bank_id: str, terms: Sequence[str], limit: int
    ) -> Sequence[tuple[FactRow, float]]:
        """The facts that hold any of the words `terms`, best first, with their scores.

        A fact's words are those of its statement, of the names that it speaks of, of the days on
        which it occurred, and of the headings above it. Repetitions of a fact are not among them.
        """
        ...

    async def speakers(self, bank_id: str) -> Sequence[str]:
        """The names of those who say anything in the bank, each once, by code point."""
        ...

    async def replaced(self, bank_id: str) -> Sequence[Replaced]:
        """The facts that others replace, by source and place."""
        ...
