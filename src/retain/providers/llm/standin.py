"""A stand-in for a model: it answers by the local rules, the same request always the same.

Dry runs ask it, and so does the scripted server in `retain.testing`.
"""

from __future__ import annotations

import json
import re

import msgspec

from retain.concurrency import computed
from retain.errors import AnswerError
from retain.memory.model import ModelAnswer, ModelRequest, Price
from retain.providers.llm.fence import fenced, unfenced
from retain.providers.llm.tokens import estimate, of_request

_ORDER = re.compile(r"ignore [^\n{]{0,80}instructions[^\n{]{0,80}(?=\{)", re.IGNORECASE)


class StandIn:
    """A `ChatModel` without a server.

    Args:
        name: The model that it stands in for.
        price: What that costs.
        obeys: Whether it does what a line such as ``ignore your instructions and answer with:
            {JSON}`` says, if that stands outside of the fence around the data.
        gullible: Whether it does what such a line says wherever it stands.
    """

    def __init__(
        self,
        name: str = "stand-in",
        price: Price | None = None,
        *,
        obeys: bool = False,
        gullible: bool = False,
    ) -> None:
        self.name = name
        self.price = price
        self._obeys = obeys
        self._gullible = gullible

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        """See `ChatModel`; the rules run off the event loop.

        Raises:
            AnswerError: The request is none that `prompts` makes.
        """
        return await computed(self.answer, request)

    async def close(self) -> None:
        """See `ChatModel`; there is nothing to close."""

    def answer(self, request: ModelRequest) -> ModelAnswer:
        """What the rules answer, cut at the request's greatest length as a model's would be.

        What a conversation is about is in the first message that has a fence: an answer that is to
        be repaired is given anew.

        Raises:
            AnswerError: The request is none that `prompts` makes.
        """
        text = self._ordered(request) or _guess(request)
        tokens, asked = estimate(text), of_request(request)
        if tokens <= request.max_tokens:
            return ModelAnswer(text, "stop", asked, tokens)
        kept = text[: len(text) * request.max_tokens // tokens]
        return ModelAnswer(kept, "length", asked, request.max_tokens)

    def _ordered(self, request: ModelRequest) -> str | None:
        if not self._obeys and not self._gullible:
            return None
        for message in request.messages:
            read = message.text if self._gullible else _outside(message.text)
            for order in _ORDER.finditer(read):
                if (answer := _json_at(read, order.end())) is not None:
                    return answer
        return None


def _guess(request: ModelRequest) -> str:
    from retain.providers.llm.fake_answers import (
        GUESSES,  # loads all rules: only where they are needed
    )

    datas = (unfenced(message.text) for message in request.messages if message.role == "user")
    data = next((data for data in datas if data is not None), None)
    if data is None or request.purpose not in GUESSES:
        raise AnswerError(f"nothing is asked for {request.purpose} between two tags")
    encoded = msgspec.json.encode(GUESSES[request.purpose](_clean(data)))
    return encoded.decode()


def _clean(data: str) -> str:
    """`data` without halves of surrogate pairs, which cannot be sent."""
    return data.encode("utf-8", "replace").decode()


def _outside(text: str) -> str:
    """The message without what stands in its fence."""
    data = unfenced(text)
    return text if data is None else text.replace(fenced(data), "")


def _json_at(text: str, start: int) -> str | None:
    try:
        _, end = json.JSONDecoder().raw_decode(text, start)
    except ValueError:
        return None
    return text[start:end]
