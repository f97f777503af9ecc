"""A model whose answers are kept: what it was asked before costs nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

import msgspec

from retain.errors import AnswerError, BudgetError, TruncatedError
from retain.memory.call_context import call_context
from retain.memory.model import CallContext, Message, ModelAnswer, ModelRequest
from retain.memory.ports import ChatModel
from retain.providers.llm import tokens
from retain.providers.llm.caller import Asked, Caller, Got

T = TypeVar("T")

SHOWN = 4_000
"""The part of an answer that cannot be used which the model is shown again, in characters."""

_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(ModelAnswer)


@dataclass(slots=True)
class _Flight:
    """A request that is under way, and how many wait for its answer."""

    task: asyncio.Task[ModelAnswer]
    waiting: int = 0


class CachedModel:
    """Asks a `ChatModel` what its journal does not know; see `LanguageModel`.

    Args:
        chat: The model.
        caller: Makes the calls.
    """

    def __init__(self, chat: ChatModel, caller: Caller) -> None:
        self._chat = chat
        self._caller = caller
        self._flights: dict[tuple[str, str], _Flight] = {}
        self.hits = 0

    @property
    def name(self) -> str:
        """``PROVIDER:NAME``."""
        return self._chat.name

    async def ask(
        self,
        request: ModelRequest,
        read: Callable[[str], T],
        *,
        sources: Sequence[str] | None = None,
        keep_cut: bool = False,
    ) -> T:
        """What `read` makes of the answer; see `LanguageModel`."""
        who = call_context()
        of = sources if sources is not None else ((who.source_id,) if who.source_id else ())
        answer = await self._answer(request, who, of)
        keys = [request.key(self.name)]
        try:
            return _read(answer, read)
        except TruncatedError as exc:
            if not keep_cut:
                await self._caller.journal.reject(who.bank_id, keys, str(exc))
            raise
        except AnswerError as exc:
            if answer.finish == "refused":
                await self._caller.journal.reject(who.bank_id, keys, str(exc))
                raise
            return await self._repair(request, answer, exc, read, who, of)

    async def _repair(
        self,
        request: ModelRequest,
        bad: ModelAnswer,
        error: AnswerError,
        read: Callable[[str], T],
        who: CallContext,
        sources: Sequence[str],
    ) -> T:
        """Show the model its answer with what is wrong with it, once."""
        again = replace(
            request,
            messages=(
                *request.messages,
                Message("assistant", bad.text[:SHOWN] or "(nothing)"),
                Message("user", f"That answer is {error}. Answer again, as JSON and as asked."),
            ),
        )
        try:
            return _read(await self._answer(again, who, sources), read)
        except (AnswerError, TruncatedError) as exc:
            keys = [request.key(self.name), again.key(self.name)]
            await self._caller.journal.reject(who.bank_id, keys, str(exc))
            raise AnswerError(f"the model's answer is {exc}, and so was the one before") from exc

    async def _answer(
        self, request: ModelRequest, who: CallContext, sources: Sequence[str]
    ) -> ModelAnswer:
        """The answer from the journal, from the request that is under way, or from the model.

        A request is claimed before the journal is asked: nobody finds it missing there while
        another is about to have it kept.
        """
        key = request.key(self.name)
        slot = (who.bank_id, key)
        flight = self._flights.get(slot)
        if flight is None or flight.task.done():
            task = asyncio.create_task(self._kept(request, key, who, sources))
            flight = self._flights[slot] = _Flight(task)
            return await self._joined(slot, flight)
        if flight.task.cancelling():  # nobody waits for it; what it has brought is being kept
            await asyncio.wait([flight.task])
        else:
            with suppress(BudgetError):  # of the run that asked first; this one may have more
                await self._joined(slot, flight)
        return await self._answer(request, who, sources)

    async def _kept(
        self, request: ModelRequest, key: str, who: CallContext, sources: Sequence[str]
    ) -> ModelAnswer:
        """The answer from the journal, from another process that is sending it, or by a call."""
        work = partial(self._call, request, key, sources)
        while True:
            found = await self._caller.journal.find(who.bank_id, [key], sources, who.since)
            if key in found:
                self.hits += 1
                return _DECODER.decode(found[key])
            flight = self._caller.single_flight
            answer = await flight.send(who.bank_id, [key], work, sources, who.since)
            if answer is not None:
                return answer

    async def _joined(self, slot: tuple[str, str], flight: _Flight) -> ModelAnswer:
        """The flight's answer; when nobody waits for it any more, it is cancelled."""
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task)
        except asyncio.CancelledError:
            if flight.waiting == 1 and not flight.task.done():
                flight.task.cancel()
                await asyncio.wait([flight.task])  # it stays claimed until what it kept is kept
            raise
        finally:
            flight.waiting -= 1
            if flight.task.done() and self._flights.get(slot) is flight:
                del self._flights[slot]

    async def _call(self, request: ModelRequest, key: str, sources: Sequence[str]) -> ModelAnswer:
        most = _most_read(request) if self._caller.budget_guard.limited else 0
        price, most_written = self._chat.price, request.max_tokens
        asked = Asked(request.purpose, self.name, key, sources, most, most_written, price)

        async def work() -> Got[ModelAnswer]:
            answer = await self._chat.complete(request)
            if not answer.input_tokens and not answer.output_tokens:  # some servers do not count
                answer = replace(
                    answer,
                    input_tokens=tokens.of_request(request),
                    output_tokens=tokens.estimate(answer.text),
                )
            kept = {key: _ENCODER.encode(answer)}
            return Got(answer, kept, answer.input_tokens, answer.output_tokens)

        return await self._caller.call(asked, work)


def _most_read(request: ModelRequest) -> int:
    """How many tokens a request has at most."""
    texts = [*(message.text for message in request.messages), json.dumps(dict(request.schema))]
    return sum(tokens.upper_bound(text) + tokens.MESSAGE_TOKENS for text in texts)


def _read(answer: ModelAnswer, read: Callable[[str], T]) -> T:
    """What `read` makes of the answer.

    Raises:
        AnswerError: It cannot be read.
        TruncatedError: It was cut.
    """
    if answer.finish == "refused":
        raise AnswerError(f"a refusal: {' '.join(answer.text.split())[:200]}")
    if answer.finish == "length":
        raise TruncatedError(f"the answer was cut after {answer.output_tokens:,} tokens")
    return read(answer.text)
