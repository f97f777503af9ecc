"""Runs, kills, takeovers, clock jumps and answers in any order, held against a model of promises.

Runners on machines of their own share one place where runs are kept. A rule starts a runner, lets
one of its states go on, cancels it, kills it, turns its clock or lets its heartbeat beat. Between
two rules everything stands still: each state waits at a gate, and no save is running. So a
sequence of rules always does the same.

The model knows what was kept last, who holds the run, which answers are unused and how often a
step has killed its runner. It is told of every write as it reaches the disk.

``RETAIN_MODEL_STEPS=10000`` runs about so many rules on each backend, chosen by chance.
"""

from __future__ import annotations

import asyncio
import copy
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule
from tests.postgres import Schemas

from retain.checkpoints.file import FileCheckpoint
from retain.checkpoints.memory import MemoryCheckpoint
from retain.checkpoints.postgres import PostgresCheckpoint
from retain.checkpoints.sqlite import SQLiteCheckpoint
from retain.db.pgurl import Address
from retain.db.postgres import PostgresDatabase
from retain.engine import Complete, Parallel, RetainFSM, Retry, RunContext, RunStatus, Suspend
from retain.engine.values import unpack
from retain.errors import LeaseHeldError, LeaseLostError, TransientError
from retain.holder import Holder

STEPS_AN_EXAMPLE = 50
STEPS = int(os.environ.get("RETAIN_MODEL_STEPS", "0"))
TTL_S = 3600.0  # the thread of the heartbeat never wakes up by itself
MAX_RECOVERIES = 2
RUNS = 3
RUNNERS = 3
ITEMS = (1, 2, 3)
ASKERS = ("ASK", "PLEAD")
STATES = ("INIT", "A", "B", "C", *ASKERS, *(f"ITEM{n}" for n in ITEMS), "END")
IDLE_TICKS = 25
"""So many turns of the event loop lead from any save or gate to the next one."""


class KilledError(BaseException):
    """The process ends here."""


@dataclass
class Run(RunContext):
    """What each step left behind, by its name."""

    data: dict[str, int] = field(default_factory=dict)
    items: dict[int, int] = field(default_factory=dict)


def fresh(run: int) -> Run:
    return Run("bank", f"run {run}")


def key_of(run: int) -> tuple[str, str]:
    return ("bank", f"run {run}")


# -- the model -------------------------------------------------------------------------------------


@dataclass
class Kept:
    """What is promised of one run.

    Args:
        last: The context as it was last kept.
        holder: The runner that took the lease last, if nobody released it since.
        ends_at: When that lease runs out without a heartbeat.
        answers: Answers that were kept and not used yet, by the name of the question.
        deaths: How often each step was under way when its runner was replaced, in a row.
        effects: How often each step had its effect under a runner that held the run.
    """

    last: Run | None = None
    holder: Runner | None = None
    ends_at: float = 0.0
    answers: dict[str, Any] = field(default_factory=dict)
    deaths: Counter[str] = field(default_factory=Counter)
    effects: Counter[str] = field(default_factory=Counter)

    def finished(self) -> set[str]:
        return set() if self.last is None else set(self.last.data)

    def open_steps(self) -> set[str]:
        log = [] if self.last is None else self.last.step_log
        return {step_of(e.state, e.notes.get("item")) for e in log if not e.closed}

    def ahead(self) -> set[str]:
        """The steps that the next runner may begin with."""
        last = self.last
        if last is None:
            return {"INIT"}
        if last.fan_out is None:
            return {last.last_state}
        inner = STATES[1:6] if last.last_state == "INIT" else STATES[6:9]
        return set(inner) - self.finished()


def step_of(label: str, item: int | None) -> str:
    state = label.removeprefix("parallel:")
    return state if item is None else f"{state}{ITEMS[item]}"


# -- runners ---------------------------------------------------------------------------------------


@dataclass
class Gate:
    """Where a state waits until a rule lets it go on."""

    step: str
    opened: asyncio.Future[str]


@dataclass
class Runner:
    """A process on a machine of its own, with a clock of its own.

    Args:
        number: Names the machine.
        world: Where it lives.
        process: How many processes this machine has had.
        ahead_s: How far its clock is ahead.
    """

    number: int
    world: World
    process: int = 0
    ahead_s: float = 0.0
    checkpoint: Any = None
    dead: bool = False
    driving: asyncio.Task[Run | None] | None = None
    run: int = -1
    ctx: Run | None = None
    gates: list[Gate] = field(default_factory=list)
    offered: dict[str, Any] = field(default_factory=dict)
    waiting: frozenset[str] = frozenset()
    held_to_the_end: bool = False
    deaths: Counter[str] = field(default_factory=Counter)
    first_write: bool = True
    failed: bool = False
    maybe_failed: bool = False
    doom: tuple[int, str] | None = None

    def clock(self) -> float:
        return self.world.at + self.ahead_s

    def holder(self) -> Holder:
        return Holder(f"machine {self.number}", f"host-{self.number}", self.process, "1")

    @property
    def kept(self) -> Kept:
        return self.world.kept[self.run]

    @property
    def holds(self) -> bool:
        return self.kept.holder is self

    async def gate(self, step: str) -> str:
        """Wait for a rule; how the state is to end."""
        if not step.startswith("wait"):
            assert self.holds, f"{step} began though the run was taken over"
            assert step not in self.kept.finished(), f"{step} was kept as finished and runs again"
            assert step in self.kept.open_steps(), f"{step} began before that was kept"
        gate = Gate(step, asyncio.get_running_loop().create_future())
        self.gates.append(gate)
        self.world.stirred += 1
        try:
            return await gate.opened
        finally:
            self.gates.remove(gate)

    def effect(self, step: str) -> None:
        """A step does what must not be done again once its end is kept."""
        if self.holds:
            self.kept.effects[step] += 1

    async def write(self, original: Any, delta: Any, token: int | None) -> bool:
        """A write on its way to the disk: the process may die before it or after it."""
        if self.dead:
            return True
        if self.strikes("before"):
            raise KilledError
        snapshot = copy.deepcopy(self.ctx)
        assert snapshot is not None
        async with self.world.busy():
            written = await original(delta, token)
        if written:
            self.world.note_write(self, snapshot)
            if self.strikes("after"):
                raise KilledError
        return written

    def strikes(self, when: str) -> bool:
        if self.doom is None or self.doom[1] != when:
            return False
        left = self.doom[0] - 1
        self.doom = (left, when)
        self.dead = left <= 0
        return self.dead


def machine(runner: Runner) -> RetainFSM[Run, Runner]:
    async def sleep(seconds: float) -> None:
        await runner.gate("wait")

    fsm: RetainFSM[Run, Runner] = RetainFSM(
        runner, max_recoveries=MAX_RECOVERIES, random=lambda: 0.5, sleep=sleep
    )
    block = Parallel(("A", ("B", "C"), *ASKERS), join="MAP")
    fsm.register("INIT", working("INIT", block))
    for name in "ABC":
        fsm.register(name, working(name, "ignored"))
    for name in ASKERS:
        fsm.register(name, asking(name))
    fsm.register("MAP", lambda ctx, _: fan_out())
    fsm.register("ITEM", on_item, retry=Retry(attempts=2))
    fsm.register("RISKY", working("RISKY", "END"), retry=Retry(attempts=3), on_error="FIX")
    fsm.register("FIX", working("FIX", "END"))
    fsm.register("END", working("END", Complete()))
    return fsm


async def fan_out() -> Parallel:
    return Parallel.map("ITEM", ITEMS, join="RISKY", limit=2, into="items")


def working(step: str, result: Any) -> Callable[[Run, Runner], Coroutine[Any, Any, Any]]:
    async def state(ctx: Run, runner: Runner) -> Any:
        await endure(runner, step)
        ctx.data[step] = 1
        return result

    return state


async def on_item(ctx: Run, runner: Runner, item: int) -> int:
    await endure(runner, f"ITEM{item}")
    ctx.data[f"ITEM{item}"] = 1
    return item * 10


def asking(step: str) -> Callable[..., Coroutine[Any, Any, Any]]:
    async def state(ctx: Run, runner: Runner, answer: Any = None) -> Any:
        assert step not in runner.waiting, "a state runs though it waits for its answer"
        if runner.holds:
            assert answer == runner.kept.answers.get(step), "an answer was lost, or came twice"
        await endure(runner, step, effect=answer is not None and answer["go on"])
        if answer is None or not answer["go on"]:
            return Suspend("may I?", payload={"heard": answer})
        ctx.data[step] = answer["number"]
        return "ignored"

    return state


async def endure(runner: Runner, step: str, *, effect: bool = True) -> None:
    """Wait at a gate, and fail there if the rule says so."""
    match await runner.gate(step):
        case "transient":
            runner.maybe_failed = True
            runner.failed |= step in STATES and not step.startswith("ITEM")
            raise TransientError("busy")
        case "permanent":
            runner.failed |= step != "RISKY"
            runner.maybe_failed = True
            raise ValueError("no")
        case _:
            if effect:
                runner.effect(step)


# -- the world -------------------------------------------------------------------------------------


class World:
    """The disk, the runners, and the model of what is promised.

    Args:
        backend: Where runs are kept.
    """

    def __init__(self, backend: str) -> None:
        self.backend = backend
        self.folder = Path(tempfile.mkdtemp(prefix="retain-model-"))
        self.at = 1_000_000.0
        self.stirred = 0
        self.working = 0
        self.answered = 0
        self.memory: Any = None
        self.schemas = Schemas()
        self.database: PostgresDatabase | None = None
        self.kept = [Kept() for _ in range(RUNS)]
        self.runners = [Runner(n, self) for n in range(RUNNERS)]
        for runner in self.runners:
            self.boot(runner)

    def boot(self, runner: Runner) -> None:
        """Begin a new process on the machine of a runner."""
        runner.process += 1
        runner.dead, runner.doom, runner.driving, runner.ctx = False, None, None, None
        runner.checkpoint = checkpoint = self.opened(runner)
        write, read, release = checkpoint._write, checkpoint._read, checkpoint._release

        async def torn_write(delta: Any, token: int | None) -> bool:
            return await runner.write(write, delta, token)

        async def awaited_read(*key: Any) -> Any:
            async with self.busy():
                return await read(*key)

        async def torn_release(key: Any, token: int) -> None:
            if runner.dead:
                return
            runner.held_to_the_end = runner.holds
            async with self.busy():
                await release(key, token)
            if runner.holds:
                runner.kept.holder = None

        checkpoint._write, checkpoint._read = torn_write, awaited_read
        checkpoint._release = torn_release

    def opened(self, runner: Runner) -> Any:
        options: Any = {"lease_ttl_s": TTL_S, "clock": runner.clock, "holder": runner.holder}
        if self.backend == "file":
            return FileCheckpoint(self.folder / "runs", Run, durability="process", **options)
        if self.backend == "sqlite":
            return SQLiteCheckpoint(self.folder / "runs.db", Run, durability="process", **options)
        if self.backend == "postgres":
            if self.database is None:
                self.database = PostgresDatabase(Address.parsed(self.schemas.url(self.folder)))
            return PostgresCheckpoint(self.database, Run, **options)
        checkpoint = MemoryCheckpoint(Run, **options)
        self.memory = self.memory or checkpoint
        for name in ("_runs", "_claims", "_claiming"):
            setattr(checkpoint, name, getattr(self.memory, name))
        return checkpoint

    @asynccontextmanager
    async def busy(self) -> AsyncGenerator[None, None]:
        """Something waits for a thread or a disk: the world is not at rest."""
        self.working += 1
        try:
            yield
        finally:
            self.working -= 1
            self.stirred += 1

    async def settle(self) -> None:
        """Wait until every state waits at a gate."""
        idle = 0
        while idle < IDLE_TICKS:
            before = self.stirred
            await asyncio.sleep(0.0002 if self.working else 0)
            idle = 0 if self.working or self.stirred != before else idle + 1
        for runner in self.runners:
            if runner.driving is not None and runner.driving.done():
                await self.ended(runner)

    def note_write(self, runner: Runner, snapshot: Run) -> None:
        """The disk has a new version of a run."""
        kept = runner.kept
        assert kept.holder is runner, "a runner that was overtaken saved"
        missing = kept.finished() - set(snapshot.data)
        assert not missing, f"{missing} was kept, and is lost"
        if runner.first_write:
            kept.deaths = runner.deaths
            kept.answers |= runner.offered
            runner.offered, runner.first_write = {}, False
        for name in {q.name for q in snapshot.questions} | set(snapshot.data):
            kept.answers.pop(name, None)
        state = snapshot.engine_state
        unused = {} if state is None else state.answers
        assert {n: unpack(text) for n, text in unused.items()} == kept.answers
        for step in snapshot.data:
            del kept.deaths[step]
        kept.last = snapshot

    # What rules do.

    async def start(
        self, runner: Runner, run: int, *, answers: dict[str, bool], revive: bool
    ) -> None:
        """Start a run, or go on with it, with answers for those who asked."""
        kept = self.kept[run]
        runner.run = run
        lease = runner.checkpoint.lease(*key_of(run))
        bound = kept.holder is not None and runner.clock() < kept.ends_at
        try:
            async with self.busy():
                await lease.__aenter__()
        except LeaseHeldError:
            assert bound, "a lease that nobody holds was refused"
            return
        assert not bound, "a lease that binds was given to another runner"
        if kept.holder is not None and kept.holder.driving is not None:
            event("took a run over")
        kept.holder, kept.ends_at = runner, runner.clock() + TTL_S
        found = await runner.checkpoint.load(*key_of(run))
        assert found == kept.last, "what was kept is not what is loaded"
        runner.failed = runner.maybe_failed = False
        runner.first_write, runner.offered, runner.waiting = True, {}, frozenset()
        runner.held_to_the_end = False
        runner.deaths = Counter()
        runner.driving = asyncio.ensure_future(self.drive(runner, lease, found, answers, revive))
        await self.settle()

    async def drive(
        self, runner: Runner, lease: Any, found: Run | None, answers: dict[str, bool], revive: bool
    ) -> Run | None:
        error: BaseException | None = None
        try:
            fsm = machine(runner)
            if found is None:
                runner.ctx = fresh(runner.run)
                # Nothing is kept: that was looked at under the lease.
                return await fsm.run(runner.ctx, checkpoint=runner.checkpoint, exists="restart")
            runner.ctx = found
            if found.status in (RunStatus.RUNNING, RunStatus.INTERRUPTED):
                runner.deaths = runner.kept.deaths + Counter(runner.kept.open_steps())
            options: Any = {"checkpoint": runner.checkpoint, "revive": revive}
            asked = {question.name for question in found.questions}
            for name in sorted(asked & answers.keys()):
                self.answered += 1
                runner.offered[name] = {"go on": answers[name], "number": self.answered}
            if runner.offered:
                runner.waiting = frozenset(asked - answers.keys())
                options["value"] = dict(runner.offered)
            return await fsm.resume(found, **options)
        except BaseException as exc:
            error = exc
            raise
        finally:
            # The block of the lease ends as it would around these lines.
            await lease.__aexit__(type(error) if error else None, error, None)

    async def ended(self, runner: Runner) -> None:
        """A runner has come to an end: see that it is the one that was promised."""
        driving, kept = runner.driving, runner.kept
        assert driving is not None
        runner.driving = None
        if runner.dead:
            event("killed")
            _ = driving.cancelled() or driving.exception()
            await runner.checkpoint.close()
            self.boot(runner)
            return
        if driving.cancelled():
            event("cancelled")
            assert runner.ctx is not None
            if runner.held_to_the_end:
                assert runner.ctx == kept.last, "a cancelled run is not kept as it was left"
            assert runner.ctx.status in (RunStatus.INTERRUPTED, RunStatus.COMPLETED)
            return
        if (error := driving.exception()) is not None:
            assert isinstance(error, LeaseLostError), repr(error)
            event("lost its lease")
            assert kept.holder is not runner, "a lease was lost that nobody took"
            return
        ctx = driving.result()
        assert ctx is not None
        event(f"ended as {ctx.status}")
        assert ctx == kept.last, "a run ended otherwise than it is kept"
        worn = {s: n for s, n in runner.deaths.items() if n > MAX_RECOVERIES and s in kept.ahead()}
        match ctx.status:
            case RunStatus.COMPLETED:
                wanted = set(STATES) | {"FIX" if "FIX" in ctx.data else "RISKY"}
                assert set(ctx.data) == wanted
                assert ctx.items == {n: n * 10 for n in ITEMS}
                assert not kept.answers, "an answer was never used"
            case RunStatus.FAILED:
                assert runner.failed or runner.maybe_failed
                assert ctx.errors
            case RunStatus.SUSPENDED:
                assert {q.name for q in ctx.questions} <= set(ASKERS)
                assert ctx.questions
                assert not runner.failed
            case RunStatus.DEAD:
                assert worn or runner.first_write, "a run is dead that has not killed its runners"
            case status:
                raise AssertionError(f"a run ended as {status}")
        if worn:
            assert ctx.status == RunStatus.DEAD, f"{worn} killed its runners and goes on"

    async def open_gate(self, runner: Runner, gate: int, end: str) -> None:
        """Let a state go on, to the end that is chosen."""
        runner.gates[gate % len(runner.gates)].opened.set_result(end)
        await self.settle()

    async def kill(self, runner: Runner) -> None:
        """End a process without any clean-up, while its states wait."""
        runner.dead = True
        assert runner.driving is not None
        runner.driving.cancel()
        await asyncio.wait([runner.driving])
        await self.settle()

    def beat(self, runner: Runner) -> None:
        """Let the heartbeat of a runner beat once."""
        kept = runner.kept
        held = tuple(runner.checkpoint._heartbeat._held)
        runner.checkpoint._heartbeat._beat(held)
        if runner.holds:
            kept.ends_at = runner.clock() + TTL_S

    async def look(self, runner: Runner) -> None:
        """List the runs as somebody sees them who drives none."""
        async with self.busy():
            found = {s.source_id: s for s in await runner.checkpoint.list()}
        for run, kept in enumerate(self.kept):
            summary = found.get(key_of(run)[1])
            if kept.last is None:
                assert summary is None
                continue
            assert summary is not None
            status = kept.last.status
            if status == RunStatus.RUNNING:
                bound = kept.holder is not None and runner.clock() < kept.ends_at
                status = RunStatus.RUNNING if bound else RunStatus.INTERRUPTED
            assert summary.status == status
            assert summary.last_state == kept.last.last_state
            assert summary.steps == len(kept.last.step_log)

    async def finish(self) -> None:
        """Replace every runner, and see every run to its end."""
        for runner in self.runners:
            if runner.driving is not None:
                await self.kill(runner)
        runner = self.runners[0]
        runner.ahead_s += 1e9
        for run, kept in enumerate(self.kept):
            for _ in range(20):
                if kept.last is not None and kept.last.status in ("completed", "partial"):
                    break
                runner.doom = None
                runner.ahead_s += 2 * TTL_S  # every lease has run out
                await self.start(runner, run, answers=dict.fromkeys(ASKERS, True), revive=True)
                while runner.gates:
                    runner.gates[0].opened.set_result("ok")
                    await self.settle()
            assert kept.last is not None
            assert kept.last.status == RunStatus.COMPLETED, kept.last.errors
            done = [e for e in kept.last.step_log if e.error is None]
            assert len({step_of(e.state, e.notes.get("item")) for e in done}) == len(done)

    async def close(self) -> None:
        for runner in self.runners:
            if runner.driving is not None:
                runner.dead = True
                runner.driving.cancel()
                await asyncio.wait([runner.driving])
            await runner.checkpoint.close()
        if self.database is not None:
            await self.database.close()
            self.schemas.drop()


class Promises(RuleBasedStateMachine):
    """The rules; each subclass names a backend."""

    backend = "memory"
    steps = 0

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.world = World(self.backend)

    def do(self, work: Coroutine[Any, Any, None]) -> None:
        type(self).steps += 1
        self.loop.run_until_complete(work)

    def idle(self, number: int) -> Runner | None:
        runners = [r for r in self.world.runners if r.driving is None]
        return runners[number % len(runners)] if runners else None

    def busy(self, number: int) -> Runner | None:
        """A runner that drives a run; where there is none, one that begins to."""
        for _ in range(2):
            runners = [r for r in self.world.runners if r.driving is not None]
            if runners:
                return runners[number % len(runners)]
            answers = {ASKERS[number % 2]: True}
            self.begin_run(number, number, answers=answers, revive=True)
        return None

    def begin_run(self, who: int, run: int, *, answers: dict[str, bool], revive: bool) -> None:
        if (runner := self.idle(who)) is not None:
            self.do(self.world.start(runner, run % RUNS, answers=answers, revive=revive))

    def open_gate(self, who: int, gate: int, end: str) -> None:
        if (runner := self.busy(who)) is not None:
            self.do(self.world.open_gate(runner, gate, end))

    numbers = st.integers(0, 11)
    answers = st.dictionaries(st.sampled_from(ASKERS), st.sampled_from([True, True, False]))
    ends = st.sampled_from(["ok", "ok", "ok", "ok", "transient", "permanent"])

    @rule(who=numbers, run=numbers, answers=answers, revive=st.booleans())
    def somebody_asks_for_a_run(
        self, who: int, run: int, answers: dict[str, bool], revive: bool
    ) -> None:
        self.begin_run(who, run, answers=answers, revive=revive)

    @rule(who=numbers, run=numbers, answers=answers)
    def somebody_asks_whose_clock_is_ahead(
        self, who: int, run: int, answers: dict[str, bool]
    ) -> None:
        if (runner := self.idle(who)) is not None:
            runner.ahead_s += 3 * TTL_S
            self.begin_run(who, run, answers=answers, revive=True)

    @rule(who=numbers, gate=numbers, end=ends)
    def a_state_goes_on(self, who: int, gate: int, end: str) -> None:
        self.open_gate(who, gate, end)

    @rule(who=numbers, gates=st.lists(numbers, min_size=2, max_size=8))
    def several_states_go_on(self, who: int, gates: list[int]) -> None:
        for gate in gates:
            self.open_gate(who, gate, "ok")

    @rule(who=numbers)
    def a_process_is_killed(self, who: int) -> None:
        if (runner := self.busy(who)) is not None:
            self.do(self.world.kill(runner))

    @rule(who=numbers, writes=st.integers(1, 4), when=st.sampled_from(["before", "after"]))
    def a_process_is_to_die_at_a_write(self, who: int, writes: int, when: str) -> None:
        if (runner := self.busy(who)) is not None:
            runner.doom = (writes, when)

    @rule(who=numbers)
    def a_run_is_cancelled(self, who: int) -> None:
        if (runner := self.busy(who)) is not None and runner.driving is not None:
            runner.driving.cancel()
            self.do(self.world.settle())

    @rule(who=numbers, hours=st.sampled_from([-1.0, 1.0, 1.5]))
    def a_clock_jumps(self, who: int, hours: float) -> None:
        self.world.runners[who % RUNNERS].ahead_s += hours * 3600

    @rule(who=numbers)
    def a_heart_beats(self, who: int) -> None:
        if (runner := self.busy(who)) is not None:
            self.world.beat(runner)
            self.do(self.world.settle())

    @rule(who=numbers)
    def somebody_looks(self, who: int) -> None:
        self.do(self.world.look(self.world.runners[who % RUNNERS]))

    def teardown(self) -> None:
        try:
            self.loop.run_until_complete(self.world.finish())
        finally:
            self.loop.run_until_complete(self.world.close())
            self.loop.close()
            shutil.rmtree(self.world.folder)


class InFiles(Promises):
    backend = "file"


class InSQLite(Promises):
    backend = "sqlite"


class InPostgres(Promises):
    backend = "postgres"


EXAMPLES = settings(
    max_examples=STEPS // STEPS_AN_EXAMPLE or 15,
    stateful_step_count=STEPS_AN_EXAMPLE,
    derandomize=not STEPS,
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)


class TestInMemory(Promises.TestCase):
    settings = EXAMPLES


class TestInFiles(InFiles.TestCase):
    settings = EXAMPLES


class TestInSQLite(InSQLite.TestCase):
    settings = EXAMPLES


class TestInPostgres(InPostgres.TestCase):
    settings = settings(EXAMPLES, max_examples=STEPS // STEPS_AN_EXAMPLE or 6)
