"""What answers hold, for the OpenAPI description; `retain.app.views` writes them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel

from retain.engine import StepLogEntry
from retain.memory.model import (
    EntityKind,
    FactType,
    LogAction,
    LogFact,
    Outcome,
    Run,
    Section,
    StoredSource,
)
from retain.status import RunStatus

T = TypeVar("T")


def answering(model: Any, status: int = 200) -> dict[int | str, dict[str, Any]]:
    """The answer of a route, for its description."""
    return {status: {"model": model}}


class Listed(BaseModel, Generic[T]):
    """A page of a list; `next` is the cursor of the page that follows."""

    items: list[T]
    next: str | None


class Health(BaseModel):
    """The server lives."""

    status: Literal["ok"]
    version: str


class Ready(BaseModel):
    """The database can be used."""

    status: Literal["ready"]


class Bank(BaseModel):
    """A bank, and how much it holds."""

    bank_id: str
    sources: int
    sections: int


class BankDeleted(BaseModel):
    """How many sources of a bank were forgotten."""

    bank_id: str
    forgotten: int


class Spent(BaseModel):
    """What calls to models cost, in US dollars, and their mean latency."""

    calls: int
    failed: int
    input_tokens: int
    output_tokens: int
    cost: float
    unpriced: int
    latency_ms: float


class SpentBy(Spent):
    """What calls that share some names cost; only the names that they share are there."""

    bank_id: str = ""
    source_id: str = ""
    state: str = ""
    purpose: str = ""
    model: str = ""


class Costs(BaseModel):
    """What calls to models cost."""

    costs: list[SpentBy]
    total: Spent


class RunOfSource(BaseModel):
    """The run of a source: its steps, and how each section ended."""

    run: Run | None
    passed_over: dict[str, int]
    ledger: list[Outcome]
    steps: list[StepLogEntry]


class Source(RunOfSource):
    """A source with its sections and its latest run."""

    source: StoredSource | None
    sections: list[Section]


class SourceText(BaseModel):
    """The text of a source; null where it is not kept."""

    bank_id: str
    source_id: str
    text: str | None


class BegunRun(BaseModel):
    """A run that has begun."""

    bank_id: str
    source_id: str
    status: RunStatus


class Begun(BaseModel):
    """Runs that go on."""

    runs: list[BegunRun]


class Ended(BaseModel):
    """Runs that have ended."""

    runs: list[Run]


class FileAnswer(BaseModel):
    """What became of one file of a form: its runs, or a problem."""

    file: str
    status: int
    runs: list[BegunRun] = []
    code: str = ""
    detail: str = ""


class Files(BaseModel):
    """What became of the files of a form."""

    files: list[FileAnswer]


class EarlierRun(BaseModel):
    """A run that another one has replaced: the fields of a run, and its steps."""

    bank_id: str
    source_id: str
    status: RunStatus
    last_state: str
    errors: list[str]
    started_at: datetime | None
    completed_at: datetime | None
    duration_ms: float
    run_id: str
    steps: list[StepLogEntry]


class Cancelled(BaseModel):
    """A run that was stopped."""

    bank_id: str
    source_id: str
    cancelled: bool


class Forgotten(BaseModel):
    """A source, or a fact of it, that was forgotten, and the copies that may still have it."""

    bank_id: str
    source_id: str
    forgotten: bool
    copies: list[str]
    fact_id: str = ""


class Forgetting(BaseModel):
    """What forgetting a source or a fact would delete and change."""

    bank_id: str
    source_id: str
    fact_id: str | None
    sections: int
    facts: list[str]
    entities: list[str]
    restored: list[str]
    pages_gone: list[str]
    pages_changed: list[str]
    log_entries: int


class Fact(BaseModel):
    """A fact with its place; `span` counts characters of the source's text."""

    source_id: str
    fact_id: str
    section_id: str
    type: FactType
    text: str
    quote: str
    span: tuple[int, int]
    line: int
    entities: list[str]
    subject: str | None
    slot: str | None
    value: str | None
    mentioned_at: datetime | None
    came_in: datetime | None
    occurred_start: datetime | None
    occurred_end: datetime | None
    confidence: float
    superseded_by: str | None


class Entity(BaseModel):
    """An entity with its aliases, and how often it is named."""

    entity_id: str
    name: str
    kind: EntityKind
    aliases: list[str]
    reasons: list[str]
    mentions: int


class Correction(BaseModel):
    """A decision on two names."""

    bank_id: str
    correction: Literal["merge", "split"]
    names: list[str]


class Index(BaseModel):
    """A bank's index as Markdown."""

    bank_id: str
    text: str


class Superseded(BaseModel):
    """A fact that replaces another one."""

    newer: LogFact
    older: LogFact


class LogEntry(BaseModel):
    """What one run brought to a bank."""

    at: datetime
    action: LogAction
    source_id: str
    version: int
    sections: int
    came: list[LogFact]
    went: list[LogFact]
    superseded: list[Superseded]
    pages: list[str]
