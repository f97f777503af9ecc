"""Calls to one server: in a slot, within a budget, tried again, and each in the ledger."""

from __future__ import annotations

import asyncio
import random as _random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

from retain.concurrency import finished
from retain.errors import (
    ModelBusyError,
    ModelError,
    ModelRefusedError,
    TermsError,
    UnknownModelError,
)
from retain.memory.call_context import call_context
from retain.memory.model import Call, CallContext, Price, Purpose
from retain.memory.ports import Journal
from retain.memory.ports.limits import CallLimits
from retain.providers.llm.budget import BudgetGuard
from retain.providers.llm.limiter import GIVEN_UP_S, LONGEST_PAUSE_S, Limiter
from retain.providers.llm.single_flight import SingleFlight

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is known of a call before it is made.

    Args:
        purpose: What for.
        model: Whom.
        key: Names the request.
        sources: The ids of the sources whose words it holds.
        input_tokens: How many it has at most.
        output_tokens: How many the answer has at most, asked when the call's turn has come.
        price: What a token costs, if that is known.
    """

    purpose: Purpose
    model: str
    key: str
    sources: Sequence[str]
    input_tokens: int
    output_tokens: Callable[[], int]
    price: Price | None


@dataclass(frozen=True, slots=True)
class Got(Generic[T]):
    """What a call brought.

    Args:
        value: For the caller.
        answers: For the journal, by key.
        input_tokens: By the server's count.
        output_tokens: By the server's count.
    """

    value: T
    answers: Mapping[str, bytes]
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a call is made, and how long to wait in between.

    Args:
        attempts: How often at most, the first time included.
        initial_s: The wait before the second, in seconds; each further one is twice as long.
        max_s: The longest wait, in seconds; a server may ask for a longer one.
        jitter: The share of a wait that chance takes off, 0 to 1.
    """

    attempts: int = 8
    initial_s: float = 0.5
    max_s: float = 20.0
    jitter: float = 0.5

    def wait_s(self, attempt: int, chance: float, retry_after: float | None) -> float:
        """Seconds to wait after attempt number `attempt`, from 1."""
        wait = min(self.max_s, self.initial_s * 2.0 ** (attempt - 1)) * (1 - self.jitter * chance)
        return max(wait, min(retry_after or 0.0, LONGEST_PAUSE_S))


class Caller:
    """Makes calls to one model; what they bring is kept before anybody sees it.

    Args:
        journal: Keeps answers, and the ledger.
        limiter: How many calls are made at once, to all models of the server.
        budget_guard: What may be spent.
        limits: Limits that other processes share; None: there are none.
        single_flight: Shared by all callers with this journal; None: this caller has its own.
        patience: How often a call is made.
        observe: Called with each call once it has ended.
        now: The clock, in UTC.
        random: Chance in [0, 1).
        sleep: How to wait, in seconds.
    """

    def __init__(
        self,
        journal: Journal,
        limiter: Limiter,
        budget_guard: BudgetGuard,
        *,
        limits: CallLimits | None = None,
        single_flight: SingleFlight | None = None,
        patience: Patience = Patience(),
        observe: Callable[[Call], None] = lambda _: None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        random: Callable[[], float] = _random.random,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.journal = journal
        self.budget_guard = budget_guard
        self.single_flight = single_flight or SingleFlight(journal)
        self._limiter = limiter
        self._limits = limits
        self._patience = patience
        self._observe = observe
        self._now = now
        self._random = random
        self._sleep = sleep
        self._answers = 0
        self._unknown: UnknownModelError | None = None

    async def call(self, asked: Asked, work: Callable[[], Awaitable[Got[T]]]) -> T:
        """What `work` brings, which sends the request once; the calling task's call_context pays.

        Raises:
            ModelBusyError: No attempt got an answer. If nobody else got one meanwhile either, the
                server is given up for a while: further calls end with this error at once.
            ModelRefusedError: The server refuses the key or the model; further calls end so too.
            AnswerError: It refuses this request.
            BudgetError: The call may come to more than is left.
        """
        who, before, number = call_context(), self._answers, 0
        while True:
            number += 1
            try:
                return await self._once(asked, work, who)
            except TermsError:  # each one is learned once, so there are not many
                number -= 1
                continue
            except ModelBusyError as exc:
                if self._limiter.gave_up(exc):
                    raise
                if number >= self._patience.attempts:
                    if self._answers == before:
                        self._limiter.give_up(exc, GIVEN_UP_S)
                    exc.retry_after = None  # that was waited for; no state is to wait once more
                    raise
                wait = self._patience.wait_s(number, self._random(), exc.retry_after)
            await self._sleep(wait)

    async def _once(
        self, asked: Asked, work: Callable[[], Awaitable[Got[T]]], who: CallContext
    ) -> T:
        async with self._limiter.slot():
            written = asked.output_tokens()
            most = asked.price.of(asked.input_tokens, written) if asked.price else 0.0
            async with self.budget_guard.held(who, asked.input_tokens + written, most):
                return await self._limited(asked, work, who, written, most)

    async def _limited(
        self,
        asked: Asked,
        work: Callable[[], Awaitable[Got[T]]],
        who: CallContext,
        written: int,
        most: float,
    ) -> T:
        """Make the call when the limits allow, and tell them what it took."""
        if self._limits is None:
            return await self._held(asked, work, who, written)
        tokens = asked.input_tokens + written
        async with self._limits.call(who.bank_id, asked.model, tokens, most) as settle:

            async def settled() -> Got[T]:
                got = await work()
                price = asked.price
                cost = price.of(got.input_tokens, got.output_tokens) if price else 0.0
                settle(got.input_tokens + got.output_tokens, cost)
                return got

            return await self._held(asked, settled, who, written)

    async def _held(
        self, asked: Asked, work: Callable[[], Awaitable[Got[T]]], who: CallContext, written: int
    ) -> T:
        """Make the call, whose greatest cost is held."""
        if self._unknown is not None:
            raise self._unknown
        at, began = self._now(), self._limiter.now()
        try:
            got = await work()
        except (ModelBusyError, ModelError) as exc:
            self._learn(exc, began)
            at_most = written if exc.may_be_billed else None
            await self._failed(asked, who, at, began, str(exc), at_most)
            raise
        except asyncio.CancelledError:  # the request is out, and the server goes on with it
            await self._failed(asked, who, at, began, "the call was cancelled", written)
            raise
        price = asked.price
        cost = None if price is None else price.of(got.input_tokens, got.output_tokens)
        call = Call(
            who,
            asked.purpose,
            asked.model,
            asked.key,
            at,
            1000 * (self._limiter.now() - began),
            got.input_tokens,
            got.output_tokens,
            cost,
        )
        self.budget_guard.pay(who, got.input_tokens, got.output_tokens, cost, ok=True)
        await finished(self.journal.keep(call, got.answers, asked.sources))
        self._observe(call)
        self._answers += 1
        self._limiter.succeeded()
        return got.value

    def _learn(self, error: Exception, began: float) -> None:
        """Have further calls wait, or end at once, where a call got no answer."""
        if isinstance(error, ModelBusyError):
            self._limiter.overloaded(began, error.retry_after)
        elif isinstance(error, UnknownModelError):  # the server may know others
            self._unknown = error
        elif isinstance(error, ModelRefusedError):
            self._limiter.give_up(error)

    async def _failed(
        self,
        asked: Asked,
        who: CallContext,
        at: datetime,
        began: float,
        why: str,
        written: int | None,
    ) -> None:
        """Take note of a call without an answer.

        Args:
            asked: The call.
            who: Who pays.
            at: When it was made.
            began: The same by the limiter's clock.
            why: What it ended with.
            written: How many tokens an answer can have had that may be billed all the same. The
                call counts as what it can have come to: a limit is never passed. None: nothing is
                billed.
        """
        latency_ms = 1000 * (self._limiter.now() - began)
        read, cost = 0, None
        if written is not None:
            read = asked.input_tokens
            cost = None if asked.price is None else asked.price.of(read, written)
            why = f"{why} (it may be billed, so it counts as {read + written:,} tokens)"
        self.budget_guard.pay(who, read, written or 0, cost, ok=False)
        call = Call(
            *(who, asked.purpose, asked.model, asked.key, at, latency_ms),
            *(read, written or 0, cost, why),
        )
        await finished(self.journal.note(call, asked.sources))
        self._observe(call)
