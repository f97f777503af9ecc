"""What the embedders share: batches, threads and lengths."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from retain.concurrency import computed, computed_outside


class BatchEmbedder(ABC):
    """Embeds in batches of texts, in a thread.

    Args:
        model: The name of its model.
        dimensions: The length of a vector.
        batch: How many texts at once.
        in_python: Whether it computes in Python, not in a library that lets Python go on.
        reads_code: See `Embedder`.
    """

    def __init__(
        self, model: str, dimensions: int, batch: int, *, in_python: bool, reads_code: bool
    ) -> None:
        self.model = model
        self.dimensions = dimensions
        self._batch = batch
        self.reads_code = reads_code
        self._in_python = in_python
        self._lock = Lock()
        self._ready = False

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of `texts`, (n, d) float32, L2-normalised; zero for a text without a word.

        Raises:
            MissingExtraError: What it needs is not installed.
        """
        found = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for start in range(0, len(texts), self._batch):
            batch = [_clean(text) for text in texts[start : start + self._batch]]
            # A query, which is one text, waits for nothing that is computed meanwhile.
            batched = computed if self._in_python else computed_outside
            beside = batched if len(texts) > 1 else asyncio.to_thread
            vectors = await beside(self._embed, batch)
            found[start : start + len(batch)] = vectors
        return found

    @abstractmethod
    def load(self) -> None:
        """Have the model in memory; called once, before the first batch.

        Raises:
            MissingExtraError: What it needs is not installed.
        """

    @abstractmethod
    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of a batch, (n, d) float32, of any length."""

    def _embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        with self._lock:
            if not self._ready:
                self.load()
                self._ready = True
        vectors = self.encode(texts)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)


def _clean(text: str) -> str:
    """`text` without halves of surrogate pairs, which no tokenizer takes."""
    return text.encode("utf-8", "replace").decode()
