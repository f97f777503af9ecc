"""One fixed vector a token, averaged: WordLlama's weights, read from its wheel.

https://github.com/dleemiller/WordLlama (MIT). The package itself is never imported: its two files
are all that is needed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retain.providers.embedders.base import BatchEmbedder, package_file

MAX_CHARACTERS = 16_000
"""The part of a text that is read; the mean of more words tells no more."""

_WEIGHTS = "weights/l2_supercat_256.safetensors"
_TOKENIZER = "tokenizers/l2_supercat_tokenizer_config.json"


class StaticEmbedder(BatchEmbedder):
    """Fast and small: thousands of texts a second, and no model to run.

    Args:
        model: The name of its model.
    """

    def __init__(self, model: str) -> None:
        super().__init__(model, dimensions=256, batch=256)

    def load(self) -> None:
        """Map the weights and read the tokenizer.

        Raises:
            MissingExtraError: WordLlama's wheel is not installed.
        """
        from tokenizers import Tokenizer

        self._weights = read_weights(package_file("wordllama", _WEIGHTS, "retain"))
        self._tokenizer = Tokenizer.from_file(str(package_file("wordllama", _TOKENIZER, "retain")))

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The sum of the vectors of a text's tokens, (n, 256) float32."""
        cut = [" ".join(text[:MAX_CHARACTERS].split()) for text in texts]
        found = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for n, one in enumerate(self._tokenizer.encode_batch_fast(cut, add_special_tokens=False)):
            if one.ids:
                ids = np.minimum(np.asarray(one.ids), len(self._weights) - 1)
                found[n] = self._weights[ids].sum(axis=0, dtype=np.float32)
        return found


def read_weights(path: Path) -> NDArray[np.float16]:
    """The one tensor of a safetensors file, (tokens, d) float16, mapped into memory.

    The format: the length of a JSON header in 8 bytes, the header, the numbers
    (https://github.com/huggingface/safetensors#format).
    """
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(size))
    (tensor,) = (value for name, value in header.items() if name != "__metadata__")
    rows, columns = tensor["shape"]
    return np.memmap(path, dtype="<f2", mode="r", offset=8 + size, shape=(rows, columns))
