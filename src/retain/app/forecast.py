"""What retaining would cost: the pipeline runs on a copy of the database, with a stand-in model."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import stat
import tempfile
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from filelock import FileLock, Timeout

from retain.app.parts import Outside
from retain.config import Settings
from retain.db.sqlite import Database, explained
from retain.memory.model import (
    Budget,
    Call,
    ClaimOutcome,
    CostLine,
    ModelChoice,
    RequestClaim,
    Run,
    Spending,
)
from retain.memory.payer import payer
from retain.memory.ports import ChatModel, EmbeddingModel, Journal
from retain.providers.embedders.standin import StandInEmbedding
from retain.providers.llm.prices import price_of
from retain.providers.llm.standin import StandIn
from retain.stores.sqlite import SQLiteStore

_PREFIX = "retain-dry-run-"
_IN_USE = "in-use"
"""The file in a copy's folder that is locked as long as its dry run goes on."""

YOUNG_S = 60.0
"""A folder that is younger may be about to be locked, in seconds."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What retaining would cost.

    Args:
        model: What would be asked.
        sources: How many sources would run.
        unchanged: How many would not, since nothing of them has changed.
        failed: Those that could not be retained, with the reason.
        lines: What would be asked, by its purpose.
        spending: All of that together.
        hits: How many answers the journal holds already.
    """

    model: str
    sources: int
    unchanged: int
    failed: tuple[Run, ...]
    lines: tuple[CostLine, ...]
    spending: Spending
    hits: int


def forecast_of(
    model: str, runs: Sequence[Run], lines: tuple[CostLine, ...], spending: Spending, hits: int
) -> Forecast:
    """What a dry run has shown."""
    unchanged = sum(run.unchanged for run in runs)
    failed = tuple(run for run in runs if run.status != "completed")
    return Forecast(model, len(runs) - unchanged, unchanged, failed, lines, spending, hits)


class DryJournal:
    """Answers from a journal, and keeps what is new in memory alone; see `Journal`.

    Args:
        real: The journal, which is read and never written.

    Attributes:
        calls: What was asked.
        held: The bank and the key of each answer that the journal had.
    """

    def __init__(self, real: Journal) -> None:
        self._real = real
        self._new: dict[tuple[str, str], bytes] = {}
        self.calls: list[Call] = []
        self.held: set[tuple[str, str]] = set()

    async def find(
        self,
        bank_id: str,
        keys: Sequence[str],
        sources: Sequence[str],
        since: datetime | None = None,
    ) -> Mapping[str, bytes]:
        """What the journal holds, or a call of this dry run brought."""
        found = dict(await self._real.find(bank_id, keys, ()))
        self.held.update((bank_id, key) for key in found)
        new = {key: self._new[bank_id, key] for key in keys if (bank_id, key) in self._new}
        return {**found, **new}

    async def claim(
        self, claim: RequestClaim, sources: Sequence[str], since: datetime | None = None
    ) -> ClaimOutcome:
        """Nothing is sent, so nobody has to wait."""
        return "claimed"

    async def renew(self, claims: Collection[RequestClaim]) -> None:
        """There are no claims."""

    async def release(self, claim: RequestClaim) -> None:
        """There are no claims."""

    async def keep(self, call: Call, answers: Mapping[str, bytes], sources: Sequence[str]) -> None:
        """Take note of a call and what it brought."""
        self.calls.append(call)
        self._new.update(((call.payer.bank_id, key), body) for key, body in answers.items())

    async def reject(self, bank_id: str, keys: Sequence[str], reason: str) -> None:
        """Set answers aside."""
        for key in keys:
            self._new.pop((bank_id, key), None)

    async def note(self, call: Call, sources: Sequence[str] = ()) -> None:
        """Take note of a call."""
        self.calls.append(call)

    async def spent(self, bank_id: str, source_id: str, *, run: datetime | None = None) -> Spending:
        """What a dry run has to keep within is nothing."""
        return Spending()

    async def costs(
        self, bank_id: str | None = None, *, since: datetime | None = None
    ) -> Sequence[CostLine]:
        """The calls of this dry run by their purpose."""
        by_purpose: dict[str, CostLine] = {}
        for call in self.calls:
            was = by_purpose.get(call.purpose)
            line = CostLine(call.payer, call.purpose, call.model, Spending(), 0.0)
            spending = was.spending if was else Spending()
            by_purpose[call.purpose] = replace(line, spending=_with(spending, call))
        return [by_purpose[purpose] for purpose in sorted(by_purpose)]

    async def forget(self, bank_id: str, source_id: str) -> None:
        """Nothing of a dry run is kept."""

    async def prune(self, older_than: timedelta, bank_id: str | None = None) -> int:
        """Nothing of a dry run is old."""
        return 0

    async def close(self) -> None:
        """The journal is closed by whoever opened it."""


def _with(spending: Spending, call: Call) -> Spending:
    return Spending(
        spending.calls + 1,
        spending.failed + (call.error is not None),
        spending.input_tokens + call.input_tokens,
        spending.output_tokens + call.output_tokens,
        spending.cost + (call.cost or 0.0),
        spending.unpriced + (call.cost is None),
    )


class Rehearsal:
    """A copy of a database with stand-ins around it, for the time of a dry run.

    Args:
        path: The database, if there is one.
        settings: What the user set.
        journal: The journal, which is read.
    """

    def __init__(self, path: Path, settings: Settings, journal: Journal) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix=_PREFIX)
        self._in_use = FileLock(Path(self._folder.name) / _IN_USE, thread_local=False)
        self._path = path
        copy = Path(self._folder.name) / "memory.db"
        self.database = Database(copy, durability="process")
        self.settings = replace(
            settings, db=f"sqlite:///{copy}", budget=Budget(), run_budget=Budget()
        )
        self.journal = DryJournal(journal)
        self.outside = Outside(self.journal, _stand_in, self._embedding)

    async def begin(self) -> None:
        """Copy the database as it is at this moment, and remove copies that were left behind.

        Raises:
            DatabaseError: It cannot be read.
        """
        self._in_use.acquire()
        await asyncio.to_thread(_sweep, self._folder.name)
        if self._path.exists():
            await asyncio.to_thread(_copy, self._path, self.database.path)

    def _embedding(self, choice: ModelChoice) -> EmbeddingModel:
        store = SQLiteStore(self.database)

        async def dimensions() -> int | None:
            return await store.dimensions(payer().bank_id, choice.model)

        return StandInEmbedding(choice.model, price_of(choice), dimensions)

    def end(self) -> None:
        """Remove the copy."""
        self._in_use.release()
        self._folder.cleanup()


def _sweep(live: str) -> None:
    """Remove the copies of dry runs that were killed: nobody would come back for them.

    Args:
        live: The folder of this dry run; only what the same user owns is removed.
    """
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(Timeout, OSError):  # in use, or another user's
            told = folder.lstat()
            mine = stat.S_ISDIR(told.st_mode) and told.st_uid == Path(live).stat().st_uid
            if mine and time.time() - told.st_mtime > YOUNG_S:
                with FileLock(folder / _IN_USE, timeout=0):
                    shutil.rmtree(folder)


def _stand_in(choice: ModelChoice) -> ChatModel:
    return StandIn(choice.model, price_of(choice))


def _copy(path: Path, to: Path) -> None:
    try:
        # One that only reads would leave its files for the write-ahead log behind.
        source = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)
        with closing(source), closing(sqlite3.connect(to)) as target:
            source.backup(target)
    except sqlite3.Error as exc:
        raise explained(exc, path) from exc
