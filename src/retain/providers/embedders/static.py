"""One fixed vector a token, averaged: WordLlama's weights, which lie beside this file.

https://github.com/dleemiller/WordLlama (MIT); the data's README tells how they were made.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retain.providers.embedders.base import BatchEmbedder
from retain.providers.embedders.pieces import Pieces

MAX_CHARACTERS = 16_000
"""The part of a text that is read; the mean of more words tells no more."""

_DATA = Path(__file__).with_name("data")


class StaticEmbedder(BatchEmbedder):
    """Fast and small: thousands of texts a second, and no model to run.

    Args:
        model: The name of its model.
    """

    def __init__(self, model: str) -> None:
        super().__init__(model, dimensions=256, batch=256, in_python=True, reads_code=True)

    def load(self) -> None:
        """Map the weights and read the vocabulary."""
        weights = np.load(_DATA / "static-weights.npy", mmap_mode="r")
        self._weights: NDArray[np.float16] = np.asarray(weights)  # its own class is slow to index
        vocabulary = (_DATA / "static-pieces.json").read_text(encoding="utf-8")
        self._pieces = Pieces(json.loads(vocabulary))

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The sum of the vectors of a text's tokens, (n, 256) float32."""
        found = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for n, text in enumerate(texts):
            if ids := self._pieces.encode(" ".join(text[:MAX_CHARACTERS].split())):
                found[n] = self._weights[ids].sum(axis=0, dtype=np.float32)
        return found
