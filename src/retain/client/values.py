"""What a server answers, as the values that `retain.Memory` gives."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec

from retain.app.costs import CostGroup
from retain.app.entities import KnownEntity
from retain.engine import StepLogEntry
from retain.engine.events import Event, RunEnded, RunStarted, StepEnded, StepStarted
from retain.memory.model import (
    CallContext,
    CitedFact,
    CostLine,
    Counts,
    Entity,
    EntityKind,
    Fact,
    FactType,
    LogEntry,
    LogFact,
    Outcome,
    Run,
    Section,
    Spending,
    StoredSource,
)

T = TypeVar("T")


class Items(list[T]):
    """A page of a list.

    Args:
        items: The items.
        following: The cursor of the page that follows; None: this is the last one.
    """

    def __init__(self, items: Iterable[T] = (), following: str | None = None) -> None:
        super().__init__(items)
        self.following = following


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """A page of a list as it is sent."""

    items: list[T]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class RunDetails:
    """A run with its steps.

    Args:
        run: The run; None where it was pruned.
        steps: Every attempt of every state, oldest first.
        ledger: How each section ended.
        passed_over: What of the source is in no section: a number for each reason.
    """

    run: Run | None
    steps: tuple[StepLogEntry, ...] = ()
    ledger: tuple[Outcome, ...] = ()
    passed_over: dict[str, int] | None = None


@dataclass(frozen=True, slots=True)
class SourceDetails:
    """A source with its sections and its latest run.

    Args:
        source: The visible version; None while no version is stored.
        run: See `RunDetails`, also for `steps`, `ledger` and `passed_over`.
        sections: The visible sections in order.
    """

    source: StoredSource | None
    run: Run | None
    steps: tuple[StepLogEntry, ...] = ()
    ledger: tuple[Outcome, ...] = ()
    passed_over: dict[str, int] | None = None
    sections: tuple[Section, ...] = ()


@dataclass(frozen=True, slots=True)
class SentRuns:
    """Runs that a request began: of one that goes on, its ids and its status alone."""

    runs: list[dict[str, Any]]

    @property
    def begun(self) -> list[Run]:
        """The runs."""
        return [msgspec.convert({"last_state": "", **one}, Run) for one in self.runs]


@dataclass(frozen=True, slots=True)
class SentBank:
    """A bank as it is sent."""

    bank_id: str
    sources: int
    sections: int

    @property
    def counts(self) -> Counts:
        """How much it holds."""
        return Counts(self.sources, self.sections)


@dataclass(frozen=True, slots=True)
class SentFact:
    """A fact as it is sent."""

    source_id: str
    fact_id: str
    section_id: str
    type: FactType
    text: str
    quote: str
    span: tuple[int, int]
    line: int
    entities: tuple[str, ...] = ()
    subject: str | None = None
    slot: str | None = None
    value: str | None = None
    mentioned_at: datetime | None = None
    came_in: datetime | None = None
    occurred_start: datetime | None = None
    occurred_end: datetime | None = None
    confidence: float = 1.0
    superseded_by: str | None = None

    @property
    def cited(self) -> CitedFact:
        """The fact with its place."""
        start, end = self.span
        given = {
            name: getattr(self, name)
            for name in self.__slots__
            if name not in ("source_id", "span", "line")
        }
        return CitedFact(self.source_id, Fact(start=start, end=end, **given), self.line)


@dataclass(frozen=True, slots=True)
class SentEntity:
    """An entity as it is sent."""

    entity_id: str
    name: str
    kind: EntityKind
    aliases: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    mentions: int = 0

    @property
    def known(self) -> KnownEntity:
        """The entity, and how often it is named."""
        entity = Entity(self.entity_id, self.name, self.kind, self.aliases, self.reasons)
        return KnownEntity(entity, self.mentions)


@dataclass(frozen=True, slots=True)
class SentPair:
    """A fact that replaces another one."""

    newer: LogFact
    older: LogFact


@dataclass(frozen=True, slots=True)
class SentLogEntry:
    """An entry of a log as it is sent."""

    at: datetime
    action: str
    source_id: str
    version: int
    sections: int
    came: tuple[LogFact, ...] = ()
    went: tuple[LogFact, ...] = ()
    superseded: tuple[SentPair, ...] = ()
    pages: tuple[str, ...] = ()

    @property
    def entry(self) -> LogEntry:
        """The entry."""
        given = {name: getattr(self, name) for name in self.__slots__}
        given["superseded"] = tuple((one.newer, one.older) for one in self.superseded)
        return LogEntry(**given)


@dataclass(frozen=True, slots=True)
class SentCosts:
    """Costs as they are sent."""

    costs: list[dict[str, Any]]
    total: dict[str, Any]


def cost_line(sent: dict[str, Any]) -> CostLine:
    """What one state of a run cost with one model."""
    group = cost_group(sent)
    names = group.names
    call = CallContext(names["bank_id"], names["source_id"], names["state"])
    purpose: Any = names["purpose"]
    return CostLine(call, purpose, names["model"], group.spending, group.latency_ms)


def cost_group(sent: dict[str, Any]) -> CostGroup:
    """What calls that share some names cost."""
    names = {name: value for name, value in sent.items() if isinstance(value, str)}
    return CostGroup(names, msgspec.convert(sent, Spending), sent["latency_ms"])


def event_of(name: str, data: str) -> Event | None:
    """An event of a run; None for one that this release does not know."""
    kind = _EVENTS.get(name)
    if kind is None:
        return None
    sent = msgspec.json.decode(data)
    return msgspec.convert({**sent, "run_key": (sent["bank_id"], sent["source_id"])}, kind)


_EVENTS: dict[str, type[Event]] = {
    "run_started": RunStarted,
    "step_started": StepStarted,
    "step_ended": StepEnded,
    "run_ended": RunEnded,
}
