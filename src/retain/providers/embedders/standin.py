"""A stand-in for a model of embeddings: the vectors of the embedder that needs no model."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from retain.memory.model import Price
from retain.providers.embedders.catalogue import Catalogue
from retain.providers.llm.tokens import estimate


class StandInEmbedding:
    """An `EmbeddingModel` without a server; dry runs ask it.

    Args:
        name: The model that it stands in for.
        price: What that costs.
        dimensions: How long the vectors are to be; None: as they come.
    """

    def __init__(
        self, name: str, price: Price | None, dimensions: Callable[[], Awaitable[int | None]]
    ) -> None:
        self.name = name
        self.price = price
        self._dimensions = dimensions
        catalogue = Catalogue()
        self._embedder = catalogue.get(catalogue.preferred)

    async def embed(self, texts: Sequence[str]) -> tuple[NDArray[np.float32], int]:
        """The vectors, cut or filled up with zeros, and the tokens that are read."""
        found = await self._embedder.embed(texts)
        length = await self._dimensions() or found.shape[1]
        vectors = np.zeros((len(texts), length), dtype=np.float32)
        kept = min(length, found.shape[1])
        vectors[:, :kept] = found[:, :kept]
        return vectors, sum(map(estimate, texts))

    async def close(self) -> None:
        """See `EmbeddingModel`; there is nothing to close."""
