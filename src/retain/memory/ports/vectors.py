"""The port of a bank's vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from retain.memory.model import Likeness, SectionRow, Vectors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class VectorStore(Protocol):
    """The vectors of a bank's sections, all of one model."""

    async def search_vectors(
        self,
        bank_id: str,
        model: str,
        query: NDArray[np.float32],
        limit: int,
        among: Sequence[SectionRow] = (),
        least: float = float("-inf"),
    ) -> Likeness:
        """The `limit` sections whose vectors are nearest to `query`, and how near `among` are.

        Args:
            bank_id: The bank.
            model: What made `query`; a bank of another model has nothing like it.
            query: (d,) float32, L2-normalised.
            limit: How many to look for.
            among: Sections whose likeness is asked for.
            least: The cosine similarity below which the nearest are only counted.
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
