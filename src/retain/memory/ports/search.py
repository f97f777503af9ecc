"""The port of a bank's full-text search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from retain.memory.model import FieldWeights, SectionRow


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
