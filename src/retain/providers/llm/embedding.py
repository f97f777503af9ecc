"""A model of embeddings behind its server, spoken to through pydantic-ai."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from retain.errors import AnswerError, InputError
from retain.memory.model import ModelChoice, Price
from retain.memory.ports import EmbeddingModel
from retain.providers.llm.endpoint import COMPATIBLE, endpoint
from retain.providers.llm.opening import opening
from retain.providers.llm.prices import price_of
from retain.providers.llm.secrecy import hide_in_logs

if TYPE_CHECKING:
    import httpx2
    from numpy.typing import NDArray
    from pydantic_ai.embeddings import EmbeddingModel as Model

    from retain.providers.llm.failures import Failures

_MAX_BYTES = 32 << 20
"""64 vectors of 8,192 numbers, written out, are about 8 MiB."""


def open_embedding(
    choice: ModelChoice,
    *,
    timeout_s: float,
    environ: Mapping[str, str],
    api_key: str | None = None,
) -> EmbeddingModel:
    """The model of embeddings that was chosen, ready to be asked; not on the event loop.

    Args:
        choice: ``openai:NAME``, or ``openai-compatible:NAME`` with a base URL.
        timeout_s: How long an answer may take in all, in seconds.
        environ: The environment, for the key.
        api_key: The key of the server at the choice's base URL; the default is the environment's.

    Raises:
        InputError: There is no such model, it lacks a key, or its URL cannot be used.
        MissingExtraError: What it needs is not installed.
    """
    to = endpoint(choice.model, choice.base_url, environ, api_key)
    if to.provider not in ("openai", COMPATIBLE):
        raise InputError(
            f"no embeddings from {to.provider}: write openai:NAME, or {COMPATIBLE}:NAME with a "
            "base URL"
        )
    with opening(to.model):
        from retain.providers.llm.failures import Failures
        from retain.providers.llm.http import http_client
        from retain.providers.llm.sdk import embedding_model_of

        client = http_client(timeout_s, _MAX_BYTES, local=to.local)
        model = embedding_model_of(to, client)
    hide_in_logs(to.secrets)
    return _Embedding(to.model, price_of(choice), model, client, Failures(to, timeout_s))


class _Embedding:
    def __init__(
        self,
        name: str,
        price: Price | None,
        model: Model,
        client: httpx2.AsyncClient,
        failures: Failures,
    ) -> None:
        self.name = name
        self.price = price
        self._model = model
        self._client = client
        self._failures = failures

    def __repr__(self) -> str:
        return f"<embeddings {self.name}>"

    async def embed(self, texts: Sequence[str]) -> tuple[NDArray[np.float32], int]:
        return await self._failures.once(lambda: self._ask(texts))

    async def close(self) -> None:
        await self._client.aclose()

    async def _ask(self, texts: Sequence[str]) -> tuple[NDArray[np.float32], int]:
        result = await self._model.embed(list(texts), input_type="document")
        found: NDArray[Any] = np.asarray(result.embeddings, dtype=np.float32)
        if found.ndim != 2 or len(found) != len(texts) or not found.shape[1]:
            raise AnswerError(f"{self.name} gave no vector for each of {len(texts)} texts")
        if not np.isfinite(found).all():
            raise AnswerError(f"{self.name} gave vectors that are not of numbers")
        return found, result.usage.input_tokens
