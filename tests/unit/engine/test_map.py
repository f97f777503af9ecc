"""A map runs one state once for each item, keeps each, and goes on with the unfinished ones."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from retain.engine import (
    Complete,
    Event,
    Failed,
    Parallel,
    RetainFSM,
    Retry,
    RunContext,
    StateFailure,
    StepStarted,
    Suspend,
)
from retain.errors import CheckpointError, TransientError

from .support import Kept, labels, run


@dataclass(frozen=True)
class Order:
    number: str
    price: Decimal


@dataclass
class Batch(RunContext):
    receipts: dict[Any, Any] = field(default_factory=dict)
    note: str = ""
    failures: list[StateFailure] = field(default_factory=list[StateFailure])


class Shop:
    """What the states of a map do, item by item."""

    def __init__(self, spec: Parallel, **options: Any) -> None:
        self.charged: list[Any] = []
        self.active = self.most = 0
        self.fsm: RetainFSM[Batch, Shop] = RetainFSM(self, **options)
        self.fsm.register("INIT", self.begin(spec))
        self.fsm.register("CHARGE", charge)
        self.fsm.register("DONE", done)

    def begin(self, spec: Parallel) -> Any:
        async def init(ctx: Batch, shop: Shop) -> Parallel:
            return spec

        return init

    def start(self, kept: Kept[Batch] | None = None) -> Batch:
        return run(self.fsm.run(Batch("shop", "monday"), checkpoint=kept))


async def charge(ctx: Batch, shop: Shop, item: Any) -> Any:
    shop.active += 1
    shop.most = max(shop.most, shop.active)
    await asyncio.sleep(0)
    shop.active -= 1
    shop.charged.append(item)
    return f"receipt of {item}"


async def done(ctx: Batch, shop: Shop, *, failures: tuple[StateFailure, ...] = ()) -> Complete:
    ctx.failures = list(failures)
    return Complete()


def test_every_item_runs_once_and_its_result_is_in_the_declared_field():
    shop = Shop(Parallel.map("CHARGE", ["a", "b", "c"], join="DONE", limit=2, into="receipts"))
    kept = Kept[Batch]()
    ctx = shop.start(kept)

    assert ctx.status == "completed"
    assert ctx.receipts == {"a": "receipt of a", "b": "receipt of b", "c": "receipt of c"}
    assert sorted(shop.charged) == ["a", "b", "c"]
    assert shop.most == 2
    steps = [e for e in ctx.step_log if e.state == "parallel:CHARGE"]
    assert sorted(e.notes["item"] for e in steps) == [0, 1, 2]
    assert ctx.fan_out is None
    assert ctx.fan_out_items == ""
    assert kept.last.receipts == ctx.receipts


@pytest.mark.parametrize(
    ("items", "keys"),
    [
        ([7, 5], [7, 5]),
        ([True, False], [0, 1]),
        ([1, "a"], [0, 1]),
        ([{"id": 1}, {"id": 1}], [0, 1]),
        ([Order("o-1", Decimal("1.50"))], [0]),
        ([], []),
        ((x for x in "ab"), ["a", "b"]),
    ],
)
def test_results_are_kept_by_item_where_that_is_a_name_or_a_number_else_by_position(
    items: Any, keys: list[Any]
):
    ctx = Shop(Parallel.map("CHARGE", items, join="DONE", into="receipts")).start()
    assert ctx.status == "completed"
    assert sorted(ctx.receipts, key=keys.index) == keys


def test_a_resume_runs_the_unfinished_items_alone():
    items = [Order(f"o-{n}", Decimal(n)) for n in range(20)]
    shop = Shop(Parallel.map("CHARGE", items, join="DONE", limit=4, into="receipts"))
    wanted = run(shop.fsm.run(Batch("shop", "monday"))).receipts
    kept = Kept[Batch]()
    shop.start(kept)
    for save in kept.saves:
        later = Shop(Parallel.map("CHARGE", items, join="DONE", into="receipts"))
        ctx = run(later.fsm.resume(save))
        assert ctx.status == "completed"
        assert ctx.receipts == wanted
        if save.last_state == "INIT" and save.fan_out is not None:
            mapped = save.fan_out.mapped
            assert mapped is not None
            left = [item for n, item in enumerate(items) if not mapped.ended(n)]
            assert sorted(later.charged, key=items.index) == left


def test_items_that_end_while_a_save_runs_share_the_next_save():
    async def slow(number: int) -> None:
        for _ in range(10):
            await asyncio.sleep(0)

    kept = Kept[Batch](slow)
    shop = Shop(Parallel.map("CHARGE", range(100), join="DONE", limit=50))
    assert shop.start(kept).status == "completed"
    assert kept.calls < 25


def test_each_item_retries_on_its_own():
    tries: Counter[Any] = Counter()

    async def flaky(ctx: Batch, shop: Shop, item: int) -> str:
        tries[item] += 1
        if tries[item] <= item:
            raise TransientError("busy")
        return "ok"

    shop = Shop(Parallel.map("CHARGE", range(3), join="DONE", into="receipts"))
    shop.fsm.register("CHARGE", flaky, retry=Retry(attempts=3, initial_s=0))
    ctx = shop.start()
    assert ctx.status == "completed"
    assert tries == {0: 1, 1: 2, 2: 3}
    assert sorted(e.notes.get("attempt", 1) for e in ctx.step_log if "item" in e.notes) == [
        1, 1, 1, 2, 2, 3,
    ]  # fmt: skip


async def picky(ctx: Batch, shop: Shop, item: int) -> Any:
    shop.charged.append(item)
    await asyncio.sleep(0 if item == 1 else 0.01)
    return Failed("declined") if item == 1 else f"r-{item}"


def test_the_others_finish_when_an_item_fails_and_a_resume_runs_the_failed_one_again():
    shop = Shop(Parallel.map("CHARGE", range(4), join="DONE", into="receipts"))
    shop.fsm.register("CHARGE", picky)
    ctx = shop.start(kept := Kept[Batch]())
    assert (ctx.status, ctx.errors) == ("failed", ["parallel:CHARGE[1]: declined"])
    assert ctx.receipts == {0: "r-0", 2: "r-2", 3: "r-3"}

    shop.fsm.register("CHARGE", charge)
    shop.charged.clear()
    ctx = run(shop.fsm.resume(kept.last, checkpoint=kept))
    assert (ctx.status, shop.charged) == ("completed", [1])


def test_cancel_ends_the_others_when_an_item_fails():
    async def fails_at_1(ctx: Batch, shop: Shop, item: int) -> Any:
        shop.charged.append(item)
        await asyncio.sleep(0 if item == 1 else 30)
        return Failed("declined")

    shop = Shop(Parallel.map("CHARGE", range(9), join="DONE", limit=3, failures="cancel"))
    shop.fsm.register("CHARGE", fails_at_1)
    ctx = shop.start(Kept[Batch]())
    assert (ctx.status, ctx.errors) == ("failed", ["parallel:CHARGE[1]: declined"])
    assert sorted(shop.charged) == [0, 1, 2]
    assert [e.error for e in ctx.step_log if e.state == "parallel:CHARGE"] == [
        "cancelled", "declined", "cancelled",
    ]  # fmt: skip


def test_continue_hands_what_failed_to_the_join():
    shop = Shop(Parallel.map("CHARGE", range(3), join="DONE", into="receipts", failures="continue"))
    shop.fsm.register("CHARGE", picky)
    ctx = shop.start(kept := Kept[Batch]())
    assert ctx.status == "completed"
    assert ctx.failures == [StateFailure("CHARGE", "declined", 1)]
    assert ctx.errors == ["parallel:CHARGE[1]: declined"]
    for save in kept.saves:
        later = run(shop.fsm.resume(save))
        assert later.failures == ctx.failures, "after a crash the join is told the same"


def test_an_item_that_failed_goes_on_with_its_on_error_state():
    told: list[Any] = []

    async def refund(ctx: Batch, shop: Shop, item: int, failures: Any) -> str:
        told.append((item, failures))
        return "refunded"

    shop = Shop(Parallel.map("CHARGE", range(3), join="DONE", into="receipts"))
    shop.fsm.register("CHARGE", picky, on_error="REFUND")
    shop.fsm.register("REFUND", refund)
    ctx = shop.start(kept := Kept[Batch]())
    assert ctx.receipts == {0: "r-0", 1: "refunded", 2: "r-2"}
    assert told == [(1, (StateFailure("CHARGE", "declined", 1),))]

    (under_way,) = [s for s in kept.saves if s.fan_out and s.fan_out.detours][:1]
    shop.charged.clear()
    assert run(shop.fsm.resume(under_way)).receipts == ctx.receipts
    assert 1 not in shop.charged, "what failed is not tried again once the run goes on"


def test_items_ask_at_once_and_are_answered_by_name():
    async def asks(ctx: Batch, shop: Shop, item: str, answer: bool | None = None) -> Any:
        shop.charged.append(item)
        return Suspend(f"may I charge {item}?", {"item": item}) if answer is None else answer

    shop = Shop(Parallel.map("CHARGE", ["a", "b"], join="DONE", into="receipts"))
    shop.fsm.register("CHARGE", asks)
    ctx = shop.start(kept := Kept[Batch]())
    assert ctx.status == "suspended"
    assert [(q.name, q.payload) for q in kept.last.questions] == [
        ("CHARGE[0]", {"item": "a"}),
        ("CHARGE[1]", {"item": "b"}),
    ]
    ctx = run(shop.fsm.resume(kept.last, checkpoint=kept, value={"CHARGE[1]": True}))
    assert (ctx.status, ctx.receipts) == ("suspended", {"b": True})
    ctx = run(shop.fsm.resume(kept.last, checkpoint=kept, value=False))
    assert (ctx.status, ctx.receipts) == ("completed", {"a": False, "b": True})
    assert shop.charged == ["a", "b", "b", "a"]


@pytest.mark.parametrize(
    ("spec", "error"),
    [
        (lambda: Parallel.map("CHARGE", [object()], join="DONE"), "type object at [0] cannot"),
        (lambda: Parallel.map("CHARGE", [1], join="DONE", into="note"), "has no dict in a field"),
        (lambda: Parallel.map("CHARGE", [1], join="DONE", into="lost"), "has no dict in a field"),
        (lambda: Parallel.map("CHARGE", [1, 1], join="DONE", into="receipts"), "occurs twice"),
    ],
)
def test_what_cannot_be_kept_is_an_error_of_the_state_before_anything_runs(spec: Any, error: str):
    shop = Shop(spec())
    ctx = shop.start(Kept[Batch]())
    assert ctx.status == "failed"
    assert ctx.errors[0].startswith("INIT: ")
    assert error in ctx.errors[0]
    assert shop.charged == []


@pytest.mark.parametrize(
    "make",
    [
        lambda: Parallel.map("CHARGE", [1], join="DONE", limit=0),
        lambda: Parallel(("A",), "DONE", failures="stop"),  # type: ignore[arg-type]
        lambda: Parallel.map("CHARGE", [1], join="DONE", failures="stop"),  # type: ignore[arg-type]
    ],
)
def test_a_spec_that_means_nothing_is_refused(make: Any):
    with pytest.raises(ValueError, match=r"must be at least 1|is not known"):
        make()


def test_a_result_that_nothing_keeps_is_refused_and_not_lost_without_a_word():
    async def answers(ctx: Batch, shop: Shop, item: int) -> Any:
        return {"receipt": item}

    shop = Shop(Parallel.map("CHARGE", [1], join="DONE"))
    shop.fsm.register("CHARGE", answers)
    assert shop.start().errors == [
        "parallel:CHARGE[0]: nothing keeps its result of type dict: give the map into="
    ]


def test_a_context_without_a_place_for_items_is_told_what_it_lacks():
    @dataclass
    class Own:
        bank_id: str = "a"
        source_id: str = "b"
        last_state: str = "INIT"
        step_log: list[Any] = field(default_factory=list)
        errors: list[str] = field(default_factory=list)
        completed_at: Any = None

    shop: Any = Shop(Parallel.map("CHARGE", [1], join="DONE"))
    ctx = run(shop.fsm.run(Own()))
    assert "Own has no place for the items of a map" in ctx.errors[0]


def test_a_map_is_no_matter_of_max_transitions_and_declares_as_its_state_and_join():
    shop = Shop(Parallel.map("CHARGE", range(50), join="DONE"), max_transitions=5)
    shop.fsm.register("INIT", shop.begin(Parallel.map("CHARGE", range(50), join="DONE")), to=[
        Parallel.map("CHARGE", join="DONE")
    ])  # fmt: skip
    shop.fsm.register("DONE", done, to=[])
    assert shop.fsm.validate() == ()
    assert shop.start().status == "completed"


def test_a_save_that_fails_stops_the_map_and_nothing_is_left_running():
    def full(number: int) -> None:
        if number == 4:
            raise OSError("disk full")

    shop = Shop(Parallel.map("CHARGE", range(30), join="DONE", limit=5))
    with pytest.raises(CheckpointError, match="disk full"):
        shop.start(Kept[Batch](full))
    assert len(shop.charged) < 30


def test_a_cancelled_map_is_kept_and_goes_on():
    kept = Kept[Batch]()
    shop = Shop(Parallel.map("CHARGE", range(30), join="DONE", limit=5, into="receipts"))

    async def cancelled() -> None:
        task = asyncio.create_task(shop.fsm.run(Batch("shop", "monday"), checkpoint=kept))
        while len(shop.charged) < 10:  # noqa: ASYNC110 - the steps of the loop are the clock
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    run(cancelled())
    assert kept.last.status == "interrupted"
    ctx = run(shop.fsm.resume(kept.last, checkpoint=kept))
    assert ctx.status == "completed"
    assert set(ctx.receipts) == set(range(30))
    ended = [e.notes["item"] for e in ctx.step_log if "item" in e.notes and e.error is None]
    assert sorted(ended) == list(range(30))


def test_observers_see_each_item():
    seen: list[Event] = []
    shop = Shop(Parallel.map("CHARGE", "ab", join="DONE"))
    shop.fsm.subscribe(seen.append)
    ctx = shop.start()
    assert labels(ctx) == ["INIT", "parallel:CHARGE", "parallel:CHARGE", "DONE"]
    assert [e.state for e in seen if isinstance(e, StepStarted)] == labels(ctx)


def test_items_that_do_not_read_back_are_an_error_of_the_state_that_fanned_out():
    shop = Shop(Parallel.map("CHARGE", ["a"], join="DONE"))
    kept = Kept[Batch]()
    shop.start(kept)
    (under_way, *_) = [s for s in kept.saves if s.fan_out]
    under_way.fan_out_items = "[1"
    ctx = run(shop.fsm.resume(under_way))
    assert ctx.status == "failed"
    assert "INIT: the items of its map do not read back" in ctx.errors[0]


def test_a_result_that_is_an_end_is_no_result():
    async def charge_nothing(ctx: Batch, shop: Shop, item: str) -> Any:
        return Complete() if item == "a" else item

    shop = Shop(Parallel.map("CHARGE", ["a", "b"], join="DONE", into="receipts"))
    shop.fsm.register("CHARGE", charge_nothing)
    assert shop.start().receipts == {"b": "b"}


@pytest.mark.parametrize("hangs", [False, True])
def test_a_map_that_is_cancelled_while_it_saves_ends_with_that_save_or_after_its_grace(hangs):
    async def main() -> tuple[Batch, Kept[Batch]]:
        reached, goes_on = asyncio.Event(), asyncio.Event()

        async def slow(number: int) -> None:
            if number == 3:  # of the first item that ends
                reached.set()
                await goes_on.wait()

        shop = Shop(Parallel.map("CHARGE", ["a"], join="DONE"), save_grace_s=0.05)
        ctx, kept = Batch("ana", "batch"), Kept[Batch](slow)
        running = asyncio.create_task(shop.fsm.run(ctx, checkpoint=kept))
        await reached.wait()
        for _ in range(2):  # also while it settles
            running.cancel()
            for _ in range(10):
                await asyncio.sleep(0)
        if not hangs:
            goes_on.set()
        with pytest.raises(asyncio.CancelledError):
            await running
        goes_on.set()
        await asyncio.sleep(0)
        return ctx, kept

    ctx, kept = run(main())
    assert ctx.status == "interrupted"
    block = kept.last.fan_out
    assert block is not None
    assert block.mapped.ended(0)  # in the save of the item, or in that of the end
