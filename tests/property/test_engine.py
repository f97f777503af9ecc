"""Whatever happens on the way, a resumed run ends as an undisturbed one and repeats nothing.

A plan is a random graph. A world breaks it: states raise, report failure or are transiently
unwell; at random points where anything awaits, the run is cancelled, its process is killed or a
write fails. The run is resumed from what was kept last until it completes.
"""

from __future__ import annotations

import asyncio
import copy
import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from hypothesis import event, given, settings
from hypothesis import strategies as st

from retain.engine import Complete, Event, Failed, Parallel, RetainFSM, Retry, RunContext
from retain.errors import CheckpointError, TransientError

EXAMPLES = settings(max_examples=400, derandomize=True, deadline=None)


@dataclass
class Run(RunContext):
    """What each state found out, by its name."""

    data: dict[str, int] = field(default_factory=dict)


class KilledError(BaseException):
    """The process ends here."""


# -- the plan: a random graph ----------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One state that goes to the next segment."""

    name: str


@dataclass(frozen=True)
class Choice:
    """One state that goes to the next segment or past it, by what it found out."""

    name: str


@dataclass(frozen=True)
class Block:
    """One state that fans out to chains; the next segment joins them."""

    name: str
    chains: tuple[tuple[str, ...], ...]


Segment: TypeAlias = Line | Choice | Block


@dataclass(frozen=True)
class Plan:
    segments: tuple[Segment, ...]
    declared: bool
    observed: bool

    @property
    def entry(self) -> str:
        return self.name_at(0)

    def name_at(self, index: int) -> str:
        return self.segments[index].name if index < len(self.segments) else "END"

    def states(self) -> list[str]:
        return [*dict.fromkeys(name for s in self.segments for name in names_of(s)), "END"]


def names_of(segment: Segment) -> tuple[str, ...]:
    inner = segment.chains if isinstance(segment, Block) else ()
    return (segment.name, *(name for chain in inner for name in chain))


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    segments: list[Segment] = []
    for n in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from([Line, Choice, Block, Block]))
        if kind is Block:
            lengths = draw(st.lists(st.integers(0, 3), max_size=4))
            chains = tuple(
                tuple(f"B{n}.{c}.{i}" for i in range(length)) for c, length in enumerate(lengths)
            )
            segments.append(Block(f"S{n}", chains))
        else:
            segments.append(kind(f"S{n}"))
    return Plan(tuple(segments), draw(st.booleans()), draw(st.booleans()))


# -- the world: what goes wrong, and what is kept --------------------------------------------------


@dataclass
class World:
    """Everything that outlives a process: the disk, and the troubles that are still to come.

    Args:
        ills: For each state, how its next attempts end.
        blows: What happens at which of the points where anything awaits.
    """

    ills: dict[str, list[str]]
    blows: dict[int, str]
    saves: list[Run] = field(default_factory=list)
    points: int = 0
    running: asyncio.Task[Run] | None = None
    finished: Counter[str] = field(default_factory=Counter)
    at: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        self.at += timedelta(milliseconds=1)
        return self.at

    async def point(self, *, writes: bool = False) -> None:
        """Await once, unless a blow falls here."""
        self.points += 1
        match self.blows.pop(self.points, None):
            case "cancel":
                assert self.running is not None
                self.running.cancel()
            case "kill":
                raise KilledError
            case "disk" if writes:
                raise OSError("disk full")
            case _:
                pass
        await asyncio.sleep(0)

    async def sleep(self, seconds: float) -> None:
        await self.point()

    async def save(self, ctx: Run, /) -> None:
        kept = copy.deepcopy(ctx)
        await self.point(writes=True)
        self.saves.append(kept)
        await self.point()

    @property
    def kept(self) -> Run | None:
        return copy.deepcopy(self.saves[-1]) if self.saves else None

    def troubles(self) -> int:
        return len(self.blows) + sum(map(len, self.ills.values()))


@st.composite
def worlds(draw: st.DrawFn, plan: Plan) -> World:
    kinds = st.sampled_from(["raise", "failed", "transient", "transient"])
    ills = st.dictionaries(st.sampled_from(plan.states()), st.lists(kinds, max_size=3), max_size=4)
    blows = st.dictionaries(
        st.integers(1, 5 * len(plan.states())),
        st.sampled_from(["cancel", "cancel", "kill", "disk"]),
        max_size=6,
    )
    return World(draw(ills), draw(blows))


# -- the machine -----------------------------------------------------------------------------------


def machine(plan: Plan, world: World) -> RetainFSM[Run, World]:
    fsm: RetainFSM[Run, World] = RetainFSM(
        world, max_recoveries=None, now=world.now, random=lambda: 0.5, sleep=world.sleep
    )
    before: list[str] = []
    for index, segment in enumerate(plan.segments):
        then, past = plan.name_at(index + 1), plan.name_at(index + 2)
        match segment:
            case Line(name):
                add(fsm, plan, name, before, [then])
            case Choice(name):
                add(fsm, plan, name, before, [then, past])
            case Block(name, chains):
                add(fsm, plan, name, before, [Parallel(chains, then)])
                for chain in chains:
                    for place, state in enumerate(chain):
                        add(fsm, plan, state, [*before, name, *chain[:place]], ["ignored"])
        before += names_of(segment)
    add(fsm, plan, "END", before, [Complete()])
    if plan.declared:
        assert not [
            p for p in fsm.validate(plan.entry) if "'ignored'" not in p and "reach" not in p
        ]
    return fsm


def add(
    fsm: RetainFSM[Run, World], plan: Plan, name: str, reads: Iterable[str], targets: list[Any]
) -> None:
    """Register a state that finds out a number from what those in `reads` found out."""
    inputs = tuple(reads)

    async def state(ctx: Run, world: World) -> Any:
        kept = world.kept
        assert kept is not None, "a state ran before the first save"
        assert name not in kept.data, f"{name} was kept as finished and runs again"
        steps = [e for e in kept.step_log if e.state.removeprefix("parallel:") == name]
        assert [e.closed for e in steps[-1:]] == [False], "an attempt began before it was kept"
        assert all(e.closed for e in steps[:-1])
        await world.point()
        match world.ills[name].pop() if world.ills.get(name) else None:
            case "raise":
                raise ValueError("unwell")
            case "failed":
                return Failed("unwell")
            case "transient":
                raise TransientError("unwell")
            case _:
                await world.point()
        found = zlib.crc32(
            repr([ctx.data.get(n) for n in (*inputs, name)]).encode() + name.encode()
        )
        ctx.data[name] = found
        world.finished[name] += 1
        return targets[found % len(targets)]

    retry = Retry(attempts=2) if zlib.crc32(name.encode()) % 2 else None
    fsm.register(name, state, to=targets if plan.declared else None, retry=retry, timeout_s=60)


def undisturbed(plan: Plan) -> Run:
    return asyncio.run(once(plan, World({}, {})))


async def once(plan: Plan, world: World) -> Run:
    ctx = Run("ana", "notes.md")
    return await machine(plan, world).run(ctx, initial_state=plan.entry, checkpoint=world)


async def until_complete(plan: Plan, world: World) -> Run:
    """Start the run, and resume it from what was kept, as often as troubles end it."""
    fsm = machine(plan, world)
    events: list[Event] = []
    if plan.observed:
        fsm.subscribe(events.append)
    while True:
        troubles = world.troubles()
        ctx = world.kept
        if ctx is None:
            ctx = Run("ana", "notes.md")
            going = fsm.run(ctx, initial_state=plan.entry, checkpoint=world)
        else:
            going = fsm.resume(ctx, checkpoint=world)
        world.running = asyncio.create_task(going)
        await asyncio.wait([world.running])
        assert asyncio.all_tasks() == {asyncio.current_task()}, "a task was left behind"
        well_formed(ctx, plan)
        if world.running.cancelled():
            event("cancelled")
        elif error := world.running.exception():
            event(type(error).__name__)
            assert isinstance(error, (CheckpointError, KilledError, BaseExceptionGroup)), error
            assert ctx.status == "interrupted"
            assert ctx.completed_at is None
        elif ctx.completed_at is not None:
            return ctx
        else:
            assert ctx.status == "failed"
            assert ctx.errors
            assert ctx == world.kept
        assert world.troubles() < troubles, "the run stopped although nothing was wrong"


def well_formed(ctx: Run, plan: Plan) -> None:
    """Every step has ended in one way, in order, under a label that the plan knows."""
    inner = {n for s in plan.segments if isinstance(s, Block) for chain in s.chains for n in chain}
    labels = {f"parallel:{n}" if n in inner else n for n in plan.states()}
    for entry in ctx.step_log:
        assert entry.closed
        assert entry.state in labels
        assert (entry.completed_at is None) == (entry.error == "interrupted")
        assert (entry.completed_at is None) == (entry.duration_ms is None)
        assert entry.completed_at is None or entry.started_at <= entry.completed_at
    starts = [entry.started_at for entry in ctx.step_log]
    assert starts == sorted(starts)


def succeeded(ctx: Run) -> Counter[str]:
    return Counter(entry.state for entry in ctx.step_log if entry.error is None)


@st.composite
def troubled(draw: st.DrawFn) -> tuple[Plan, World]:
    plan = draw(plans())
    return plan, draw(worlds(plan))


@EXAMPLES
@given(troubled())
def test_a_troubled_run_ends_as_an_undisturbed_one_and_repeats_nothing(case: tuple[Plan, World]):
    plan, world = case
    lossless = not {"kill", "disk"} & set(world.blows.values())
    whole = undisturbed(plan)

    ctx = asyncio.run(until_complete(plan, world))

    assert ctx.data == whole.data
    assert ctx.errors == []
    assert ctx.status == "completed"
    assert ctx.last_state == "END"
    assert ctx.fan_out is None
    assert ctx == world.kept
    assert succeeded(ctx) == succeeded(whole)
    assert set(succeeded(ctx).values()) == {1}
    if lossless:
        # Where nothing that was done could be lost, nothing at all was done twice.
        assert world.finished == Counter(dict.fromkeys(whole.data, 1))


@settings(EXAMPLES, max_examples=60)
@given(plans())
def test_a_resume_from_any_save_ends_as_the_whole_run(plan: Plan):
    world = World({}, {})
    whole = asyncio.run(once(plan, world))
    for save in world.saves:
        later = World({}, {}, saves=[save], at=world.at)
        ctx = asyncio.run(machine(plan, later).resume(copy.deepcopy(save), checkpoint=later))
        assert ctx.data == whole.data
        assert succeeded(ctx) == succeeded(whole)
        assert set(later.finished) == set(whole.data) - set(save.data)
        well_formed(ctx, plan)
