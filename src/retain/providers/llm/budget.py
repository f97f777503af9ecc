"""What may still be spent: a call begins only if its greatest cost fits into what is left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from retain.errors import BudgetError
from retain.memory.model import Budget, CallContext, Spending
from retain.memory.ports import Journal


@dataclass(slots=True)
class _Account:
    """What one budget has left.

    Args:
        name: Whose, for people.
        option: What raises it, for people.
        budget: What may be spent.
        tokens: What was.
        cost: What was, in US dollars.
        held: What calls that are under way may come to at most: tokens, and dollars.
        stopped: Why a call was refused: none is made after it, though a smaller one might fit.
    """

    name: str
    option: str
    budget: Budget
    tokens: int = 0
    cost: float = 0.0
    held: list[tuple[int, float]] = field(default_factory=list[tuple[int, float]])
    stopped: str | None = None

    def refusal(self, tokens: int, cost: float) -> str | None:
        """Why a call that may come to so much does not fit, counting what is under way."""
        if self.stopped is not None:
            return self.stopped
        limit = self.budget
        all_tokens = self.tokens + sum(held for held, _ in self.held) + tokens
        if limit.max_tokens is not None and all_tokens > limit.max_tokens:
            spent = f"{self.tokens:,} of {limit.max_tokens:,} tokens are spent"
            return f"{spent}, and the next call may take {tokens:,}: {self._advice('tokens')}"
        all_cost = self.cost + sum(held for _, held in self.held) + cost
        if limit.max_cost is not None and all_cost > limit.max_cost:
            spent = f"${self.cost:.4g} of ${limit.max_cost:.4g} is spent"
            return f"{spent}, and the next call may cost ${cost:.4g}: {self._advice('cost')}"
        return None

    def _advice(self, what: str) -> str:
        return f"`retain resume` goes on with a higher --max-{what}{self.option}"


_Run = tuple[str, str, datetime | None]


def _run_of(call_context: CallContext) -> _Run:
    """Names a run; another version of a source has one of its own."""
    return call_context.bank_id, call_context.source_id, call_context.run


class BudgetGuard:
    """Keeps calls within two budgets: that of this command, and that of each run.

    Of a run, what it spent in earlier commands counts too; the journal tells it.

    Args:
        journal: Knows what runs have spent.
        command: What all calls may come to from here on.
        run: What each run may come to, in all commands that drive it.
    """

    def __init__(self, journal: Journal, command: Budget, run: Budget) -> None:
        self._journal = journal
        self._run = run
        self._command = _Account("this command", "", command)
        self._runs: dict[_Run, _Account] = {}
        self._loading = asyncio.Lock()
        self._changed = asyncio.Event()
        self.spent = Spending()

    @asynccontextmanager
    async def held(
        self, call_context: CallContext, tokens: int, cost: float
    ) -> AsyncGenerator[None, None]:
        """Hold what a call may come to while it is under way.

        A call that does not fit beside those under way waits for what they leave.

        Raises:
            BudgetError: It does not fit, and nothing is under way.
        """
        accounts = [self._command, *await self._of_run(call_context)]
        await self._fit(accounts, tokens, cost)
        for account in accounts:
            account.held.append((tokens, cost))
        try:
            yield
        finally:
            for account in accounts:
                account.held.remove((tokens, cost))
            self._changed.set()

    def pay(
        self,
        call_context: CallContext,
        input_tokens: int,
        output_tokens: int,
        cost: float | None,
        *,
        ok: bool,
    ) -> None:
        """Take note of a call that has ended."""
        run = self._runs.get(_run_of(call_context))
        for account in (self._command, *([run] if run else [])):
            account.tokens += input_tokens + output_tokens
            account.cost += cost or 0.0
        was = self.spent
        self.spent = Spending(
            was.calls + 1,
            was.failed + (not ok),
            was.input_tokens + input_tokens,
            was.output_tokens + output_tokens,
            was.cost + (cost or 0.0),
            was.unpriced + (ok and cost is None),
        )

    async def _of_run(self, call_context: CallContext) -> Iterator[_Account]:
        if self._run == Budget() or not call_context.source_id:
            return iter(())
        key = _run_of(call_context)
        async with self._loading:
            if key not in self._runs:
                before = await self._journal.spent(
                    call_context.bank_id, call_context.source_id, run=call_context.run
                )
                self._runs[key] = _Account(
                    f"the run of {call_context.source_id!r}",
                    "-per-run",
                    self._run,
                    before.tokens,
                    before.cost,
                )
        return iter([self._runs[key]])

    async def _fit(self, accounts: list[_Account], tokens: int, cost: float) -> None:
        while True:
            refusing = [
                (account, why) for account in accounts if (why := account.refusal(tokens, cost))
            ]
            if not refusing:
                return
            for account, why in refusing:
                if not account.held or account.stopped is not None:
                    account.stopped = why
                    raise BudgetError(f"{account.name} stops here: {why}")
            self._changed.clear()
            await self._changed.wait()
