"""Limits that all processes of a fleet share, in rows of its database."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from retain.db import queries
from retain.db.pgconnections import Connection
from retain.db.pgtransaction import PostgresTransaction
from retain.db.postgres import DIALECT, PostgresDatabase
from retain.errors import BudgetError
from retain.memory.model import ModelLimit, SpendLimit
from retain.memory.ports.limits import Settle
from retain.workers.queue import COMPONENT

SHARE = 0.95
"""How much of a limit is used: requests arrive a little earlier or later than they are sent."""

BURST_S = 1.5
"""How much of what was not used may be made up for, in seconds of the rate."""

LOOK_S = 10.0
"""How often to look whether there are limits, while there are none, in seconds."""


class FleetLimits:
    """Requests and tokens a minute for each model, and what the calls of banks may cost.

    A call reserves its place by one statement, and then waits for it, so no window of a minute has
    more requests than the limit, whatever the number of processes.

    Args:
        database: The database.
    """

    def __init__(self, database: PostgresDatabase) -> None:
        self._database = database
        self._sql = queries.load(COMPONENT, DIALECT)
        self._none_until = 0.0

    @asynccontextmanager
    async def call(
        self, bank_id: str, model: str, tokens: int, cost: float
    ) -> AsyncGenerator[Settle, None]:
        """Wait until a call may be made; see `CallLimits`."""
        if not await self._are_there():
            yield _ignore
            return
        await asyncio.sleep(await self._reserve(bank_id, model, tokens, cost))
        took = tokens, cost

        def settle(tokens: int, cost: float) -> None:
            nonlocal took
            took = tokens, cost

        try:
            yield settle
        finally:
            if took != (tokens, cost):
                await asyncio.shield(
                    self._correct(bank_id, model, took[0] - tokens, took[1] - cost)
                )

    async def limit_model(self, model: str, requests: int | None, tokens: int | None) -> None:
        """Set how many requests and tokens a minute a model gets; None: any number."""
        name = "unlimit_model" if requests is None and tokens is None else "limit_model"
        await self._write(name, {"model": model, "requests": requests, "tokens": tokens})

    async def limit_spending(self, bank_id: str, max_cost: float | None) -> None:
        """Set what calls of a bank may cost in all; an empty id: of all banks."""
        name = "unlimit_spending" if max_cost is None else "limit_spending"
        await self._write(name, {"bank_id": bank_id, "max_cost": max_cost})

    async def models(self) -> list[ModelLimit]:
        """The limits of models."""
        return [ModelLimit(*row) for row in await self._write("model_limits", {})]

    async def spending(self) -> list[SpendLimit]:
        """The limits of what banks spend, and how much of them is spent."""
        return [SpendLimit(*row) for row in await self._write("spend_limits", {})]

    async def _are_there(self) -> bool:
        if time.monotonic() < self._none_until:
            return False

        def work(connection: Connection) -> bool:
            db = PostgresTransaction(connection)
            if db.execute(self._sql["limits_exist"]).fetchone() == (False,):
                return False
            return db.execute(self._sql["any_limit"]).fetchone() == (True,)

        if await self._database.read(work):
            return True
        self._none_until = time.monotonic() + LOOK_S
        return False

    async def _reserve(self, bank_id: str, model: str, tokens: int, cost: float) -> float:
        """Book a call; how many seconds to wait for it.

        Raises:
            BudgetError: It may cost more than is left; nothing is booked.
        """

        def work(connection: Connection) -> float:
            db = PostgresTransaction(connection)
            for of, spent, most in db.execute(
                self._sql["spend"], {"bank_id": bank_id, "cost": cost}
            ):
                if spent > most:
                    whose = f"bank {of!r}" if of else "all banks"
                    raise BudgetError(
                        f"the spend limit of {whose} stops this call: ${spent - cost:.4g} of "
                        f"${most:.4g} is spent, and the call may cost ${cost:.4g}: raise it with "
                        "`retain limits`, then `retain resume --dead --queue`"
                    )
            values = {"model": model, "tokens": float(tokens), "burst_s": BURST_S, "share": SHARE}
            row = db.execute(self._sql["reserve_request"], values).fetchone()
            return 0.0 if row is None else float(row[0])

        return await self._database.write(work)

    async def _correct(self, bank_id: str, model: str, tokens: int, cost: float) -> None:
        def work(connection: Connection) -> None:
            db = PostgresTransaction(connection)
            values = {"model": model, "tokens": float(tokens), "share": SHARE}
            db.execute(self._sql["correct_tokens"], values)
            db.execute(self._sql["spend"], {"bank_id": bank_id, "cost": cost})

        await self._database.write(work)

    async def _write(self, statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        self._database.require(COMPONENT)
        text = self._sql[statement]

        def work(connection: Connection) -> list[tuple[Any, ...]]:
            cursor = connection.cursor(binary=True)
            cursor.execute(text.encode(), values)
            return cursor.fetchall() if cursor.description else []

        return await self._database.write(work)


def _ignore(_tokens: int, _cost: float) -> None:
    """Take no note of a call that nothing limits."""
