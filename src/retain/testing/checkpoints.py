"""The contract of `Checkpoint`, as tests that any backend can run.

    class TestMyCheckpoint(CheckpointContract):
        @asynccontextmanager
        async def open(self, folder, **options):
            checkpoint = MyCheckpoint(folder / "runs", **options)
            yield checkpoint
            await checkpoint.close()

It needs pytest, and no plugin of it.
"""
# ruff: noqa: S101 - assertions are what a test suite is made of

from __future__ import annotations

import asyncio
import dataclasses
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, ClassVar, TypedDict, TypeVar, Unpack

import pytest

from retain.engine import RetainFSM
from retain.engine.checkpoint import Checkpoint
from retain.engine.context import (
    Detour,
    EngineState,
    FanOut,
    Mapped,
    Question,
    RunContext,
    StateFailure,
    StepLogEntry,
)
from retain.errors import (
    CheckpointDamagedError,
    CheckpointError,
    CheckpointVersionError,
    InputError,
    LeaseHeldError,
    LeaseLostError,
)
from retain.holder import Holder, this_process
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

T = TypeVar("T")

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
        clock: Seconds since the epoch; the suite turns it by hand.
        holder: Who holds the leases; the suite names a process on another machine.
    """

    context_type: type[Any]
    lease_ttl_s: float
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
        origin="/notes/a.md",
        task="forget fact",
        model=ModelChoice("openai:m", "http://127.0.0.1:8000/v1", Price(0.15, 0.6)),
        fact_id="f9",
        added="and more",
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
            Outcome("s1", "facts", 1, NOON, "one", reused=True),
            Outcome("s2", "no facts", 0),
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


def _sync(
    test: Callable[[T, Path], Coroutine[Any, Any, None]],
) -> Callable[[T, Path], None]:
    """A test that pytest can call, from one that awaits."""

    def run(self: T, tmp_path: Path) -> None:
        asyncio.run(test(self, tmp_path))

    run.__name__, run.__qualname__, run.__doc__ = test.__name__, test.__qualname__, test.__doc__
    return run


class CheckpointContract(ABC):
    """Inherit from it, in a class that pytest collects.

    Set `shared` to False for a backend whose runs only one object sees: what needs a second
    runner, or a second look after closing, is then skipped.
    """

    shared: ClassVar[bool] = True
    """Whether two checkpoints that are open on one folder see the same runs and leases."""

    @abstractmethod
    def open(
        self, folder: Path, **options: Unpack[Options]
    ) -> AbstractAsyncContextManager[Checkpoint[Any]]:
        """A checkpoint on `folder`; it is closed with the block, and what it kept stays."""

    async def damage(self, folder: Path, checkpoint: Checkpoint[Any]) -> None:
        """Make what is kept of run ``("bank", "damaged")`` unreadable, behind its back."""
        pytest.skip("this backend says no way to damage a run")

    def _open(
        self,
        folder: Path,
        context_type: type[Any] = RetainContext,
        *,
        lease_ttl_s: float = TTL_S,
        clock: Callable[[], float] = time.time,
        holder: Callable[[], Holder] = this_process,
    ) -> AbstractAsyncContextManager[Checkpoint[Any]]:
        options = Options(
            context_type=context_type, lease_ttl_s=lease_ttl_s, clock=clock, holder=holder
        )
        return self.open(folder, **options)

    async def _open_two(
        self,
        stack: AsyncExitStack,
        folder: Path,
        *,
        lease_ttl_s: float = TTL_S,
        clock: Callable[[], float] = time.time,
        holder: Callable[[], Holder] = this_process,
    ) -> tuple[Checkpoint[Any], Checkpoint[Any]]:
        self._need_sharing()
        opened = [
            await stack.enter_async_context(
                self._open(folder, lease_ttl_s=lease_ttl_s, clock=clock, holder=holder)
            )
            for _ in range(2)
        ]
        return opened[0], opened[1]

    def _need_sharing(self) -> None:
        if not self.shared:
            pytest.skip("what this backend keeps is seen by one object only")

    # What is saved is what is loaded.

    def test_the_sample_leaves_no_field_at_its_default(self) -> None:
        plain = RetainContext("", "", "")
        for each in dataclasses.fields(RetainContext):
            assert getattr(whole(), each.name) != getattr(plain, each.name), each.name

    @_sync
    async def test_every_field_comes_back(self, tmp_path: Path) -> None:
        async with self._open(tmp_path) as checkpoint:
            await checkpoint.save(whole())
            assert await checkpoint.load("bank", "source") == whole()

    @_sync
    async def test_a_missing_run_is_none(self, tmp_path: Path) -> None:
        async with self._open(tmp_path) as checkpoint:
            assert await checkpoint.load("bank", "source") is None
            await checkpoint.save(whole())
            assert await checkpoint.load("bank", "other") is None
            assert await checkpoint.load("other", "source") is None

    @_sync
    async def test_what_is_loaded_is_a_copy(self, tmp_path: Path) -> None:
        async with self._open(tmp_path) as checkpoint:
            saved = whole()
            await checkpoint.save(saved)
            first, second = await _load(checkpoint), await _load(checkpoint)
            assert first is not saved
            assert second is not first
            saved.entities.append("saved")
            first.meta["tags"].append("first")
            first.step_log[0].notes["first"] = True
            assert second == whole()
            assert await checkpoint.load("bank", "source") == whole()

    @_sync
    async def test_every_later_save_is_what_is_loaded(self, tmp_path: Path) -> None:
        async with self._open(tmp_path) as checkpoint:
            ctx = RetainContext("bank", "source", "text", started_at=NOON)
            for change in _changes():
                change(ctx)
                await checkpoint.save(ctx)
                assert await checkpoint.load("bank", "source") == ctx, change

    @_sync
    async def test_a_loaded_context_goes_on(self, tmp_path: Path) -> None:
        async with self._open(tmp_path) as checkpoint:
            await checkpoint.save(RetainContext("bank", "source", "text", started_at=NOON))
            for change in _changes():
                ctx = await _load(checkpoint)
                change(ctx)
                await checkpoint.save(ctx)
                assert await checkpoint.load("bank", "source") == ctx, change

    @_sync
    async def test_values_that_change_in_place_are_noticed(self, tmp_path: Path) -> None:
        async with self._open(tmp_path, Changing) as checkpoint:
            ctx = Changing("bank", "source")
            await checkpoint.save(ctx)
            changes: list[Callable[[], Any]] = [
                lambda: ctx.table.update(a=[]),
                lambda: ctx.table["a"].append(1),
                lambda: ctx.nested.values.append(2),
                lambda: setattr(ctx.nested, "inner", Nested([3])),
                lambda: ctx.items.extend([Nested([4]), Nested()]),
                lambda: ctx.items[1].values.append(5),
                lambda: ctx.items.reverse(),
                lambda: ctx.days.add(NOON.date()),
                lambda: ctx.days.clear(),
                lambda: ctx.table.clear(),
            ]
            for change in changes:
                change()
                await checkpoint.save(ctx)
                assert await checkpoint.load("bank", "source") == ctx

    @_sync
    async def test_a_completed_run_is_kept_without_its_working_fields(self, tmp_path: Path) -> None:
        """The caller's own context keeps them; a run that goes on has them too."""
        async with self._open(tmp_path, Working) as checkpoint:

            async def kept() -> Working:
                found = await checkpoint.load("bank", "source")
                assert isinstance(found, Working)
                return found

            ctx = Working("bank", "source", name="a", drafts=["word"] * 3)
            await checkpoint.save(ctx)
            assert (await kept()).drafts == ctx.drafts
            ctx.step_log.append(StepLogEntry("INIT", NOON))
            ctx.status = RunStatus.COMPLETED
            await checkpoint.save(ctx)
            completed = await kept()
            assert (completed.name, completed.drafts) == ("a", [])
            assert completed.step_log == ctx.step_log
            assert ctx.drafts == ["word"] * 3
            ctx.status = RunStatus.RUNNING
            await checkpoint.save(ctx)
            assert (await kept()).drafts == ctx.drafts

    @_sync
    async def test_a_replaced_or_shortened_step_log_is_kept_as_it_is(self, tmp_path: Path) -> None:
        async with self._open(tmp_path) as checkpoint:
            ctx = whole()
            await checkpoint.save(ctx)
            logs: list[list[StepLogEntry]] = [
                [StepLogEntry("A", NOON, NOON), StepLogEntry("B", NOON), StepLogEntry("C", NOON)],
                [StepLogEntry("D", NOON)],
                [StepLogEntry("E", NOON, NOON), StepLogEntry("F", NOON, NOON)],
                [],
            ]
            for log in logs:
                ctx.step_log = log
                await checkpoint.save(ctx)
                assert await checkpoint.load("bank", "source") == ctx

    @_sync
    async def test_a_long_run_keeps_every_step(self, tmp_path: Path) -> None:
        async with self._open(tmp_path) as checkpoint:
            ctx = RetainContext("bank", "source", "text", started_at=NOON)
            for n in range(100):
                ctx.step_log.append(StepLogEntry(f"S{n}", NOON))
                await checkpoint.save(ctx)
                ctx.step_log[-1].completed_at = NOON
                ctx.step_log[-1].duration_ms = n
                await checkpoint.save(ctx)
            assert await checkpoint.load("bank", "source") == ctx
            [summary] = await checkpoint.list()
            assert (summary.steps, summary.duration_ms) == (100, sum(range(100)))

    @_sync
    async def test_a_new_context_replaces_the_old_one_whole(self, tmp_path: Path) -> None:
        async with self._open(tmp_path) as checkpoint:
            await checkpoint.save(whole())
            new = RetainContext("bank", "source", "other", started_at=NOON)
            await checkpoint.save(new)
            assert await checkpoint.load("bank", "source") == new

    @_sync
    async def test_two_contexts_of_one_run_never_mix(self, tmp_path: Path) -> None:
        async with self._open(tmp_path) as checkpoint:
            one = RetainContext("bank", "source", "one", meta={"one": 1}, started_at=NOON)
            two = RetainContext("bank", "source", "two", entities=["two"], started_at=NOON)
            for n in range(3):
                for ctx in (one, two):
                    ctx.title = str(n)
                    await checkpoint.save(ctx)
                    assert await checkpoint.load("bank", "source") == ctx

    @_sync
    async def test_two_runners_of_one_run_never_mix(self, tmp_path: Path) -> None:
        async with AsyncExitStack() as stack:
            first, second = await self._open_two(stack, tmp_path)
            observer = await stack.enter_async_context(self._open(tmp_path))
            one = RetainContext("bank", "source", "one", meta={"one": 1}, started_at=NOON)
            two = RetainContext("bank", "source", "two", entities=["two"], started_at=NOON)
            for n in range(4):
                for checkpoint, ctx in ((first, one), (second, two)):
                    for _ in range(1 + n % 2):
                        ctx.step_log.append(StepLogEntry(str(n), NOON, NOON))
                        await checkpoint.save(ctx)
                    assert await observer.load("bank", "source") == ctx

    @_sync
    async def test_concurrent_saves_end_in_the_latest_state(self, tmp_path: Path) -> None:
        async with self._open(tmp_path) as checkpoint:
            ctx = RetainContext("bank", "source", "x" * 100_000, started_at=NOON)
            saves: list[asyncio.Task[None]] = []
            for n in range(30):
                ctx.entities.append(str(n))
                ctx.md_text += str(n)
                saves.append(asyncio.create_task(checkpoint.save(ctx)))
                await asyncio.sleep(0)
            await asyncio.gather(*saves)
            assert await checkpoint.load("bank", "source") == ctx

    @_sync
    async def test_a_cancelled_save_never_overtakes_the_next_one(self, tmp_path: Path) -> None:
        for pauses in range(8):
            async with self._open(tmp_path) as checkpoint:
                ctx = RetainContext("bank", str(pauses), "old", started_at=NOON)
                saving = asyncio.create_task(checkpoint.save(ctx))
                for _ in range(pauses):
                    await asyncio.sleep(0)
                saving.cancel()
                with suppress(asyncio.CancelledError):
                    await saving
                ctx.md_text = "new"
                await checkpoint.save(ctx)
                assert await checkpoint.load("bank", str(pauses)) == ctx

    @_sync
    async def test_runs_saved_at_once_do_not_disturb_each_other(self, tmp_path: Path) -> None:
        async with self._open(tmp_path) as checkpoint:
            runs = [whole("bank", str(n)) for n in range(50)]
            await asyncio.gather(*(checkpoint.save(ctx) for ctx in runs))
            for ctx in runs:
                ctx.title = ctx.source_id
            await asyncio.gather(*(checkpoint.save(ctx) for ctx in runs))
            assert [await checkpoint.load("bank", str(n)) for n in range(50)] == runs

    @_sync
    async def test_a_run_outlives_its_checkpoint(self, tmp_path: Path) -> None:
        self._need_sharing()
        async with self._open(tmp_path) as checkpoint:
            await checkpoint.save(whole())
        async with self._open(tmp_path) as checkpoint:
            assert await checkpoint.load("bank", "source") == whole()

    @_sync
    async def test_hostile_ids_name_runs_of_their_own(self, tmp_path: Path) -> None:
        folder = tmp_path / "deep" / "inside"
        folder.mkdir(parents=True)
        async with self._open(folder) as checkpoint:
            keys = [(one, two) for odd in HOSTILE_IDS for one, two in ((odd, "b"), ("b", odd))]
            keys += [("a", "bc"), ("ab", "c"), ("abc", ""), ("", "abc")]
            for n, key in enumerate(keys):
                assert await checkpoint.load(*key) is None
                await checkpoint.save(RetainContext(*key, str(n), started_at=NOON))
            for n, key in enumerate(keys):
                ctx = RetainContext(*key, str(n), started_at=NOON)
                assert await checkpoint.load(*key) == ctx
                assert [s.source_id for s in await checkpoint.list(key[0])].count(key[1]) == 1
            listed = [(s.bank_id, s.source_id) for s in await checkpoint.list()]
            assert listed == sorted(keys)
            for n, key in enumerate(keys):
                async with checkpoint.lease(*key):
                    assert await checkpoint.delete(*key)
                assert len(await checkpoint.list()) == len(keys) - n - 1
        assert _names(tmp_path) == ["deep"]
        assert _names(folder.parent) == ["inside"]

    @_sync
    async def test_an_id_that_not_every_backend_can_keep_is_refused(self, tmp_path: Path) -> None:
        async with self._open(tmp_path) as checkpoint:
            for key in (("bank", "\udc80.md"), ("\ud800", "source"), ("bank", "\0"), ("a\0", "b")):
                with pytest.raises(CheckpointError, match=r"surrogate|NUL"):
                    await checkpoint.save(RetainContext(*key, "text"))
                with pytest.raises(CheckpointError, match=r"surrogate|NUL"):
                    await checkpoint.load(*key)
                with pytest.raises(CheckpointError, match=r"surrogate|NUL"):
                    await checkpoint.delete(*key)
                with pytest.raises(CheckpointError, match=r"surrogate|NUL"):
                    await checkpoint.lease(*key).__aenter__()
            for bank_id in ("\udc80", "\0"):
                with pytest.raises(CheckpointError, match=r"surrogate|NUL"):
                    await checkpoint.list(bank_id)
            assert await checkpoint.list() == []

    @_sync
    async def test_an_error_that_is_no_text_is_kept_escaped(self, tmp_path: Path) -> None:
        async with self._open(tmp_path) as checkpoint:
            ctx = RetainContext("bank", "source", "text", started_at=NOON)
            ctx.errors = ["no file \udc80.md"]
            ctx.step_log = [StepLogEntry("READ", NOON, NOON, 1.0, "no file \udc80.md")]
            await checkpoint.save(ctx)
            loaded = await _load(checkpoint)
            assert loaded.errors == [loaded.step_log[0].error] == ["no file \\udc80.md"]

    # Any dataclass with the engine's fields is a context.

    @_sync
    async def test_a_context_may_have_only_the_seeds_fields(self, tmp_path: Path) -> None:
        async with self._open(tmp_path, Seed) as checkpoint:
            ctx = Seed("bank", "source", "text")
            for state in ("READ", "LINK"):
                ctx.step_log.append(StepLogEntry(ctx.last_state, NOON, NOON, 1.0))
                ctx.last_state = state
                await checkpoint.save(ctx)
                assert await checkpoint.load("bank", "source") == ctx
            [summary] = await checkpoint.list()
            assert (summary.status, summary.last_state) == ("interrupted", "LINK")
            assert (summary.started_at, summary.completed_at) == (NOON, None)

    @_sync
    async def test_a_context_may_have_slots(self, tmp_path: Path) -> None:
        async with self._open(tmp_path, Slotted) as checkpoint:
            ctx = Slotted("bank", "source", "text")
            for state in ("READ", "LINK"):
                ctx.last_state = state
                await checkpoint.save(ctx)
                assert await checkpoint.load("bank", "source") == ctx
            await checkpoint.save(Slotted("bank", "source"))
            assert await checkpoint.load("bank", "source") == Slotted("bank", "source")

    @_sync
    async def test_what_cannot_be_kept_is_refused_by_name(self, tmp_path: Path) -> None:
        async with self._open(tmp_path, Loose) as checkpoint:
            ctx = Loose("bank", "source", good="old", started_at=NOON)
            await checkpoint.save(ctx)
            loop: list[Any] = []
            loop.append(loop)
            ctx.good = "new"
            for bad in (object(), {"deep": [print]}, [object()] * 1000, "\ud800", loop):
                ctx.thing = bad
                with pytest.raises(CheckpointError, match="'thing'") as caught:
                    await checkpoint.save(ctx)
                assert "\n" not in str(caught.value)
                kept = await _load(checkpoint)
                assert (kept.good, kept.thing) == ("old", None)
            ctx.thing = None
            for bad in (object(), loop):
                ctx.step_log = [StepLogEntry("READ", NOON, notes={"bad": bad})]
                with pytest.raises(CheckpointError, match="'READ'"):
                    await checkpoint.save(ctx)
            ctx.step_log = []
            await checkpoint.save(ctx)
            assert await checkpoint.load("bank", "source") == ctx

    @_sync
    async def test_an_older_schema_is_upgraded(self, tmp_path: Path) -> None:
        self._need_sharing()
        async with self._open(tmp_path, First) as checkpoint:
            await checkpoint.save(First("bank", "source", "Ana Bo", "as it was", started_at=NOON))
        expected = Second("bank", "source", ["Ana", "Bo"], ["as it was"], started_at=NOON)
        for state in ("READ", "LINK", "STORE"):
            async with self._open(tmp_path, Second) as checkpoint:
                ctx = await _load(checkpoint)
                assert ctx == expected
                for later in (state.lower(), state):
                    ctx.last_state = expected.last_state = later
                    await checkpoint.save(ctx)

    @_sync
    async def test_a_newer_schema_is_refused(self, tmp_path: Path) -> None:
        self._need_sharing()
        async with self._open(tmp_path, Second) as checkpoint:
            await checkpoint.save(Second("bank", "source", ["Ana"], started_at=NOON))
        async with self._open(tmp_path, First) as checkpoint:
            with pytest.raises(CheckpointVersionError, match="upgrade retain") as caught:
                await checkpoint.load("bank", "source")
            assert (caught.value.found, caught.value.known) == (2, 1)
            assert [s.source_id for s in await checkpoint.list()] == ["source"]
        async with self._open(tmp_path, Second) as checkpoint:
            assert (await _load(checkpoint)).names == ["Ana"]

    @_sync
    async def test_a_damaged_run_is_an_error_that_names_it(self, tmp_path: Path) -> None:
        async with self._open(tmp_path) as checkpoint:
            await checkpoint.save(whole("bank", "damaged"))
            await checkpoint.save(whole("bank", "sound"))
            await self.damage(tmp_path, checkpoint)
            with pytest.raises(CheckpointDamagedError, match="damaged") as caught:
                await checkpoint.load("bank", "damaged")
            assert "\n" not in str(caught.value)
            broken, sound = sorted(await checkpoint.list(), key=lambda s: s.source_id == "sound")
            assert (sound.source_id, sound.errors) == ("sound", tuple(whole().errors))
            assert broken.status == "failed"
            assert broken.errors[0].startswith("damaged checkpoint ")
            assert await checkpoint.delete("bank", "damaged")
            assert await checkpoint.load("bank", "damaged") is None

    # Forgetting and listing.

    @_sync
    async def test_delete_forgets_one_run(self, tmp_path: Path) -> None:
        async with self._open(tmp_path) as checkpoint:
            one, two = whole("bank", "one"), whole("bank", "two")
            await checkpoint.save(one)
            await checkpoint.save(two)
            assert await checkpoint.delete("bank", "one") is True
            assert await checkpoint.load("bank", "one") is None
            assert await checkpoint.delete("bank", "one") is False
            assert await checkpoint.delete("other", "two") is False
            assert await checkpoint.load("bank", "two") == two
            one.title = "changed"
            await checkpoint.save(one)
            assert await checkpoint.load("bank", "one") == one

    @_sync
    async def test_list_is_sorted_and_narrowed(self, tmp_path: Path) -> None:
        async with self._open(tmp_path) as checkpoint:
            assert await checkpoint.list() == []
            for bank, source in (("b", "2"), ("b", "10"), ("a", "é"), ("a", "z"), ("B", "1")):
                await checkpoint.save(whole(bank, source))
            listed = [(s.bank_id, s.source_id) for s in await checkpoint.list()]
            assert listed == [("B", "1"), ("a", "z"), ("a", "é"), ("b", "10"), ("b", "2")]
            assert [s.source_id for s in await checkpoint.list("b")] == ["10", "2"]
            assert await checkpoint.list("missing") == []

    @_sync
    async def test_list_tells_of_each_run_without_its_data(self, tmp_path: Path) -> None:
        async with self._open(tmp_path) as checkpoint:
            ctx = whole()
            await checkpoint.save(ctx)
            [summary] = await checkpoint.list()
            assert (summary.bank_id, summary.source_id) == ("bank", "source")
            assert (summary.status, summary.last_state) == ("failed", "LINK")
            assert summary.errors == ("parallel:EMBED: no",)
            assert (summary.started_at, summary.completed_at) == (ctx.started_at, ctx.completed_at)
            assert (summary.steps, summary.duration_ms) == (3, 1000.75)
            assert [(q.name, q.payload) for q in summary.questions] == [("EMBED[3]", {"cents": 5})]
            assert await checkpoint.load("bank", "source") == ctx
            await checkpoint.save(ctx)
            assert await checkpoint.list() == [summary]

    @_sync
    async def test_list_by_status(self, tmp_path: Path) -> None:
        clock = Clock()
        async with self._open(tmp_path, clock=clock) as checkpoint:
            ended = [status for status in RunStatus if status != RunStatus.RUNNING]
            for status in ended:
                await checkpoint.save(RetainContext("bank", status, "", status=status))
            await checkpoint.save(RetainContext("bank", "running", ""))

            async def listed(status: str | None) -> list[tuple[str, str]]:
                return [(s.source_id, s.status) for s in await checkpoint.list("bank", status)]

            async with checkpoint.lease("bank", "running"):
                for status in RunStatus:
                    assert await listed(status) == [(status, status)]
                assert len(await listed(None)) == len(RunStatus)
            interrupted = [("interrupted", "interrupted"), ("running", "interrupted")]
            assert await listed("interrupted") == interrupted
            assert await listed("running") == []
            with pytest.raises(InputError, match="'lost'"):
                await checkpoint.list(status="lost")

    @_sync
    async def test_a_run_whose_lease_ran_out_is_interrupted(self, tmp_path: Path) -> None:
        clock = Clock()
        async with self._open(tmp_path, clock=clock, holder=far_away) as checkpoint:
            await checkpoint.save(RetainContext("bank", "source", ""))
            async with checkpoint.lease("bank", "source"):
                clock.now += TTL_S + 1
                [summary] = await checkpoint.list()
                assert summary.status == "interrupted"

    @_sync
    async def test_prune_deletes_old_completed_runs(self, tmp_path: Path) -> None:
        clock = Clock()
        now = datetime.fromtimestamp(clock.now, UTC)
        async with self._open(tmp_path, clock=clock) as checkpoint:
            for bank in ("a", "b"):
                for age in (1, 3, 5):
                    ctx = RetainContext(bank, str(age), "", status=RunStatus.COMPLETED)
                    ctx.completed_at = now - timedelta(days=age)
                    await checkpoint.save(ctx)
                await checkpoint.save(
                    RetainContext(bank, "failed", "", status=RunStatus.FAILED, started_at=NOON)
                )

            async def left() -> list[str]:
                return [s.bank_id + s.source_id for s in await checkpoint.list()]

            assert await checkpoint.prune(timedelta(days=9)) == 0
            assert await checkpoint.prune(timedelta(days=4), "a") == 1
            assert await left() == ["a1", "a3", "afailed", "b1", "b3", "b5", "bfailed"]
            assert await checkpoint.prune(timedelta(days=3)) == 1  # exactly as old is not older
            assert await left() == ["a1", "a3", "afailed", "b1", "b3", "bfailed"]
            clock.now += 1
            assert await checkpoint.prune(timedelta(days=3)) == 2
            assert await checkpoint.prune(timedelta(), "missing") == 0
            assert await checkpoint.prune(timedelta()) == 2
            assert await left() == ["afailed", "bfailed"]

    @_sync
    async def test_prune_leaves_what_another_runner_holds(self, tmp_path: Path) -> None:
        async with AsyncExitStack() as stack:
            first, second = await self._open_two(stack, tmp_path)
            for source in ("free", "held"):
                ctx = RetainContext(
                    "bank", source, "", status=RunStatus.COMPLETED, completed_at=NOON
                )
                await first.save(ctx)
            async with second.lease("bank", "held"):
                assert await first.prune(timedelta()) == 1
            assert [s.source_id for s in await first.list()] == ["held"]

    # Leases.

    @_sync
    async def test_a_lease_says_what_it_is(self, tmp_path: Path) -> None:
        async with self._open(tmp_path) as checkpoint:
            async with checkpoint.lease("bank", "source") as lease:
                assert (lease.bank_id, lease.source_id) == ("bank", "source")
                assert lease.ttl_s == TTL_S
            async with checkpoint.lease("bank", "source") as next_lease:
                assert next_lease.token > lease.token

    @_sync
    async def test_a_held_run_is_refused_at_once(self, tmp_path: Path) -> None:
        clock = Clock()
        async with AsyncExitStack() as stack:
            first, second = await self._open_two(stack, tmp_path, clock=clock)
            async with first.lease("bank", "source"):
                with pytest.raises(LeaseHeldError, match="'source' in 'bank'") as caught:
                    await second.lease("bank", "source").__aenter__()
                error = caught.value
                assert (error.bank_id, error.source_id) == ("bank", "source")
                assert error.holder
                assert error.holder in str(error)
                expires_at = datetime.fromtimestamp(clock.now + TTL_S, UTC)
                assert abs(error.expires_at - expires_at) < timedelta(milliseconds=1)
                async with second.lease("bank", "other"), second.lease("other", "source"):
                    pass
            async with second.lease("bank", "source"):
                with pytest.raises(LeaseHeldError):
                    await first.lease("bank", "source").__aenter__()

    @_sync
    async def test_one_checkpoint_holds_a_run_once(self, tmp_path: Path) -> None:
        clock = Clock()
        async with self._open(tmp_path, clock=clock) as checkpoint:
            async with checkpoint.lease("bank", "source"):
                for _ in range(2):
                    with pytest.raises(LeaseHeldError):
                        await checkpoint.lease("bank", "source").__aenter__()
                    # It has run out; but its holder, in this very process, is still at work.
                    clock.now += TTL_S + 1
                await checkpoint.save(whole())
            async with checkpoint.lease("bank", "source"):
                await checkpoint.save(whole())

    @_sync
    async def test_of_many_only_one_gets_the_lease(self, tmp_path: Path) -> None:
        async with self._open(tmp_path) as checkpoint:
            leases = [checkpoint.lease("bank", "source") for _ in range(10)]
            got = await asyncio.gather(
                *(lease.__aenter__() for lease in leases), return_exceptions=True
            )
            refused = [error for error in got if isinstance(error, BaseException)]
            assert len(refused) == 9
            assert all(isinstance(error, LeaseHeldError) for error in refused)
            for lease, outcome in zip(leases, got, strict=True):
                if not isinstance(outcome, BaseException):
                    await lease.__aexit__(None, None, None)

    @_sync
    async def test_a_lease_is_released_however_the_block_ends(self, tmp_path: Path) -> None:
        async with self._open(tmp_path) as checkpoint:
            with pytest.raises(ZeroDivisionError):
                async with checkpoint.lease("bank", "source"):
                    raise ZeroDivisionError
            inside = asyncio.Event()

            async def hold() -> None:
                async with checkpoint.lease("bank", "source"):
                    inside.set()
                    await asyncio.Event().wait()

            for cancellations in (1, 2, 3):
                inside.clear()
                holder = asyncio.create_task(hold())
                await inside.wait()
                for _ in range(cancellations):
                    holder.cancel()
                    await asyncio.sleep(0)
                with pytest.raises(asyncio.CancelledError):
                    await holder
                async with checkpoint.lease("bank", "source"):
                    pass

    @_sync
    async def test_a_runner_cancelled_while_it_asks_leaves_no_lease(self, tmp_path: Path) -> None:
        async with self._open(tmp_path) as checkpoint:

            async def hold(source_id: str) -> None:
                async with checkpoint.lease("bank", source_id):
                    await asyncio.Event().wait()

            for pauses in range(8):
                for cancellations in (1, 2):
                    source_id = f"{pauses} {cancellations}"
                    holder = asyncio.create_task(hold(source_id))
                    for _ in range(pauses):
                        await asyncio.sleep(0)
                    for _ in range(cancellations):
                        holder.cancel()
                        await asyncio.sleep(0)
                    with pytest.raises(asyncio.CancelledError):
                        await holder
                    async with checkpoint.lease("bank", source_id):
                        pass

    @_sync
    async def test_a_runner_without_the_lease_is_shut_out(self, tmp_path: Path) -> None:
        clock = Clock()
        async with AsyncExitStack() as stack:
            first, second = await self._open_two(stack, tmp_path, clock=clock)
            late, kept = whole(), whole()
            await second.save(late)
            async with first.lease("bank", "source"):
                kept.title = "first"
                await first.save(kept)
                late.title = "second"
                for ctx in (late, whole()):
                    with pytest.raises(LeaseHeldError):
                        await second.save(ctx)
                with pytest.raises(LeaseHeldError):
                    await second.delete("bank", "source")
                assert await second.load("bank", "source") == kept
                await second.save(whole("bank", "other"))
            await second.save(late)
            assert await first.load("bank", "source") == late
            assert await second.delete("bank", "source")

    @_sync
    async def test_the_holder_saves_and_deletes(self, tmp_path: Path) -> None:
        async with self._open(tmp_path) as checkpoint:
            ctx = whole()
            async with checkpoint.lease("bank", "source"):
                for title in ("one", "two"):
                    ctx.title = title
                    await checkpoint.save(ctx)
                assert await checkpoint.load("bank", "source") == ctx
                assert await checkpoint.delete("bank", "source")
                await checkpoint.save(ctx)
            ctx.title = "three"
            await checkpoint.save(ctx)
            assert await checkpoint.load("bank", "source") == ctx

    @_sync
    async def test_a_holder_that_was_overtaken_is_fenced_off(self, tmp_path: Path) -> None:
        clock = Clock()
        async with AsyncExitStack() as stack:
            first, second = await self._open_two(stack, tmp_path, clock=clock, holder=far_away)
            stale = whole()
            async with first.lease("bank", "source") as old:
                await first.save(stale)
                clock.now += TTL_S + 1
                stale.title = "late, but nobody has taken over"
                await first.save(stale)
                async with second.lease("bank", "source") as new:
                    assert new.token > old.token
                    ctx = await _load(second)
                    assert ctx == stale
                    ctx.title = "second"
                    await second.save(ctx)
                    stale.title = "first"
                    for wakes in (stale, whole()):
                        with pytest.raises(LeaseLostError, match="lost to another") as caught:
                            await first.save(wakes)
                        assert caught.value.source_id == "source"
                    with pytest.raises(LeaseLostError):
                        await first.delete("bank", "source")
                    ctx.title = "second still saves"
                    await second.save(ctx)
                # Nor may it go on once the other has finished: its copy is old.
                with pytest.raises(LeaseLostError):
                    await first.save(stale)
            assert await first.load("bank", "source") == ctx
            async with first.lease("bank", "source"):
                pass

    @_sync
    async def test_no_clock_outranks_a_holder_that_lives(self, tmp_path: Path) -> None:
        clock = Clock()
        async with AsyncExitStack() as stack:
            first, second = await self._open_two(stack, tmp_path, clock=clock)
            async with first.lease("bank", "source"):
                clock.now += 3600
                with pytest.raises(LeaseHeldError):
                    await second.lease("bank", "source").__aenter__()
                await first.save(whole())
            async with second.lease("bank", "source"):
                pass

    @_sync
    async def test_a_run_whose_lease_is_lost_is_cancelled_at_once(self, tmp_path: Path) -> None:
        clock = Clock()
        async with AsyncExitStack() as stack:
            first, second = await self._open_two(
                stack, tmp_path, lease_ttl_s=0.2, clock=clock, holder=far_away
            )
            began, ended = asyncio.Event(), list[str]()

            async def init(ctx: RetainContext, services: None) -> str:
                try:
                    began.set()
                    await asyncio.sleep(PATIENCE_S)
                except asyncio.CancelledError:
                    ended.append("cancelled")
                    raise
                return "NEXT"

            fsm: RetainFSM[RetainContext, None] = RetainFSM(None)
            fsm.register("INIT", init)

            async def drive() -> None:
                async with first.lease("bank", "source"):
                    ctx = RetainContext("bank", "source", "")
                    with pytest.raises(LeaseLostError):
                        await fsm.run(ctx, checkpoint=first)
                    assert ctx.status == RunStatus.INTERRUPTED
                    with pytest.raises(LeaseLostError):
                        await first.save(ctx)

            driving = asyncio.create_task(drive())
            await began.wait()
            while True:
                clock.now += 1
                with suppress(LeaseHeldError):
                    async with second.lease("bank", "source"):
                        await driving
                        kept = await _load(second)
                        break
            assert ended == ["cancelled"]
            assert [step.error for step in kept.step_log] == [None], "nothing is saved after it"

    @_sync
    async def test_a_block_whose_lease_is_lost_is_cancelled_at_once(self, tmp_path: Path) -> None:
        clock = Clock()
        async with AsyncExitStack() as stack:
            first, second = await self._open_two(
                stack, tmp_path, lease_ttl_s=0.2, clock=clock, holder=far_away
            )
            began = asyncio.Event()

            async def hold() -> None:
                async with first.lease("bank", "source"):
                    began.set()
                    await asyncio.sleep(PATIENCE_S)

            holding = asyncio.create_task(hold())
            await began.wait()
            while not holding.done():
                clock.now += 1
                with suppress(LeaseHeldError):
                    async with second.lease("bank", "source"):
                        await asyncio.wait([holding])
            with pytest.raises(LeaseLostError):
                await holding
            assert not holding.cancelled()

    @_sync
    async def test_the_heartbeat_does_not_wait_for_the_event_loop(self, tmp_path: Path) -> None:
        clock, ttl_s = Clock(), 0.06
        async with AsyncExitStack() as stack:
            first, second = await self._open_two(
                stack, tmp_path, lease_ttl_s=ttl_s, clock=clock, holder=far_away
            )
            until = time.monotonic() + PATIENCE_S

            async def ask() -> None:
                with pytest.raises(LeaseHeldError) as caught:
                    await second.lease("bank", "source").__aenter__()
                ends.append(caught.value.expires_at)

            async with first.lease("bank", "source"):
                ends = [datetime.fromtimestamp(clock.now + ttl_s, UTC)]
                clock.now += ttl_s / 2
                while ends[-1] <= ends[0]:
                    assert time.monotonic() < until, "no heartbeat"
                    asking = threading.Thread(target=lambda: asyncio.run(ask()))
                    asking.start()
                    asking.join()  # this loop is blocked all the while

    @_sync
    async def test_one_checkpoint_serves_event_loops_one_after_the_other(
        self, tmp_path: Path
    ) -> None:
        async with self._open(tmp_path) as checkpoint:
            ctx = whole()

            async def use(number: int) -> None:
                async with checkpoint.lease("bank", "source"):
                    ctx.title = str(number)
                    await asyncio.gather(*(checkpoint.save(ctx) for _ in range(8)))
                    assert (await _load(checkpoint)).title == str(number)

            for number in range(3):
                await asyncio.to_thread(asyncio.run, use(number))

    @_sync
    async def test_one_checkpoint_serves_threads_side_by_side(self, tmp_path: Path) -> None:
        async with self._open(tmp_path) as checkpoint:
            shared = whole()

            async def use(number: int) -> None:
                ctx = whole("bank", str(number))
                async with checkpoint.lease("bank", str(number)):
                    for _ in range(10):
                        await asyncio.gather(checkpoint.save(ctx), checkpoint.save(shared))
                assert await checkpoint.load("bank", str(number)) == ctx

            threads = (asyncio.to_thread(asyncio.run, use(number)) for number in range(4))
            await asyncio.wait_for(asyncio.gather(*threads), PATIENCE_S)
            assert await _load(checkpoint) == shared

    @_sync
    async def test_the_end_of_an_overtaken_holder_frees_nothing(self, tmp_path: Path) -> None:
        clock = Clock()
        async with AsyncExitStack() as stack:
            first, second = await self._open_two(stack, tmp_path, clock=clock, holder=far_away)
            old = first.lease("bank", "source")
            await old.__aenter__()
            clock.now += TTL_S + 1
            async with second.lease("bank", "source"):
                await old.__aexit__(None, None, None)
                with pytest.raises(LeaseHeldError):
                    await first.lease("bank", "source").__aenter__()
                await second.save(whole())

    @_sync
    async def test_a_heartbeat_puts_the_end_off(self, tmp_path: Path) -> None:
        clock, ttl_s = Clock(), 0.06
        async with AsyncExitStack() as stack:
            first, second = await self._open_two(stack, tmp_path, lease_ttl_s=ttl_s, clock=clock)
            until = time.monotonic() + PATIENCE_S

            async def seen_end() -> datetime:
                with pytest.raises(LeaseHeldError) as caught:
                    await second.lease("bank", "source").__aenter__()
                return caught.value.expires_at

            async with first.lease("bank", "source"):
                for _ in range(5):
                    before = await seen_end()
                    clock.now += ttl_s / 2
                    while await seen_end() <= before:
                        assert time.monotonic() < until, "no heartbeat"
                        await asyncio.sleep(ttl_s / 10)
                await first.save(whole())
            async with second.lease("bank", "source"):
                pass


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def _load(checkpoint: Checkpoint[Any]) -> Any:
    """The run that most tests speak of."""
    ctx = await checkpoint.load("bank", "source")
    assert ctx is not None
    return ctx


def _changes() -> list[Callable[[RetainContext], None]]:
    """Changes as states and the engine make them."""
    entry = StepLogEntry("INIT", NOON)
    section = whole().sections[0]

    def open_step(ctx: RetainContext) -> None:
        ctx.step_log.append(replace(entry))

    def close_step(ctx: RetainContext) -> None:
        ctx.step_log[-1].completed_at = NOON
        ctx.step_log[-1].duration_ms = 2.5
        ctx.step_log[-1].notes["n"] = 1

    def open_several(ctx: RetainContext) -> None:
        ctx.step_log.extend(StepLogEntry(f"parallel:{n}", NOON) for n in range(3))
        ctx.fan_out = FanOut("INIT", (("A", "B"), ("C",)), "J", [0, 0])

    def close_in_the_middle(ctx: RetainContext) -> None:
        ctx.step_log[-2].error = "no"
        ctx.step_log[-2].completed_at = NOON
        assert ctx.fan_out is not None
        ctx.fan_out.done[0] += 1

    def close_all(ctx: RetainContext) -> None:
        for each in ctx.step_log:
            if not each.closed:
                each.error = "interrupted"
        ctx.fan_out = None

    def fill(ctx: RetainContext) -> None:
        for each in dataclasses.fields(ctx):
            if each.name not in ("bank_id", "source_id"):
                setattr(ctx, each.name, getattr(whole(), each.name))

    def edit(ctx: RetainContext) -> None:
        ctx.sections[0] = replace(ctx.sections[0], level=5)
        ctx.facts.reverse()
        ctx.meta["tags"][1]["b"] = 7

    def grow(ctx: RetainContext) -> None:
        ctx.sections = [replace(section, ordinal=n) for n in range(1000)]
        ctx.md_text *= 2000

    def shrink(ctx: RetainContext) -> None:
        del ctx.sections[1:]
        ctx.meta.clear()
        ctx.title = None
        ctx.errors.clear()

    return [
        lambda _: None,
        open_step,
        close_step,
        lambda ctx: setattr(ctx, "last_state", "READ"),
        open_several,
        close_in_the_middle,
        close_all,
        fill,
        lambda _: None,
        edit,
        grow,
        lambda ctx: ctx.sections.append(section),
        shrink,
    ]
