"""What the contract of checkpoints is tested with: contexts, keys and a clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, ClassVar, TypedDict

from retain.checkpoints.history import History
from retain.engine.context import (
    Detour,
    EngineState,
    FanOut,
    KeyedContext,
    Mapped,
    Question,
    RunContext,
    StateFailure,
    StepLogEntry,
)
from retain.holder import Holder
from retain.keys import RunKey
from retain.kinds import OutcomeKind, Task
from retain.memory.context import RetainContext
from retain.memory.model import (
    Entity,
    Fact,
    Judgement,
    Mention,
    MergedFact,
    ModelChoice,
    Outcome,
    Price,
    Provenance,
    Section,
    Tail,
    Vectors,
)
from retain.memory.redaction import Redaction
from retain.status import RunStatus

NOON = datetime(2024, 2, 29, 12, tzinfo=UTC)
TTL_S = 30.0
PATIENCE_S = 20.0

HOSTILE_IDS = (
    "",
    " ",
    ".",
    "..",
    "../up",
    "/etc/passwd",
    "a/b",
    "a_b",
    "a-b",
    "a\\b",
    "%2e%2e",
    "it's",
    "; DROP TABLE run; --",
    "%_*?[a]",
    "line\nbreak",
    "nul",
    "CON",
    "con",
    "ID",
    "id",
    "id ",
    "id.run",
    "cafe\u0301",
    "caf\u00e9",
    "\u202eright-to-left",
    "\U0001f9e0",
    "x" * 10_000,
    "x" * 10_001,
)
"""Ids that are all different, whatever a backend makes of them."""


class Options(TypedDict):
    """What the suite opens a checkpoint with.

    Args:
        context_type: The dataclass of the contexts.
        lease_ttl_s: Seconds that a lease lasts without a heartbeat.
        history: How many earlier runs of each key are kept.
        clock: Seconds since the epoch; the suite turns it by hand.
        holder: Who holds the leases; the suite names a process on another machine.
    """

    context_type: type[Any]
    lease_ttl_s: float
    history: History
    clock: Callable[[], float]
    holder: Callable[[], Holder]


def far_away() -> Holder:
    """A process on another machine: whether it lives cannot be known, only that it renews."""
    return Holder("another machine", "far-away", 7, "1")


@dataclass
class Clock:
    """A clock that stands, at a whole second, until it is turned."""

    now: float = field(default_factory=lambda: float(int(time.time())))

    def __call__(self) -> float:
        return self.now


@dataclass
class First(RunContext):
    """A context of an older release."""

    name: str = ""
    kept: str = ""


def _split(values: dict[str, Any]) -> dict[str, Any]:
    return {"names": values["name"].split(), "kept": [values["kept"]]}


@dataclass
class Second(RunContext):
    """The same context in a newer release."""

    schema_version: ClassVar[int] = 2
    schema_upgrades: ClassVar[dict[int, Any]] = {1: _split}

    names: list[str] = field(default_factory=list[str])
    kept: list[str] = field(default_factory=list[str])


@dataclass
class Loose(RunContext):
    """A context that may hold what no checkpoint can keep."""

    good: str = ""
    thing: Any = None


@dataclass
class Nested:
    """A value that changes in place."""

    values: list[int] = field(default_factory=list[int])
    inner: Nested | None = None


@dataclass
class Changing(RunContext):
    """A context whose values change in place."""

    table: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    nested: Nested = field(default_factory=Nested)
    items: list[Nested] = field(default_factory=list[Nested])
    days: set[date] = field(default_factory=set[date])


@dataclass
class Working(RunContext):
    """A context that is kept smaller once its run has completed."""

    working_fields: ClassVar[frozenset[str]] = frozenset({"drafts"})

    name: str = ""
    drafts: list[str] = field(default_factory=list[str])


@dataclass
class Growing(RunContext):
    """A context with a list that grows."""

    items: list[dict[str, int]] = field(default_factory=list[dict[str, int]])


@dataclass
class Seed:
    """A context of a user's own, with no more than the seed's fields."""

    bank_id: str
    source_id: str
    md_text: str
    last_state: str = "INIT"
    step_log: list[StepLogEntry] = field(default_factory=list[StepLogEntry])
    errors: list[str] = field(default_factory=list[str])
    started_at: datetime = NOON
    completed_at: datetime | None = None


@dataclass
class Order(KeyedContext):
    """A context whose run has one plain key."""

    paid: int = 0


@dataclass
class Regional(RunContext):
    """A context that makes the key of its run of three fields."""

    region: str = ""

    @property
    def run_key(self) -> RunKey:
        """Names the run."""
        return (self.region, self.bank_id, self.source_id)


@dataclass
class Pinned:
    """A context of a user's own, which names its run by a text."""

    run_key: str
    last_state: str = "INIT"
    step_log: list[StepLogEntry] = field(default_factory=list[StepLogEntry])
    errors: list[str] = field(default_factory=list[str])
    completed_at: datetime | None = None


@dataclass(slots=True)
class Slotted:
    """A context without a dictionary, which no weak reference can name."""

    bank_id: str
    source_id: str
    text: str = ""
    last_state: str = "INIT"
    step_log: list[StepLogEntry] = field(default_factory=list[StepLogEntry])
    errors: list[str] = field(default_factory=list[str])
    status: RunStatus = RunStatus.RUNNING
    fan_out: FanOut | None = None
    completed_at: datetime | None = None


def whole(bank_id: str = "bank", source_id: str = "source") -> RetainContext:
    """A context in which no field has its default."""
    entries = [
        StepLogEntry("INIT", NOON, NOON + timedelta(seconds=1), 1000.5, None, {"attempt": 2}),
        StepLogEntry("READ", NOON, NOON + timedelta(seconds=2), 0.25, "ValueError: no\nline"),
        StepLogEntry("parallel:EMBED", NOON),
    ]
    section = Section(
        "s1", 0, "turn", 2, ("Heading", "Größe"), 3, 9, 1, 2, "Ana", NOON - timedelta(days=1)
    )
    fact = Fact(
        "f1", "s1", "plan", "Ana moves", "I move", 3, 9, ("Ana", "Ω"), NOON, NOON, NOON, "f0"
    )
    return RetainContext(
        bank_id,
        source_id,
        "# Heading\n\nnul \0, zero-width \u200b, \U0001f9e0\r\n",
        reference_date=datetime(2024, 2, 29, 12, 0, 0, 123456, timezone(timedelta(hours=5))),
        came_in=datetime(2024, 3, 1, 7, 30, tzinfo=UTC),
        origin="/notes/a.md",
        task=Task.FORGET_FACT,
        model=ModelChoice("openai:m", "http://127.0.0.1:8000/v1", Price(0.15, 0.6)),
        fact_id="f9",
        added="and more",
        stated=True,
        tail=Tail("abc", 40, 2, 3, 1),
        redactions=[Redaction(3, 2**63, "ab")],
        document_id="d1",
        provenance=Provenance("chat", {"u1": "Ana"}, {"bots": 2}),
        passed_over={"bots": 2},
        decoded="Heading",
        given_hash="ff00",
        content_hash="00ff",
        title="Heading",
        meta={"tags": ["a", {"b": None}], "n": 1, "x": 1.5, "yes": True},
        sections=[section, replace(section, section_id="s2", speaker=None, said_at=None)],
        vectors=Vectors("m", 2, ("s1",), b"\x00\x3c\x00\x00"),
        extractor="rules-1",
        drafts=[replace(fact, fact_id="", subject="Ana", slot="lives in", value="Lisbon")],
        outcomes=[
            Outcome("s1", OutcomeKind.FACTS, 1, NOON, "one", reused=True),
            Outcome("s2", OutcomeKind.NO_FACTS, 0),
        ],
        lost_before=2,
        facts=[fact, replace(fact, fact_id="f2", type="world", superseded_by=None)],
        merged=[MergedFact(replace(fact, confidence=0.5), "the same words")],
        mentions=[Mention("Ana", "person", "s1", 0, 3)],
        judgements=[Judgement("Ana", "Ann", "same")],
        directory=[Entity("e1", "Ana", "person", ("Ana", "Ann"), ("a reason",))],
        entities=["Ana", ""],
        supersedes_edges=[("f1", "f0")],
        last_state="LINK",
        step_log=entries,
        errors=["parallel:EMBED: no"],
        status=RunStatus.FAILED,
        fan_out=FanOut(
            "READ",
            (("EMBED",), ("EXTRACT", "DEDUPE")),
            "LINK",
            [0, 2],
            "continue",
            {0: StateFailure("EMBED", "no")},
            {1: Detour("UNDO", StateFailure("EXTRACT", "no"))},
            Mapped(9, 2, "meta", bytearray(b"\x01\x00")),
        ),
        engine_state=EngineState(
            [Question("EMBED", "may I?", '{"cents":5}', 3)],
            {"EXTRACT": '"x"'},
            [StateFailure("EMBED", "no", 2)],
            "v2",
        ),
        fan_out_items="[1,2]",
        started_at=NOON,
        completed_at=NOON + timedelta(hours=1),
    )
