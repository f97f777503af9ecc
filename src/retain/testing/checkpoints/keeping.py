"""What is saved is what is loaded."""
# ruff: noqa: S101 - assertions are what a test suite is made of

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from retain.engine.context import (
    FanOut,
    StepLogEntry,
)
from retain.memory.context import RetainContext
from retain.status import RunStatus
from retain.testing.checkpoints.base import ContractBase, awaited, kept_run
from retain.testing.checkpoints.samples import (
    NOON,
    Changing,
    Nested,
    Working,
    whole,
)


class KeepingContract(ContractBase):
    """What is saved is what is loaded."""

    def test_the_sample_leaves_no_field_at_its_default(self) -> None:
        plain = RetainContext("", "", "")
        for each in dataclasses.fields(RetainContext):
            assert getattr(whole(), each.name) != getattr(plain, each.name), each.name

    @awaited
    async def test_every_field_comes_back(self, tmp_path: Path) -> None:
        async with self.open_with(tmp_path) as checkpoint:
            await checkpoint.save(whole())
            assert await checkpoint.load("bank", "source") == whole()

    @awaited
    async def test_a_missing_run_is_none(self, tmp_path: Path) -> None:
        async with self.open_with(tmp_path) as checkpoint:
            assert await checkpoint.load("bank", "source") is None
            await checkpoint.save(whole())
            assert await checkpoint.load("bank", "other") is None
            assert await checkpoint.load("other", "source") is None

    @awaited
    async def test_what_is_loaded_is_a_copy(self, tmp_path: Path) -> None:
        async with self.open_with(tmp_path) as checkpoint:
            saved = whole()
            await checkpoint.save(saved)
            first, second = await kept_run(checkpoint), await kept_run(checkpoint)
            assert first is not saved
            assert second is not first
            saved.entities.append("saved")
            first.meta["tags"].append("first")
            first.step_log[0].notes["first"] = True
            assert second == whole()
            assert await checkpoint.load("bank", "source") == whole()

    @awaited
    async def test_every_later_save_is_what_is_loaded(self, tmp_path: Path) -> None:
        async with self.open_with(tmp_path) as checkpoint:
            ctx = RetainContext("bank", "source", "text", started_at=NOON)
            for change in changes():
                change(ctx)
                await checkpoint.save(ctx)
                assert await checkpoint.load("bank", "source") == ctx, change

    @awaited
    async def test_a_loaded_context_goes_on(self, tmp_path: Path) -> None:
        async with self.open_with(tmp_path) as checkpoint:
            await checkpoint.save(RetainContext("bank", "source", "text", started_at=NOON))
            for change in changes():
                ctx = await kept_run(checkpoint)
                change(ctx)
                await checkpoint.save(ctx)
                assert await checkpoint.load("bank", "source") == ctx, change

    @awaited
    async def test_values_that_change_in_place_are_noticed(self, tmp_path: Path) -> None:
        async with self.open_with(tmp_path, Changing) as checkpoint:
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

    @awaited
    async def test_a_completed_run_is_kept_without_its_working_fields(self, tmp_path: Path) -> None:
        """The caller's own context keeps them; a run that goes on has them too."""
        async with self.open_with(tmp_path, Working) as checkpoint:

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

    @awaited
    async def test_a_replaced_or_shortened_step_log_is_kept_as_it_is(self, tmp_path: Path) -> None:
        async with self.open_with(tmp_path) as checkpoint:
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

    @awaited
    async def test_a_long_run_keeps_every_step(self, tmp_path: Path) -> None:
        async with self.open_with(tmp_path) as checkpoint:
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

    @awaited
    async def test_a_new_context_replaces_the_old_one_whole(self, tmp_path: Path) -> None:
        async with self.open_with(tmp_path) as checkpoint:
            await checkpoint.save(whole())
            new = RetainContext("bank", "source", "other", started_at=NOON)
            await checkpoint.save(new)
            assert await checkpoint.load("bank", "source") == new

    @awaited
    async def test_two_contexts_of_one_run_never_mix(self, tmp_path: Path) -> None:
        async with self.open_with(tmp_path) as checkpoint:
            one = RetainContext("bank", "source", "one", meta={"one": 1}, started_at=NOON)
            two = RetainContext("bank", "source", "two", entities=["two"], started_at=NOON)
            for n in range(3):
                for ctx in (one, two):
                    ctx.title = str(n)
                    await checkpoint.save(ctx)
                    assert await checkpoint.load("bank", "source") == ctx

    @awaited
    async def test_two_runners_of_one_run_never_mix(self, tmp_path: Path) -> None:
        async with AsyncExitStack() as stack:
            first, second = await self.open_two(stack, tmp_path)
            observer = await stack.enter_async_context(self.open_with(tmp_path))
            one = RetainContext("bank", "source", "one", meta={"one": 1}, started_at=NOON)
            two = RetainContext("bank", "source", "two", entities=["two"], started_at=NOON)
            for n in range(4):
                for checkpoint, ctx in ((first, one), (second, two)):
                    for _ in range(1 + n % 2):
                        ctx.step_log.append(StepLogEntry(str(n), NOON, NOON))
                        await checkpoint.save(ctx)
                    assert await observer.load("bank", "source") == ctx

    @awaited
    async def test_concurrent_saves_end_in_the_latest_state(self, tmp_path: Path) -> None:
        async with self.open_with(tmp_path) as checkpoint:
            ctx = RetainContext("bank", "source", "x" * 100_000, started_at=NOON)
            saves: list[asyncio.Task[None]] = []
            for n in range(30):
                ctx.entities.append(str(n))
                ctx.md_text += str(n)
                saves.append(asyncio.create_task(checkpoint.save(ctx)))
                await asyncio.sleep(0)
            await asyncio.gather(*saves)
            assert await checkpoint.load("bank", "source") == ctx

    @awaited
    async def test_a_cancelled_save_never_overtakes_the_next_one(self, tmp_path: Path) -> None:
        for pauses in range(8):
            async with self.open_with(tmp_path) as checkpoint:
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

    @awaited
    async def test_runs_saved_at_once_do_not_disturb_each_other(self, tmp_path: Path) -> None:
        async with self.open_with(tmp_path) as checkpoint:
            runs = [whole("bank", str(n)) for n in range(50)]
            await asyncio.gather(*(checkpoint.save(ctx) for ctx in runs))
            for ctx in runs:
                ctx.title = ctx.source_id
            await asyncio.gather(*(checkpoint.save(ctx) for ctx in runs))
            assert [await checkpoint.load("bank", str(n)) for n in range(50)] == runs

    @awaited
    async def test_a_run_outlives_its_checkpoint(self, tmp_path: Path) -> None:
        self.need_sharing()
        async with self.open_with(tmp_path) as checkpoint:
            await checkpoint.save(whole())
        async with self.open_with(tmp_path) as checkpoint:
            assert await checkpoint.load("bank", "source") == whole()


def changes() -> list[Callable[[RetainContext], None]]:
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
