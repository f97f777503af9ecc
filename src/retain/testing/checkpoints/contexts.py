"""Which contexts are kept, and how others are refused."""
# ruff: noqa: S101 - assertions are what a test suite is made of

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from retain.engine.context import (
    StepLogEntry,
)
from retain.errors import (
    CheckpointDamagedError,
    CheckpointError,
    CheckpointVersionError,
)
from retain.memory.context import RetainContext
from retain.testing.checkpoints.base import ContractBase, awaited, kept_run
from retain.testing.checkpoints.samples import (
    NOON,
    First,
    Loose,
    Second,
    Seed,
    Slotted,
    whole,
)


class ContextContract(ContractBase):
    """Which contexts are kept, and how others are refused."""

    @awaited
    async def test_an_error_that_is_no_text_is_kept_escaped(self, tmp_path: Path) -> None:
        async with self.open_with(tmp_path) as checkpoint:
            ctx = RetainContext("bank", "source", "text", started_at=NOON)
            ctx.errors = ["no file \udc80.md"]
            ctx.step_log = [StepLogEntry("READ", NOON, NOON, 1.0, "no file \udc80.md")]
            await checkpoint.save(ctx)
            loaded = await kept_run(checkpoint)
            assert loaded.errors == [loaded.step_log[0].error] == ["no file \\udc80.md"]

    # Any dataclass with the engine's fields is a context.

    @awaited
    async def test_a_context_may_have_only_the_seeds_fields(self, tmp_path: Path) -> None:
        async with self.open_with(tmp_path, Seed) as checkpoint:
            ctx = Seed("bank", "source", "text")
            for state in ("READ", "LINK"):
                ctx.step_log.append(StepLogEntry(ctx.last_state, NOON, NOON, 1.0))
                ctx.last_state = state
                await checkpoint.save(ctx)
                assert await checkpoint.load("bank", "source") == ctx
            [summary] = await checkpoint.list()
            assert (summary.status, summary.last_state) == ("interrupted", "LINK")
            assert (summary.started_at, summary.completed_at) == (NOON, None)

    @awaited
    async def test_a_context_may_have_slots(self, tmp_path: Path) -> None:
        async with self.open_with(tmp_path, Slotted) as checkpoint:
            ctx = Slotted("bank", "source", "text")
            for state in ("READ", "LINK"):
                ctx.last_state = state
                await checkpoint.save(ctx)
                assert await checkpoint.load("bank", "source") == ctx
            await checkpoint.save(Slotted("bank", "source"))
            assert await checkpoint.load("bank", "source") == Slotted("bank", "source")

    @awaited
    async def test_what_cannot_be_kept_is_refused_by_name(self, tmp_path: Path) -> None:
        async with self.open_with(tmp_path, Loose) as checkpoint:
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
                kept = await kept_run(checkpoint)
                assert (kept.good, kept.thing) == ("old", None)
            ctx.thing = None
            for bad in (object(), loop):
                ctx.step_log = [StepLogEntry("READ", NOON, notes={"bad": bad})]
                with pytest.raises(CheckpointError, match="'READ'"):
                    await checkpoint.save(ctx)
            ctx.step_log = []
            await checkpoint.save(ctx)
            assert await checkpoint.load("bank", "source") == ctx

    @awaited
    async def test_an_older_schema_is_upgraded(self, tmp_path: Path) -> None:
        self.need_sharing()
        async with self.open_with(tmp_path, First) as checkpoint:
            await checkpoint.save(First("bank", "source", "Ana Bo", "as it was", started_at=NOON))
        expected = Second("bank", "source", ["Ana", "Bo"], ["as it was"], started_at=NOON)
        for state in ("READ", "LINK", "STORE"):
            async with self.open_with(tmp_path, Second) as checkpoint:
                ctx = await kept_run(checkpoint)
                assert ctx == expected
                for later in (state.lower(), state):
                    ctx.last_state = expected.last_state = later
                    await checkpoint.save(ctx)

    @awaited
    async def test_a_newer_schema_is_refused(self, tmp_path: Path) -> None:
        self.need_sharing()
        async with self.open_with(tmp_path, Second) as checkpoint:
            await checkpoint.save(Second("bank", "source", ["Ana"], started_at=NOON))
        async with self.open_with(tmp_path, First) as checkpoint:
            with pytest.raises(CheckpointVersionError, match="upgrade retain") as caught:
                await checkpoint.load("bank", "source")
            assert (caught.value.found, caught.value.known) == (2, 1)
            assert [s.source_id for s in await checkpoint.list()] == ["source"]
        async with self.open_with(tmp_path, Second) as checkpoint:
            assert (await kept_run(checkpoint)).names == ["Ana"]

    @awaited
    async def test_a_damaged_run_is_an_error_that_names_it(self, tmp_path: Path) -> None:
        async with self.open_with(tmp_path) as checkpoint:
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
