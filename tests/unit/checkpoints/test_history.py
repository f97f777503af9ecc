"""How many earlier runs are kept, and which of their fields."""

import asyncio
from dataclasses import dataclass, field
from typing import ClassVar

import msgspec
import pytest

import retain.checkpoints
from retain.checkpoints import log
from retain.checkpoints.file import FileCheckpoint
from retain.checkpoints.history import History
from retain.checkpoints.memory import MemoryCheckpoint
from retain.engine import KeyedContext, RunContext
from retain.engine.context import EngineState
from retain.errors import CheckpointDamagedError, CheckpointError, ContextTypeError


def test_fewer_than_no_earlier_runs_cannot_be_kept():
    with pytest.raises(ValueError, match="-1 runs: give 0 or more"):
        History(-1)


def test_a_field_without_a_default_belongs_to_the_history():
    @dataclass(kw_only=True)
    class Order(KeyedContext):
        history_fields: ClassVar[frozenset[str]] = frozenset({"items"})
        customer: str
        items: list[str] = field(default_factory=list)

    with pytest.raises(ContextTypeError, match="history_fields of Order leaves out 'customer'"):
        MemoryCheckpoint(Order)


@dataclass
class Growing(RunContext):
    items: list[int] = field(default_factory=list)


def saved(checkpoint, run_id, *items):
    """A run that is kept once for each of its items."""

    async def save() -> None:
        ctx = Growing("bank", "source", engine_state=EngineState(run_id=run_id))
        for item in items:
            ctx.items.append(item)
            await checkpoint.save(ctx)

    return save()


def test_earlier_runs_whose_file_is_damaged_are_told(tmp_path):
    async def test() -> None:
        checkpoint = FileCheckpoint(tmp_path, Growing, durability="process")
        await saved(checkpoint, "one", 1)
        await saved(checkpoint, "two", 1)
        (kept,) = tmp_path.glob("*.earlier")
        kept.write_bytes(log.MAGIC + log.frame(b"\xc1 no run"))
        with pytest.raises(CheckpointDamagedError, match=kept.name):
            await checkpoint.history("bank", "source")
        assert (await checkpoint.load("bank", "source")).items == [1]
        await checkpoint.close()

    asyncio.run(test())


def test_a_list_in_parts_that_no_longer_fits_its_field_cannot_become_history():
    async def test() -> None:
        checkpoint = MemoryCheckpoint(Growing)
        await saved(checkpoint, "one", 1, 2, 3)
        parts = checkpoint._runs["bank", "source"].added["items"]
        parts[0] = msgspec.msgpack.encode(["no number"])
        with pytest.raises(CheckpointError, match="'items' of an earlier run"):
            await saved(checkpoint, "two", 1)

    asyncio.run(test())


def test_what_the_package_offers_is_listed():
    assert set(retain.checkpoints.__all__) <= set(dir(retain.checkpoints))
