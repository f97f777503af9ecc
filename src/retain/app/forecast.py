"""Cost forecasts: the pipeline runs on a copy of the database, with a stub for the model."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from retain.app.backends import Backend
from retain.app.intake import PathLike
from retain.app.wiring import Outside, Parts, bank_store
from retain.bank import BankStore
from retain.config import Settings
from retain.errors import ModelRequiredError
from retain.memory.call_context import call_context
from retain.memory.model import (
    Budget,
    Call,
    ClaimOutcome,
    CostLine,
    ModelChoice,
    Provenance,
    RequestClaim,
    Run,
    Spending,
)
from retain.memory.ports import ChatModel, EmbeddingModel, Journal
from retain.providers.embedders.standin import StandInEmbedding
from retain.providers.llm.prices import price_of
from retain.providers.llm.standin import StandIn
from retain.sources.left_out import Selection
from retain.status import RunStatus


@dataclass(frozen=True, slots=True)
class Forecast:
    """What retaining would cost.

    Args:
        model: The model that would be called.
        sources: How many sources would be retained.
        unchanged: How many sources would be skipped because they are unchanged.
        failed: The runs of sources that could not be retained.
        lines: The calls by purpose.
        spending: The sum of all calls.
        hits: How many answers the journal already has.
    """

    model: str
    sources: int
    unchanged: int
    failed: tuple[Run, ...]
    lines: tuple[CostLine, ...]
    spending: Spending
    hits: int


async def forecast(
    backend: Backend,
    settings: Settings,
    paths: PathLike | Iterable[PathLike],
    *,
    bank_id: str,
    reference_date: datetime | None,
    jobs: int,
    selection: Selection | None = None,
    given: Provenance | None = None,
) -> Forecast:
    """Estimate what retaining would cost; see `Memory.forecast`.

    Args:
        backend: The database; it is only read, like its journal.
        settings: The user's settings.
        paths: Files and folders.
        bank_id: The bank.
        reference_date: When the sources were written.
        jobs: How many runs are active at once.
        selection: Which files of folders are retained.
        given: What is said of them as they are given.
    """
    if settings.choice is None:
        raise ModelRequiredError("a cost forecast")
    journal = DryJournal(backend.journal)
    async with backend.copy() as copy:
        stubs = Outside(journal, _stub, partial(_stub_embedding, bank_store(copy.store)))
        parts = Parts(copy, replace(settings, budget=Budget(), run_budget=Budget()), stubs)
        try:
            await parts.check()
            runs = await parts.intake.files(
                paths,
                bank_id=bank_id,
                reference_date=reference_date,
                jobs=jobs,
                planned=None,
                selection=selection,
                given=given or Provenance(),
            )
            rendered = await parts.renderer.render({bank_id})
        finally:
            await parts.close()
    unchanged = sum(run.unchanged for run in runs)
    return Forecast(
        model=settings.choice.model,
        sources=len(runs) - unchanged,
        unchanged=unchanged,
        failed=(*(run for run in runs if run.status != RunStatus.COMPLETED), *rendered),
        lines=tuple(await journal.costs()),
        spending=parts.costs.spent,
        hits=len(journal.held),
    )


class DryJournal:
    """Reads a journal, and keeps new answers in memory only; see `Journal`.

    Args:
        real: The journal; it is never written.

    Attributes:
        calls: The calls of this dry run.
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
        """The answers that the journal has, or a call of this dry run gave."""
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
        """Count a call and keep its answers."""
        self.calls.append(call)
        self._new.update(((call.call_context.bank_id, key), body) for key, body in answers.items())

    async def reject(self, bank_id: str, keys: Sequence[str], reason: str) -> None:
        """Drop answers that cannot be used."""
        for key in keys:
            self._new.pop((bank_id, key), None)

    async def note(self, call: Call, sources: Sequence[str] = ()) -> None:
        """Count a call."""
        self.calls.append(call)

    async def spent(self, bank_id: str, source_id: str, *, run: datetime | None = None) -> Spending:
        """Nothing: a dry run has no limits."""
        return Spending()

    async def costs(
        self, bank_id: str | None = None, *, since: datetime | None = None
    ) -> Sequence[CostLine]:
        """The calls of this dry run by their purpose."""
        by_purpose: dict[str, CostLine] = {}
        for call in self.calls:
            was = by_purpose.get(call.purpose)
            line = CostLine(call.call_context, call.purpose, call.model, Spending(), 0.0)
            spending = was.spending if was else Spending()
            by_purpose[call.purpose] = replace(line, spending=_with(spending, call))
        return [by_purpose[purpose] for purpose in sorted(by_purpose)]

    async def forget(self, bank_id: str, source_id: str) -> None:
        """Nothing of a dry run is kept."""

    async def prune(self, older_than: timedelta, bank_id: str | None = None) -> int:
        """Nothing of a dry run is old enough."""
        return 0

    async def close(self) -> None:
        """Nothing: the journal is closed by its owner."""


def _with(spending: Spending, call: Call) -> Spending:
    return Spending(
        spending.calls + 1,
        spending.failed + (call.error is not None),
        spending.input_tokens + call.input_tokens,
        spending.output_tokens + call.output_tokens,
        spending.cost + (call.cost or 0.0),
        spending.unpriced + (call.cost is None),
    )


def _stub(choice: ModelChoice) -> ChatModel:
    return StandIn(choice.model, price_of(choice))


def _stub_embedding(banks: BankStore, choice: ModelChoice) -> EmbeddingModel:
    async def dimensions() -> int | None:
        return await banks.dimensions(call_context().bank_id, choice.model)

    return StandInEmbedding(choice.model, price_of(choice), dimensions)
