"""A list that grows is kept as what was added, and reads back as it is, whatever is done to it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retain.checkpoints.base import BaseCheckpoint
from retain.checkpoints.delta import INLINE_WEIGHT, Delta, Tracker
from retain.checkpoints.file import FileCheckpoint
from retain.checkpoints.memory import MemoryCheckpoint
from retain.checkpoints.sqlite import SQLiteCheckpoint
from retain.checkpoints.unchanged import CHUNK
from retain.engine import RunContext
from retain.errors import ContextTypeError


@dataclass(frozen=True)
class Message:
    text: str
    at: Any = 0


@dataclass
class Chat(RunContext):
    messages: list[dict[str, Any]] = field(default_factory=list)
    said: list[Message] = field(default_factory=list)
    table: dict[str, list[int]] = field(default_factory=dict)


BACKENDS = ["memory", "file", "sqlite"]


@asynccontextmanager
async def opened(backend: str, folder: Path) -> AsyncIterator[BaseCheckpoint[Chat]]:
    checkpoint: BaseCheckpoint[Chat]
    if backend == "memory":
        checkpoint = MemoryCheckpoint(Chat)
    elif backend == "file":
        checkpoint = FileCheckpoint(folder / "runs", Chat, durability="process")
    else:
        checkpoint = SQLiteCheckpoint(folder / "runs.db", Chat, durability="process")
    yield checkpoint
    await checkpoint.close()


async def deltas(ctx: Chat, *changes: Any) -> list[Delta]:
    """What is written after each change."""
    tracker = Tracker(MemoryCheckpoint(Chat).codec)
    found: list[Delta] = []
    for change in (lambda ctx: None, *changes):
        change(ctx)
        delta, pending = await tracker.delta(ctx)
        tracker.kept(pending)
        found.append(delta)
    return found


def written(delta: Delta) -> list[str]:
    return [*delta.fields, *(f"+{name}" for name in delta.added)]


def say(text: str) -> Any:
    def change(ctx: Chat) -> None:
        ctx.messages.append({"role": "user", "content": text})

    return change


def test_what_is_added_is_written_alone():
    ctx = Chat("b", "s", messages=[{"content": "x" * 1000}])
    first, *rest = asyncio.run(deltas(ctx, say("a"), say("b"), lambda ctx: None))
    assert written(first) == ["messages", "said", "table"]
    assert [written(delta) for delta in rest] == [["+messages"], ["+messages"], []]
    assert all(len(delta.added["messages"]) < 50 for delta in rest[:2])


def test_a_list_that_is_set_anew_with_the_same_items_is_a_list_that_grew():
    def longer(ctx: Chat) -> None:
        ctx.said = [*ctx.said, Message("c"), Message("d", [1])]

    ctx = Chat("b", "s", said=[Message("a"), Message("b")])
    assert written(asyncio.run(deltas(ctx, longer))[1]) == ["+said"]


CHANGES = {
    "an item changed in place": lambda ctx: ctx.messages[0].update(content="other"),
    "a value of an equal value and another type": lambda ctx: ctx.messages[0].update(n=True),
    "an item deep inside": lambda ctx: ctx.messages[1]["deep"][0].append(2),
    "a key that went": lambda ctx: ctx.messages[0].pop("n"),
    "an item in the middle": lambda ctx: ctx.messages.insert(1, {}),
    "an item that went": lambda ctx: ctx.messages.pop(),
    "all of them": lambda ctx: ctx.messages.clear(),
    "two that changed places": lambda ctx: ctx.messages.reverse(),
    "an item of a frozen one": lambda ctx: ctx.said[0].at.append(1),
}  # fmt: skip


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_any_other_change_is_kept_too(backend, change, tmp_path):
    async def test() -> None:
        async with opened(backend, tmp_path) as checkpoint:
            ctx = Chat("b", "s", messages=[{"n": 1}], said=[Message("a", [])])
            await checkpoint.save(ctx)
            ctx.messages.append({"deep": [[1]]})
            await checkpoint.save(ctx)
            change(ctx)
            ctx.messages.append({"last": 1})
            await checkpoint.save(ctx)
            ctx.messages.append({"very": "last"})
            await checkpoint.save(ctx)
            kept = await checkpoint.load("b", "s")
            assert kept == ctx
            assert [type(v) for v in kept.messages[0].values()] == [
                type(v) for v in ctx.messages[0].values()
            ]
            kept.messages.append({"after": "load"})
            await checkpoint.save(kept)
            assert await checkpoint.load("b", "s") == kept

    asyncio.run(test())


@dataclass
class Long(RunContext):
    append_only: ClassVar = frozenset({"items"})
    items: list[dict[str, int]] = field(default_factory=list)


@pytest.mark.parametrize("start", [0, 1, 3])
def test_a_list_that_says_so_is_looked_at_where_it_grows(start):
    async def test() -> None:
        checkpoint = MemoryCheckpoint(Long)
        ctx = Long("b", "s", items=[{"n": n} for n in range(start)])
        await checkpoint.save(ctx)
        for n in range(4):
            ctx.items.append({"n": 10 + n})
            await checkpoint.save(ctx)
            await checkpoint.save(ctx)
            assert (await checkpoint.load("b", "s")).items == ctx.items
        assert len(checkpoint._runs["b", "s"].added.get("items", ())) == 4
        ctx.items = [{"n": 0}]
        await checkpoint.save(ctx)
        assert (await checkpoint.load("b", "s")).items == ctx.items

    asyncio.run(test())


@dataclass
class Table(RunContext):
    append_only: ClassVar = frozenset({"rows"})
    rows: dict[str, int] = field(default_factory=dict)


def test_a_dict_that_says_so_is_kept_where_it_grows_or_is_replaced():
    async def test() -> None:
        checkpoint = MemoryCheckpoint(Table)
        ctx = Table("b", "s")
        tables = ({}, {"a": 1}, {"a": 1, "b": 2}, {"a": 1, "b": 3}, {"c": 1, "b": 3}, {})
        for rows in tables:
            ctx.rows = rows
            await checkpoint.save(ctx)
            assert (await checkpoint.load("b", "s")).rows == rows
        for n in range(4):
            ctx.rows[f"more {n}"] = n
            await checkpoint.save(ctx)
            assert (await checkpoint.load("b", "s")).rows == ctx.rows

    asyncio.run(test())


def test_a_list_that_says_so_is_a_field():
    @dataclass
    class Wrong(RunContext):
        append_only: ClassVar = frozenset({"itmes"})
        items: list[int] = field(default_factory=list)

    with pytest.raises(ContextTypeError, match="append_only of Wrong names 'itmes'"):
        MemoryCheckpoint(Wrong)


def test_a_list_that_is_written_whole_leaves_no_parts_behind(tmp_path):
    async def test() -> None:
        async with opened("sqlite", tmp_path) as checkpoint:
            ctx = Chat("b", "s")
            for text in "abc":
                say(text)(ctx)
                await checkpoint.save(ctx)
            ctx.messages.reverse()
            await checkpoint.save(ctx)

    asyncio.run(test())
    with closing(sqlite3.connect(tmp_path / "runs.db")) as connection:
        assert connection.execute("SELECT count(*) FROM run_added").fetchone() == (0,)


def test_a_log_that_is_rewritten_keeps_what_was_added(tmp_path):
    async def test() -> None:
        async with opened("file", tmp_path) as checkpoint:
            ctx = Chat("b", "s")
            await checkpoint.save(ctx)
            for number in range(15):
                say(f"{number}" * 100_000)(ctx)
                await checkpoint.save(ctx)
            assert await checkpoint.load("b", "s") == ctx
        (log,) = (tmp_path / "runs").glob("*.run")
        assert log.stat().st_size < 4_500_000

    asyncio.run(test())


def test_a_list_of_a_changed_class_is_read_with_all_its_parts(tmp_path):
    async def test() -> None:
        async with opened("file", tmp_path) as checkpoint:
            ctx = Chat("b", "s")
            for text in "ab":
                say(text)(ctx)
                await checkpoint.save(ctx)

        @dataclass
        class Renamed(RunContext):
            schema_version = 2
            schema_upgrades = {1: lambda v: {"turns": [m["content"] for m in v["messages"]]}}  # noqa: RUF012
            turns: list[str] = field(default_factory=list)

        later = FileCheckpoint(tmp_path / "runs", Renamed)
        assert (await later.load("b", "s")).turns == ["a", "b"]
        await later.close()

    asyncio.run(test())


leaf = st.integers(0, 2) | st.booleans() | st.sampled_from(["a", "b"])
value = st.recursive(
    leaf,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(leaf, inner, max_size=2),
    max_leaves=4,
)
action = st.tuples(
    st.sampled_from(["add", "set", "inside", "drop", "keep", "load"]), st.integers(0, 5), value
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(action, max_size=12))
def test_after_any_history_the_list_reads_back(actions):
    async def test() -> None:
        checkpoint = MemoryCheckpoint(Chat)
        ctx = Chat("b", "s")
        await checkpoint.save(ctx)
        for what, where, new in actions:
            items = ctx.messages
            at = where % (len(items) or 1)
            if what == "add":
                items.append({"v": new})
            elif what == "load":
                ctx = await checkpoint.load("b", "s")
            elif items and what == "set":
                items[at] = {"v": new}
            elif items and what == "inside":
                inner = items[at].get("v")
                if isinstance(inner, list):
                    inner.append(new)
                else:
                    items[at]["v"] = new
            elif items and what == "drop":
                items.pop(at)
            await checkpoint.save(ctx)
            kept = await checkpoint.load("b", "s")
            assert repr(kept.messages) == repr(ctx.messages)

    asyncio.run(test())


def test_a_change_by_a_branch_while_a_long_list_is_encoded_is_not_lost():
    async def test() -> None:
        checkpoint = MemoryCheckpoint(Chat)
        ctx = Chat("b", "s", messages=[{"n": n} for n in range(40_000)])
        saving = asyncio.ensure_future(checkpoint.save(ctx))
        while not saving.done():
            for message in (ctx.messages[0], ctx.messages[-1]):
                message["n"] += 1
                await asyncio.sleep(0)
                message["n"] -= 1
        await saving
        await checkpoint.save(ctx)
        assert (await checkpoint.load("b", "s")).messages == ctx.messages

    asyncio.run(test())


@dataclass
class Tree(RunContext):
    rows: list[Any] = field(default_factory=list)


GROWN = {
    "what was added last": lambda rows: rows[-1].append("changed"),
    "what was added deep inside": lambda rows: rows[-1][1]["deep"].append("changed"),
    "what was added before": lambda rows: rows[2].append("changed"),
    "what was there first": lambda rows: rows[0].append("changed"),
}


@pytest.mark.parametrize("change", GROWN.values(), ids=GROWN)
def test_a_change_of_an_item_that_was_added_is_kept_however_deep_it_stands(change):
    """Lists of lists are traced level by level, and an addition may be deeper than all before."""

    async def test() -> None:
        checkpoint = MemoryCheckpoint(Tree)
        ctx = Tree("b", "s", rows=[["first"], ["second"]])
        await checkpoint.save(ctx)
        for added in (["third"], ["fourth", {"deep": [1, [2]]}]):
            ctx.rows.append(added)
            await checkpoint.save(ctx)
            assert await checkpoint.load("b", "s") == ctx
        change(ctx.rows)
        await checkpoint.save(ctx)
        assert await checkpoint.load("b", "s") == ctx
        ctx.rows.append(["fifth"])
        change(ctx.rows[:4])
        await checkpoint.save(ctx)
        assert await checkpoint.load("b", "s") == ctx

    asyncio.run(test())


def test_another_item_amid_very_many_is_kept():
    async def test() -> None:
        checkpoint = MemoryCheckpoint(Tree)
        ctx = Tree("b", "s", rows=[[n] for n in range(3 * CHUNK)])
        await checkpoint.save(ctx)
        ctx.rows[2 * CHUNK] = ["another"]
        await checkpoint.save(ctx)
        assert await checkpoint.load("b", "s") == ctx

    asyncio.run(test())


@pytest.mark.parametrize("grows", [False, True])
def test_a_change_that_is_taken_back_while_a_list_is_encoded_is_not_kept(grows):
    """A branch changes a message and changes it back, just while a thread encodes it."""

    async def test() -> None:
        checkpoint = MemoryCheckpoint(Chat)
        ctx = Chat("b", "s", messages=[{"n": n} for n in range(INLINE_WEIGHT // 100)])
        if grows:
            await checkpoint.save(ctx)
            ctx.messages += [{"n": n} for n in range(INLINE_WEIGHT // 100)]
        encode = checkpoint.codec.encode_field

        def disturbed(name: str, value: Any) -> bytes:
            ctx.messages[-1]["n"] += 1
            try:
                return encode(name, value)
            finally:
                ctx.messages[-1]["n"] -= 1

        checkpoint.codec.encode_field = disturbed
        await checkpoint.save(ctx)
        checkpoint.codec.encode_field = encode
        await checkpoint.save(ctx)
        assert (await checkpoint.load("b", "s")).messages == ctx.messages

    asyncio.run(test())
