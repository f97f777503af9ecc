import asyncio

import pytest

from retain.checkpoints.memory import MemoryCheckpoint
from retain.engine import Complete, RetainFSM, RunContext
from retain.engine.context import EngineFields, key_of
from retain.errors import ContextTypeError
from retain.keys import decoded, encoded, named, prefix_range
from retain.testing.checkpoints.samples import Order, Pinned


async def pay(ctx, services):
    ctx.paid = 5
    return Complete()


@pytest.mark.parametrize("key", ["orders/42", ("eu", "shop", "o-7"), ("a", "b", "c", "d", "e")])
def test_a_run_is_driven_under_its_key(key):
    fsm, events = RetainFSM(None), []
    fsm.register("INIT", pay)
    fsm.subscribe(events.append)
    checkpoint = MemoryCheckpoint(Order)
    ctx = asyncio.run(fsm.run(Order(key), checkpoint=checkpoint))
    strings = (key,) if isinstance(key, str) else key
    assert {event.run_key for event in events} == {strings}
    kept = asyncio.run(checkpoint.load(*strings))
    assert (kept.run_key, kept.paid) == (ctx.run_key, 5)


def test_a_context_that_names_no_run_is_refused_before_any_state_runs():
    ran = []

    async def init(ctx, services):
        ran.append(1)
        return Complete()

    fsm = RetainFSM(None)
    fsm.register("INIT", init)
    with pytest.raises(ContextTypeError, match="inherit from KeyedContext"):
        asyncio.run(fsm.run(EngineFields()))
    assert ran == []


def test_a_context_is_named_by_its_run_key_or_by_its_bank_and_source():
    assert key_of(RunContext("b", "s")) == ("b", "s")
    assert key_of(Pinned("one")) == ("one",)
    assert key_of(Order(("one", "two", "three"))) == ("one", "two", "three")


def test_a_key_is_shown_by_its_last_string_first():
    assert named(("orders/42",)) == "'orders/42'"
    assert named(("shop", "o-7")) == "'o-7' in 'shop'"
    assert named(("eu", "shop", "o-7")) == "'o-7' in 'eu' / 'shop'"


def test_a_prefix_covers_the_keys_that_begin_with_it_and_no_other():
    keys = [("a",), ("a", ""), ("a", "\U0010ffff"), ("a", "\x01"), ("a\x01",), ("ab",), ("b", "a")]
    behind, end = prefix_range(("a",))
    assert [decoded(t) for t in map(encoded, keys) if behind < t < end] == keys[:4]
    behind, end = prefix_range(("a", ""))
    assert [decoded(t) for t in map(encoded, keys) if behind < t < end] == keys[1:2]
    assert prefix_range(()) == ("", None)
