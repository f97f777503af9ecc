"""A run that is begun again goes on with what is kept: finished work is never repeated."""

import asyncio
import copy
import signal
import subprocess
import sys
import textwrap
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

import pytest

from retain.checkpoints import (
    FileCheckpoint,
    MemoryCheckpoint,
    PostgresCheckpoint,
    SQLiteCheckpoint,
)
from retain.engine import (
    Complete,
    Failed,
    KeyedContext,
    LeaseHeldError,
    Parallel,
    RetainFSM,
    RunExistsError,
    RunStatus,
    Suspend,
)
from retain.engine.run_ids import derived_run_id, new_run_id, run_id_of
from retain.errors import CheckpointError, DatabaseBusyError

KEY = "orders/7"


@dataclass
class Order(KeyedContext):
    cents: int = 0
    receipt: str | None = None
    labels: list[str] = field(default_factory=list)


class Shop:
    """Charges and ships; it knows how often it did, and may be told to fail."""

    def __init__(self, **fails):
        self.done, self.fails = [], fails
        self.fsm = RetainFSM(self)
        for name, following in (("INIT", "SHIP"), ("SHIP", Complete())):
            self.fsm.register(name, self.state(name, following))

    def state(self, name, following):
        async def act(ctx, services):
            if (failure := self.fails.get(name)) is not None:
                return await failure() if callable(failure) else failure
            self.done.append(name)
            if name == "INIT":
                ctx.receipt = f"r-{len(self.done)}"
            await asyncio.sleep(0)
            return following

        return act


@pytest.fixture(params=["memory", "file", "sqlite", "postgres"])
def opened(request, tmp_path):
    url = request.param == "postgres" and request.getfixturevalue("postgres").url(tmp_path)

    @asynccontextmanager
    async def opening(context_type=Order):
        kinds = {
            "memory": lambda: MemoryCheckpoint(context_type),
            "file": lambda: FileCheckpoint(tmp_path / "runs", context_type, durability="process"),
            "sqlite": lambda: SQLiteCheckpoint(
                tmp_path / "runs.db", context_type, durability="process"
            ),
            "postgres": lambda: PostgresCheckpoint(url, context_type, durability="process"),
        }
        checkpoint = kinds[request.param]()
        try:
            yield checkpoint
        finally:
            await checkpoint.close()

    return opening


def driven(opened, test):
    async def body():
        async with opened() as checkpoint:
            return await test(checkpoint)

    return asyncio.run(body())


def test_a_completed_run_is_given_back_as_it_is_kept(opened):
    shop = Shop()

    async def test(checkpoint):
        first = await shop.fsm.run(Order(KEY, cents=500), checkpoint=checkpoint)
        again = Order(KEY, cents=999)
        assert await shop.fsm.run(again, checkpoint=checkpoint) is again
        assert again == first
        assert (again.cents, again.receipt, again.status) == (500, "r-1", "completed")

    driven(opened, test)
    assert shop.done == ["INIT", "SHIP"]


def test_of_two_that_begin_at_once_one_runs(opened):
    shop = Shop()

    async def test(checkpoint):
        async def request():
            return await shop.fsm.run(Order(KEY), checkpoint=checkpoint)

        one, two = await asyncio.gather(request(), request(), return_exceptions=True)
        assert {type(one), type(two)} == {Order, LeaseHeldError}
        assert (await request()).receipt == "r-1"

    driven(opened, test)
    assert shop.done == ["INIT", "SHIP"]


def test_whoever_holds_the_lease_runs_within_it(opened):
    shop = Shop()

    async def test(checkpoint):
        for _ in range(2):
            async with checkpoint.lease(KEY) as lease:
                await shop.fsm.run(Order(KEY), checkpoint=checkpoint)
                assert lease.run_key == (KEY,)
        async with checkpoint.lease(KEY):  # the run gave nothing back that was its caller's
            with pytest.raises(LeaseHeldError):
                await checkpoint.lease(KEY).__aenter__()

    driven(opened, test)
    assert shop.done == ["INIT", "SHIP"]


def test_a_failed_run_goes_on_where_it_failed(opened):
    shop = Shop(SHIP=Failed("no van"))

    async def test(checkpoint):
        first = await shop.fsm.run(Order(KEY), checkpoint=checkpoint)
        assert first.errors == ["SHIP: no van"]
        shop.fails.clear()
        again = await shop.fsm.run(Order(KEY), checkpoint=checkpoint)
        assert (again.status, again.errors, again.receipt) == ("completed", [], "r-1")
        assert run_id_of(again) == run_id_of(first)

    driven(opened, test)
    assert shop.done == ["INIT", "SHIP"]


def test_an_interrupted_block_goes_on_with_its_unfinished_branches(opened):
    done, hang = [], True

    async def fan_out(ctx, services):
        return Parallel(("CHARGE", "LABEL"), join="END")

    async def charge(ctx, services):
        done.append("CHARGE")
        ctx.receipt = "r"

    async def label(ctx, services):
        if hang:
            await asyncio.sleep(60)
        done.append("LABEL")
        ctx.labels.append("l")

    async def end(ctx, services):
        return Complete()

    fsm = RetainFSM(None)
    for name, fn in (("INIT", fan_out), ("CHARGE", charge), ("LABEL", label), ("END", end)):
        fsm.register(name, fn)

    async def test(checkpoint):
        nonlocal hang
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await fsm.run(Order(KEY), checkpoint=checkpoint)
        hang = False
        again = await fsm.run(Order(KEY), checkpoint=checkpoint)
        assert (again.status, again.receipt, again.labels) == ("completed", "r", ["l"])

    driven(opened, test)
    assert done == ["CHARGE", "LABEL"]


def test_a_run_that_waits_for_an_answer_goes_on_waiting(opened):
    asked = []

    async def ask(ctx, services, answer=None):
        asked.append(answer)
        return Complete() if answer else Suspend("may I?")

    fsm = RetainFSM(None)
    fsm.register("INIT", ask)

    async def test(checkpoint):
        await fsm.run(Order(KEY), checkpoint=checkpoint)
        again = await fsm.run(Order(KEY), checkpoint=checkpoint)
        assert (again.status, [q.reason for q in again.questions]) == ("suspended", ["may I?"])
        done = await fsm.resume(again, checkpoint=checkpoint, value="yes")
        assert done.status == "completed"

    driven(opened, test)
    assert asked == [None, "yes"]


def test_a_dead_run_is_returned_as_it_is(opened):
    shop = Shop()

    async def test(checkpoint):
        await checkpoint.save(Order(KEY, status=RunStatus.DEAD, errors=["killed too often"]))
        again = await shop.fsm.run(Order(KEY), checkpoint=checkpoint)
        assert (again.status, again.errors) == ("dead", ["killed too often"])

    driven(opened, test)
    assert shop.done == []


def test_a_run_that_exists_is_refused_where_that_is_asked_for(opened):
    shop = Shop()

    async def test(checkpoint):
        first = await shop.fsm.run(Order(KEY), checkpoint=checkpoint, exists="refuse")
        again = Order(KEY)
        with pytest.raises(RunExistsError, match="which is completed") as caught:
            await shop.fsm.run(again, checkpoint=checkpoint, exists="refuse")
        assert caught.value.run_key == (KEY,)
        assert caught.value.run_id == run_id_of(first)
        assert caught.value.status == "completed"
        assert again.receipt is None
        assert await checkpoint.load(KEY) == first
        await shop.fsm.run(Order("orders/8"), checkpoint=checkpoint, exists="refuse")

    driven(opened, test)
    assert shop.done == ["INIT", "SHIP"] * 2


def test_a_run_is_begun_anew_where_that_is_asked_for(opened):
    shop = Shop()

    async def test(checkpoint):
        first = await shop.fsm.run(Order(KEY, cents=5), checkpoint=checkpoint)
        again = await shop.fsm.run(Order(KEY, cents=6), checkpoint=checkpoint, exists="restart")
        assert run_id_of(again) > run_id_of(first)
        kept = await checkpoint.load(KEY)
        assert (kept.cents, kept.receipt, run_id_of(kept)) == (6, "r-3", run_id_of(again))
        assert len(kept.step_log) == 2

    driven(opened, test)
    assert shop.done == ["INIT", "SHIP"] * 2


def test_a_context_that_was_run_before_begins_anew(opened):
    shop = Shop()

    async def test(checkpoint):
        ctx = await shop.fsm.run(Order(KEY), checkpoint=checkpoint)
        before = run_id_of(ctx)
        await shop.fsm.run(ctx, checkpoint=checkpoint)
        assert run_id_of(ctx) > before
        await shop.fsm.run(await checkpoint.load(KEY), checkpoint=checkpoint)
        with pytest.raises(RunExistsError):
            await shop.fsm.run(ctx, checkpoint=checkpoint, exists="refuse")

    driven(opened, test)
    assert shop.done == ["INIT", "SHIP"] * 3


def test_a_kept_run_of_another_graph_says_what_does_not_fit(opened):
    shop = Shop(SHIP=Failed("no van"))
    other = RetainFSM(None)
    other.register("INIT", shop.state("INIT", Complete()))

    async def test(checkpoint):
        await shop.fsm.run(Order(KEY), checkpoint=checkpoint)
        again = await other.run(Order(KEY), checkpoint=checkpoint)
        assert again.status == "failed"
        assert "SHIP" in again.errors[0]

    driven(opened, test)
    assert shop.done == ["INIT"]


def test_a_kept_run_of_another_class_is_no_run_to_go_on_with(opened):
    @dataclass
    class Other(KeyedContext):
        pass

    shop = Shop()

    async def test(checkpoint):
        await shop.fsm.run(Order(KEY), checkpoint=checkpoint)
        with pytest.raises(CheckpointError, match="give run a context of that class"):
            await shop.fsm.run(Other(KEY), checkpoint=checkpoint)

    driven(opened, test)


def test_a_context_that_goes_on_is_saved_as_what_changed(tmp_path):
    shop = Shop(SHIP=Failed("no van"))

    async def test():
        checkpoint = SQLiteCheckpoint(tmp_path / "runs.db", Order, durability="process")
        await shop.fsm.run(Order(KEY, labels=["x" * 100_000]), checkpoint=checkpoint)
        log = tmp_path / "runs.db-wal"
        before = log.stat().st_size
        await shop.fsm.run(Order(KEY), checkpoint=checkpoint)
        assert log.stat().st_size - before < 50_000
        await checkpoint.close()

    asyncio.run(test())


def test_a_saver_that_cannot_load_always_begins():
    class Bare:
        async def save(self, ctx):
            pass

    shop = Shop()
    for _ in range(2):
        asyncio.run(shop.fsm.run(Order(KEY), checkpoint=Bare()))
    assert shop.done == ["INIT", "SHIP"] * 2


def test_a_checkpoint_that_cannot_be_asked_stops_the_run_before_it_begins():
    class Busy(MemoryCheckpoint):
        async def load(self, *key):
            raise DatabaseBusyError("locked")

    class BusyLease(MemoryCheckpoint):
        async def _acquire(self, key, holder, ttl_s):
            raise DatabaseBusyError("locked")

    shop = Shop()
    for kind in (Busy, BusyLease):
        with pytest.raises(CheckpointError, match="whether 'orders/7' has a run: locked"):
            asyncio.run(shop.fsm.run(Order(KEY), checkpoint=kind(Order)))
    assert shop.done == []


def test_no_other_word_says_what_to_do_with_a_kept_run():
    with pytest.raises(ValueError, match="exists='again': choose one of continue, refuse"):
        asyncio.run(Shop().fsm.run(Order(KEY), exists="again"))


def test_a_stream_of_a_completed_run_has_no_events(opened):
    shop = Shop()

    async def test(checkpoint):
        first = [e async for e in shop.fsm.stream(Order(KEY), checkpoint=checkpoint)]
        again = [e async for e in shop.fsm.stream(Order(KEY), checkpoint=checkpoint)]
        anew = shop.fsm.stream(Order(KEY), checkpoint=checkpoint, exists="restart")
        assert again == []
        assert [e.run_id for e in first] != [e.run_id async for e in anew]

    driven(opened, test)


def test_a_run_has_one_id_wherever_it_is_told_of(opened):
    shop = Shop(SHIP=Failed("no van"))
    events = []
    shop.fsm.subscribe(events.append)

    async def test(checkpoint):
        ctx = await shop.fsm.run(Order(KEY), checkpoint=checkpoint)
        shop.fails.clear()
        await shop.fsm.resume(await checkpoint.load(KEY), checkpoint=checkpoint)
        (summary,) = await checkpoint.list()
        return run_id_of(ctx), summary.run_id, run_id_of(await checkpoint.load(KEY))

    ids = driven(opened, test)
    assert {*ids, *(event.run_id for event in events)} == {ids[0]}
    assert UUID(ids[0]).version == 7
    assert len(events) == 10


def test_a_run_that_was_kept_without_an_id_has_one_by_its_key_and_time(opened):
    shop = Shop()

    async def test(checkpoint):
        ctx = Order(KEY)
        await checkpoint.save(ctx)
        (summary,) = await checkpoint.list()
        assert summary.run_id == run_id_of(ctx) == derived_run_id((KEY,), ctx.started_at)
        await shop.fsm.run(Order(KEY), checkpoint=checkpoint)
        (after,) = await checkpoint.list()
        assert (after.run_id, after.status) == (summary.run_id, "completed")

    driven(opened, test)


def test_ids_are_in_the_order_of_their_time():
    ids = []
    for n in range(50):
        ids.append(new_run_id())
        if n % 10 == 0:
            until = ids[-1][:13]
            while new_run_id()[:13] == until:
                pass
    assert len(set(ids)) == 50
    assert [one[:13] for one in ids] == sorted(one[:13] for one in ids)
    assert {UUID(one).version for one in ids} == {7}
    assert {UUID(one).variant for one in ids} == {"specified in RFC 4122"}


PROGRAM = """
import asyncio, os, signal, sys
from dataclasses import dataclass
from pathlib import Path
from retain.checkpoints import FileCheckpoint, SQLiteCheckpoint
from retain.engine import Complete, KeyedContext, RetainFSM

@dataclass
class Order(KeyedContext):
    receipt: str | None = None

folder, kind, kill = Path(sys.argv[1]), sys.argv[2], sys.argv[3] == "kill"

async def charge(ctx, services):
    with open(folder / "charges", "a") as file:
        file.write("x")
    ctx.receipt = "r"
    return "SHIP"

async def ship(ctx, services):
    if kill:
        os.kill(os.getpid(), signal.SIGKILL)
    return Complete()

async def main():
    opened = (
        FileCheckpoint(folder / "runs", Order)
        if kind == "file"
        else SQLiteCheckpoint(folder / "runs.db", Order)
    )
    fsm = RetainFSM(None)
    fsm.register("INIT", charge)
    fsm.register("SHIP", ship)
    ctx = await fsm.run(Order("orders/7"), checkpoint=opened)
    print(ctx.status, ctx.receipt)
    await opened.close()

asyncio.run(main())
"""


@pytest.mark.parametrize("kind", ["file", "sqlite"])
def test_a_request_that_is_delivered_again_after_a_kill_goes_on(tmp_path, kind):
    program = tmp_path / "shop.py"
    program.write_text(textwrap.dedent(PROGRAM))

    def deliver(how):
        words = [sys.executable, str(program), str(tmp_path), kind, how]
        return subprocess.run(words, capture_output=True, text=True, check=False)

    assert deliver("kill").returncode == -signal.SIGKILL
    for _ in range(2):
        done = deliver("go on")
        assert done.stdout.split() == ["completed", "r"], done.stderr
    assert (tmp_path / "charges").read_text() == "x"


def test_ids_of_runs_are_in_the_order_of_their_times():
    ids = [new_run_id() for _ in range(2000)]
    assert ids == sorted(ids)
    assert {UUID(one).version for one in ids} == {7}
    assert len(set(ids)) == len(ids)


def test_a_checkpoint_that_remembers_no_context_goes_on_all_the_same():
    class Plain:
        """Keeps copies, and gives them back."""

        def __init__(self):
            self.kept = {}

        async def save(self, ctx):
            self.kept["orders/7",] = copy.deepcopy(ctx)

        async def load(self, *key):
            return copy.deepcopy(self.kept.get(key))

    shop, checkpoint = Shop(), Plain()
    first = asyncio.run(shop.fsm.run(Order(KEY), checkpoint=checkpoint))
    again = asyncio.run(shop.fsm.run(Order(KEY), checkpoint=checkpoint))
    assert run_id_of(again) == run_id_of(first)
    assert shop.done == ["INIT", "SHIP"]


def test_a_field_that_the_kept_run_has_not_stays_as_the_new_context_has_it():
    @dataclass
    class Grown(Order):
        tracks: list[str] = field(init=False)  # a state sets it, in a newer release

    async def body():
        before, after = MemoryCheckpoint(Order), MemoryCheckpoint(Grown)
        after._runs = before._runs
        shop = Shop()
        await shop.fsm.run(Order(KEY), checkpoint=before)
        ctx = Grown(KEY)
        ctx.tracks = ["new"]
        return await shop.fsm.run(ctx, checkpoint=after)

    again = asyncio.run(body())
    assert (again.receipt, again.tracks) == ("r-1", ["new"])
