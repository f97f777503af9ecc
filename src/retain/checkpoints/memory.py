"""Runs kept in memory: for tests and for pipelines that need no durability."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from retain.checkpoints.base import BaseCheckpoint, Row
from retain.checkpoints.claim import Claim
from retain.checkpoints.codec import Stored
from retain.checkpoints.delta import Delta
from retain.checkpoints.history import EarlierRun, History, kept_of
from retain.engine.checkpoint import Lease, RunSummary
from retain.engine.context import EngineContext
from retain.holder import Holder, this_process
from retain.keys import RunKey, named

C = TypeVar("C", bound=EngineContext)


@dataclass(slots=True)
class _Run:
    version: int
    revision: int = 0
    head: bytes = b""
    fields: dict[str, bytes] = field(default_factory=dict[str, bytes])
    added: dict[str, list[bytes]] = field(default_factory=dict[str, list[bytes]])
    steps: dict[int, bytes] = field(default_factory=dict[int, bytes])


class MemoryCheckpoint(BaseCheckpoint[C]):
    """Keeps bytes, as the lasting checkpoints do: what is loaded is never what was saved."""

    def __init__(
        self,
        context_type: type[C],
        *,
        lease_ttl_s: float = 30.0,
        history: History | None = None,
        clock: Callable[[], float] = time.time,
        holder: Callable[[], Holder] = this_process,
    ) -> None:
        super().__init__(
            context_type, lease_ttl_s=lease_ttl_s, history=history, clock=clock, holder=holder
        )
        self._runs: dict[RunKey, _Run] = {}
        self._earlier_runs: dict[RunKey, list[EarlierRun]] = {}
        self._claims: dict[RunKey, Claim] = {}
        self._claiming = threading.Lock()  # the heartbeat has a thread of its own

    def after_fork(self, *, in_child: bool) -> None:
        """Go on; a child has a copy of the runs, and a lock of its own."""
        if in_child:
            self._claiming = threading.Lock()
        super().after_fork(in_child=in_child)

    async def _write(self, delta: Delta, token: int | None) -> bool:
        runs, claims = self._runs, self._claims
        key = delta.run_key
        self._check(key, claims.get(key), token, self.clock())
        run = runs.get(key)
        if delta.full:
            if run is not None and self._is_replaced(delta, run.head):
                self._put_earlier(key, run)
            run = runs[key] = _Run(delta.version)
        elif run is None or run.revision != delta.revision - 1:
            return False
        run.revision = delta.revision
        run.head = delta.head
        run.fields |= delta.fields
        for name in delta.fields:
            run.added.pop(name, None)
        for name, body in delta.added.items():
            run.added.setdefault(name, []).append(body)
        run.steps |= dict(delta.steps)
        return True

    async def _read(self, key: RunKey) -> tuple[Stored, int] | None:
        run = self._runs.get(key)
        if run is None:
            return None
        steps = [run.steps[n] for n in sorted(run.steps)]
        added = {name: tuple(parts) for name, parts in run.added.items()}
        return Stored(run.version, run.head, dict(run.fields), steps, added), run.revision

    def _put_earlier(self, key: RunKey, run: _Run) -> None:
        fields = {name: body for name, body in run.fields.items() if name in self.codec.history}
        for name in fields.keys() & run.added.keys():
            fields[name] = self.codec.joined(name, [fields[name], *run.added[name]])
        steps = [run.steps[n] for n in sorted(run.steps)]
        earlier = EarlierRun.of(run.version, run.head, fields, steps, self.clock())
        runs = [*self._earlier_runs.get(key, ()), earlier]
        self._earlier_runs[key] = kept_of(runs, self.history_kept, self.clock())

    async def _earlier(self, key: RunKey) -> Sequence[EarlierRun]:
        return tuple(self._earlier_runs.get(key, ()))

    async def _forget_earlier(self, key: RunKey) -> None:
        self._earlier_runs.pop(key, None)

    async def _prune_earlier(self, prefix: RunKey, before: float) -> int:
        pruned = 0
        for key, runs in [*self._earlier_runs.items()]:
            if key[: len(prefix)] == prefix:
                left = [run for run in runs if run.ended_at >= before]
                pruned += len(runs) - len(left)
                self._earlier_runs[key] = left
        return pruned

    async def _remove(self, key: RunKey, token: int | None, *, history: bool) -> bool:
        runs, claims = self._runs, self._claims
        self._check(key, claims.get(key), token, self.clock())
        if token is None:
            claims.pop(key, None)  # of a holder that is no more
        if history:
            self._earlier_runs.pop(key, None)
        return runs.pop(key, None) is not None

    async def _rows(
        self, prefix: RunKey, keys: Collection[RunKey] | None
    ) -> Sequence[Row | RunSummary]:
        runs, claims = self._runs, self._claims
        return [
            Row(key, run.head, claims.get(key), self.clock())
            for key, run in runs.items()
            if key[: len(prefix)] == prefix and (keys is None or key in keys)
        ]

    async def _acquire(self, key: RunKey, holder: Holder, ttl_s: float) -> Claim:
        with self._claiming:
            old = self._claims.get(key)
            claim = self._claims[key] = self._claim(key, old, holder, ttl_s, self.clock())
            return claim

    def _renew(self, leases: Sequence[Lease]) -> list[bool]:
        return [self._renew_one(lease) for lease in leases]

    def _renew_one(self, lease: Lease) -> bool:
        key = lease.run_key
        with self._claiming:
            claim = self._claims.get(key)
            if claim is None or claim.token != lease.token:
                return False
            self._claims[key] = Claim(lease.token, claim.holder, self.clock() + lease.ttl_s)
            return True

    async def _release(self, key: RunKey, token: int) -> None:
        self._unclaim(key, token)

    def _give_back(self, lease: Lease) -> None:
        self._unclaim(lease.run_key, lease.token)

    def _unclaim(self, key: RunKey, token: int) -> None:
        with self._claiming:
            claim = self._claims.get(key)
            if claim is not None and claim.token == token:
                del self._claims[key]

    def _where(self, key: RunKey) -> str:
        return f"of {named(key)} in memory"
