"""`memory.costs`: what calls to models cost, and the answers that are kept of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from retain.memory.model import CostLine, Spending

if TYPE_CHECKING:  # every face groups costs, also one that opens no memory
    from retain.app.models import CallObserver, Models
    from retain.memory.ports import Journal


class Costs:
    """The ledger of model calls. Call it to list what they cost."""

    def __init__(self, journal: Journal, models: Models) -> None:
        self._journal = journal
        self._models = models

    async def __call__(
        self, *, bank_id: str | None = None, since: datetime | None = None
    ) -> list[CostLine]:
        """List what model calls cost, by run, state, purpose and model.

        Args:
            bank_id: Only calls for this bank; None: for all banks.
            since: Only calls from this time on, timezone-aware.

        Raises:
            InputError: The time has no time zone.
            DatabaseError: The journal cannot be read.
        """
        return list(await self._journal.costs(bank_id, since=since))

    @property
    def spent(self) -> Spending:
        """What model calls have cost since this memory was opened."""
        return self._models.spent

    @property
    def journal_hits(self) -> int:
        """How many answers came from the journal, so that no call was made for them."""
        return self._models.hits

    def subscribe(self, observer: CallObserver) -> Callable[[], None]:
        """Call `observer` with each model call once it has ended; the returned function ends that.

        Args:
            observer: Gets a `Call`: what it was for, its tokens, its cost and its error.
        """
        return self._models.subscribe(observer)

    async def prune_journal(self, older_than: timedelta, *, bank_id: str | None = None) -> int:
        """Delete old answers of models from the journal; their costs stay in the ledger.

        A request whose answer was deleted is paid for again.

        Args:
            older_than: How old an answer has to be.
            bank_id: Only answers for this bank; None: for all banks.

        Returns:
            How many answers were deleted.

        Raises:
            DatabaseBusyError: Another process keeps the journal locked.
            DatabaseError: The journal cannot be written.
        """
        return await self._journal.prune(older_than, bank_id)


BY = {"run": ("bank_id", "source_id"), "state": ("state",), "model": ("model",)}
"""The ways to group costs, with the names that the calls of a group share."""


@dataclass(frozen=True, slots=True)
class CostGroup:
    """What the calls that share some names cost.

    Args:
        names: The names by field: ``bank_id``, ``source_id``, ``state``, ``purpose``, ``model``.
        spending: The sum.
        latency_ms: The mean latency of the calls, in milliseconds.
    """

    names: dict[str, str]
    spending: Spending
    latency_ms: float


def grouped(lines: Iterable[CostLine], by: Sequence[str]) -> list[CostGroup]:
    """The lines summed up by some of their names, sorted by these.

    Args:
        lines: What `Costs` lists.
        by: Fields of `CostGroup.names`.
    """
    groups: dict[tuple[str, ...], list[CostLine]] = {}
    for line in lines:
        groups.setdefault(tuple(_name(line, field) for field in by), []).append(line)
    return [_sum(dict(zip(by, names, strict=True)), groups[names]) for names in sorted(groups)]


def total(lines: Sequence[CostLine]) -> CostGroup:
    """The sum of all lines."""
    return _sum({}, lines)


def _name(line: CostLine, field: str) -> str:
    return getattr(line if field in ("purpose", "model") else line.call_context, field)


def _sum(names: dict[str, str], lines: Sequence[CostLine]) -> CostGroup:
    each = [line.spending for line in lines]
    sums = {f.name: sum(getattr(one, f.name) for one in each) for f in fields(Spending)}
    spending = Spending(**sums)
    took_ms = sum(line.latency_ms * line.spending.calls for line in lines)
    return CostGroup(names, spending, took_ms / max(spending.calls, 1))
