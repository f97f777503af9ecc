"""Requests to models as a scripted server reads them, and their answers."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, cast

import msgspec

from retain.errors import AnswerError
from retain.memory.model import ModelAnswer, ModelRequest
from retain.providers.llm.standin import StandIn
from retain.providers.llm.tokens import MESSAGE_TOKENS, estimate
from retain.testing.modelserver.chat import Chat, chat_body, chat_of
from retain.testing.modelserver.embeddings import Texts, Vectors, texts_of
from retain.testing.modelserver.http import BadRequestError
from retain.testing.modelserver.plan import Fault, Plan, Spoil
from retain.testing.modelserver.spoiling import spoilt

CHAT = "/v1/chat/completions"
EMBEDDINGS = "/v1/embeddings"

OTHER = "I answer what Retain asks, and nothing else."
"""The answer to a request that is none of Retain's and asks for no form."""

_KEPT = 50_000


@dataclass(frozen=True, slots=True)
class Post:
    """A request for an answer or for vectors.

    Args:
        key: Equal for equal requests, in whatever order their keys stand.
        purpose: The purpose, ``embeddings``, or ``unknown``.
        model: As the request names it.
        text: Its texts, one below the other.
        asked: What it asks for.
    """

    key: str
    purpose: str
    model: str
    text: str
    asked: Chat | Texts


def post_of(path: str, body: bytes) -> Post:
    """Read a request.

    Raises:
        BadRequestError: It is not as the protocol says, or asks for what is not done here.
    """
    try:
        read: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError) as exc:
        raise BadRequestError(400, f"the body is no JSON: {exc}") from exc
    if not isinstance(read, dict):
        raise BadRequestError(400, "the body is no object")
    whole = cast(Mapping[str, Any], read)
    canonical = path.encode() + msgspec.json.encode(whole, order="deterministic")
    key = hashlib.sha256(canonical).hexdigest()
    if path == EMBEDDINGS:
        texts = texts_of(whole)
        return Post(key, "embeddings", texts.model, "\n".join(texts.texts), texts)
    chat = chat_of(whole)
    return Post(
        key, chat.request.purpose if chat.request else "unknown", chat.model, chat.texts, chat
    )


@dataclass(frozen=True, slots=True)
class Reply:
    """The body of a response, and the tokens that it tells."""

    body: bytes
    input_tokens: int
    output_tokens: int


class Answers:
    """Answers requests; what was answered before is not computed again."""

    def __init__(self) -> None:
        self._worker = ThreadPoolExecutor(1, "model")
        self._vectors = Vectors()
        self._known: dict[tuple[object, ...], ModelAnswer] = {}

    async def reply(self, post: Post, plan: Plan, fault: Fault | None) -> Reply:
        """The answer to a request, spoilt if the fault says so.

        Raises:
            BadRequestError: The request holds nothing to answer.
        """
        if isinstance(post.asked, Texts):
            body, tokens = await self._vectors.body(post.asked)
            return Reply(body, tokens, 0)
        loop = asyncio.get_running_loop()
        answer = await loop.run_in_executor(self._worker, self._answer, post, post.asked, plan)
        if isinstance(fault, Spoil):
            answer = spoilt(answer, fault.kind)
        body = chat_body(post.asked, answer, post.key)
        return Reply(body, answer.input_tokens, answer.output_tokens)

    def warm(self) -> None:
        """Load the rules, so that the first answer takes no longer than others."""
        self._worker.submit(__import__, "retain.providers.llm.fake_answers").result()

    def close(self) -> None:
        """End the thread that computes answers."""
        self._worker.shutdown()

    def _answer(self, post: Post, chat: Chat, plan: Plan) -> ModelAnswer:
        if chat.request is None:
            return ModelAnswer(
                OTHER, "stop", estimate(chat.texts) + MESSAGE_TOKENS, estimate(OTHER)
            )
        known = (post.key, plan.max_answer_tokens, plan.obeys, plan.gullible)
        if known not in self._known:
            if len(self._known) >= _KEPT:
                self._known.clear()
            self._known[known] = _computed(chat.request, plan)
        return self._known[known]


def _computed(request: ModelRequest, plan: Plan) -> ModelAnswer:
    if plan.max_answer_tokens is not None:
        request = replace(request, max_tokens=min(plan.max_answer_tokens, request.max_tokens))
    try:
        return StandIn(obeys=plan.obeys, gullible=plan.gullible).answer(request)
    except AnswerError as exc:
        raise BadRequestError(400, str(exc)) from exc
