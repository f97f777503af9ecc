"""OpenAI's embeddings: the vectors of the embedder that needs no model.

https://platform.openai.com/docs/api-reference/embeddings tells the protocol.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from retain.providers.embedders import Catalogue
from retain.providers.llm.tokens import estimate
from retain.testing.modelserver.http import BadRequestError


class EmbeddingsBody(msgspec.Struct):
    """The body of a request; what is not here is not looked at."""

    model: str
    input: str | list[str]
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: int | None = None


@dataclass(frozen=True, slots=True)
class Texts:
    """What is to be embedded.

    Args:
        model: As the request names it.
        texts: One at least, none empty.
        base64: Whether a vector is to be the base64 of its float32, little-endian.
        dimensions: The length that is asked for; None: the embedder's.
    """

    model: str
    texts: tuple[str, ...]
    base64: bool
    dimensions: int | None


def texts_of(body: Mapping[str, Any]) -> Texts:
    """Read a body.

    Raises:
        BadRequestError: It is not as the protocol says.
    """
    try:
        asked = msgspec.convert(body, EmbeddingsBody)
    except msgspec.ValidationError as exc:
        raise BadRequestError(400, str(exc)) from exc
    texts = (asked.input,) if isinstance(asked.input, str) else tuple(asked.input)
    if not texts or not all(texts):
        raise BadRequestError(400, "input: it holds an empty text, or none")
    return Texts(asked.model, texts, asked.encoding_format == "base64", asked.dimensions)


class Vectors:
    """Makes vectors: equal ones of equal texts."""

    def __init__(self) -> None:
        catalogue = Catalogue()
        self._embedder = catalogue.get(catalogue.preferred)

    async def body(self, asked: Texts) -> tuple[bytes, int]:
        """The body of a response, and the tokens that were read.

        Raises:
            BadRequestError: More dimensions are asked for than there are.
        """
        vectors = await self._embedder.embed(asked.texts)
        most = vectors.shape[1]
        if asked.dimensions is not None and not 0 < asked.dimensions <= most:
            raise BadRequestError(400, f"dimensions: from 1 to {most}")
        vectors = vectors[:, : asked.dimensions]
        tokens = sum(map(estimate, asked.texts))
        data = [
            {"object": "embedding", "index": n, "embedding": _written(vector, asked.base64)}
            for n, vector in enumerate(vectors)
        ]
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        whole = {"object": "list", "data": data, "model": asked.model, "usage": usage}
        return msgspec.json.encode(whole), tokens


def _written(vector: NDArray[np.float32], as_base64: bool) -> str | list[float]:
    if as_base64:
        return base64.b64encode(vector.astype("<f4").tobytes()).decode()
    return [float(number) for number in vector]
