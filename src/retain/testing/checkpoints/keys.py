"""Every key names a run of its own."""
# ruff: noqa: S101 - assertions are what a test suite is made of

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from retain.engine.context import StepLogEntry, key_of
from retain.errors import (
    CheckpointError,
    ContextTypeError,
)
from retain.memory.context import RetainContext
from retain.testing.checkpoints.base import ContractBase, awaited, names_in
from retain.testing.checkpoints.samples import (
    HOSTILE_IDS,
    NOON,
    Order,
    Pinned,
    Regional,
)

ALIKE = (
    ("a",),
    ("a", ""),
    ("", "a"),
    ("a", "b"),
    ("ab",),
    ("a/b",),
    ("a b",),
    ("a\x01b",),
    ("a\x01",),
    ("a\x02", "b"),
    ("a", "\x01", "\x02"),
    ("a", "b", "c"),
    ("a", "b/c"),
    ("a/b", "c"),
    ("a", "b", "c", "d", "e"),
    ("a", "bc", "d", "e"),
    ("a", "\U0010ffff", "\U0010ffff"),
    ("..", "..", "up"),
    ("x" * 5_000, "x" * 5_000),
    ("x" * 10_000,),
)
"""Keys that are all different, though their strings may read alike."""


@dataclass
class Nameless:
    """A context that says no name of its run."""

    last_state: str = "INIT"
    step_log: list[StepLogEntry] = field(default_factory=list[StepLogEntry])
    errors: list[str] = field(default_factory=list[str])
    completed_at: datetime | None = None


class KeyContract(ContractBase):
    """Every key names a run of its own."""

    @awaited
    async def test_hostile_ids_name_runs_of_their_own(self, tmp_path: Path) -> None:
        folder = tmp_path / "deep" / "inside"
        folder.mkdir(parents=True)
        async with self.open_with(folder) as checkpoint:
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
        assert names_in(tmp_path) == ["deep"]
        assert names_in(folder.parent) == ["inside"]

    @awaited
    async def test_an_id_that_not_every_backend_can_keep_is_refused(self, tmp_path: Path) -> None:
        async with self.open_with(tmp_path) as checkpoint:
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

    @awaited
    async def test_a_key_may_have_any_number_of_strings(self, tmp_path: Path) -> None:
        async with self.open_with(tmp_path, Order) as checkpoint:
            for n, key in enumerate(ALIKE):
                await checkpoint.save(Order(key, paid=n))
            for n, key in enumerate(ALIKE):
                ctx = await checkpoint.load(*key)
                assert ctx is not None
                assert (key_of(ctx), ctx.paid) == (key, n)
            assert [run.run_key for run in await checkpoint.list()] == sorted(ALIKE)
            for n, key in enumerate(ALIKE):
                async with checkpoint.lease(*key) as lease:
                    assert lease.run_key == key
                    await checkpoint.save(Order(key, paid=-n))
                assert await checkpoint.delete(*key)
                assert len(await checkpoint.list()) == len(ALIKE) - n - 1

    @awaited
    async def test_a_text_is_the_key_of_one_string(self, tmp_path: Path) -> None:
        for folder, context_type in (("own", Pinned), ("base", Order)):
            (tmp_path / folder).mkdir()
            async with self.open_with(tmp_path / folder, context_type) as checkpoint:
                given = context_type("orders/42")
                await checkpoint.save(given)
                loaded = await checkpoint.load("orders/42")
                assert loaded is not None
                assert loaded.run_key == "orders/42"
                assert [run.run_key for run in await checkpoint.list()] == [("orders/42",)]
                async with checkpoint.lease("orders/42"):
                    await checkpoint.save(given)

    @awaited
    async def test_a_context_may_make_its_key_of_its_fields(self, tmp_path: Path) -> None:
        async with self.open_with(tmp_path, Regional) as checkpoint:
            north, south = (
                Regional("shop", "o-7", region=one, started_at=NOON) for one in ("north", "south")
            )
            await checkpoint.save(north)
            await checkpoint.save(south)
            assert await checkpoint.load("north", "shop", "o-7") == north
            assert await checkpoint.load("south", "shop", "o-7") == south

    @awaited
    async def test_runs_are_listed_by_the_beginning_of_their_keys(self, tmp_path: Path) -> None:
        async with self.open_with(tmp_path, Order) as checkpoint:
            for key in ALIKE:
                await checkpoint.save(Order(key))
            for prefix in {key[:n] for key in ALIKE for n in (1, 2, 3)}:
                begun = sorted(key for key in ALIKE if key[: len(prefix)] == prefix)
                assert [run.run_key for run in await checkpoint.list(prefix)] == begun
            assert await checkpoint.list("a") == await checkpoint.list(("a",))

    @awaited
    async def test_ids_of_a_bank_and_a_source_are_read_from_keys_of_two(
        self, tmp_path: Path
    ) -> None:
        async with self.open_with(tmp_path, Order) as checkpoint:
            await checkpoint.save(Order(("shop", "o-7")))
            await checkpoint.save(Order("o-8"))
            one, two = await checkpoint.list()
            assert [one.run_key, two.run_key] == [("o-8",), ("shop", "o-7")]
            assert (two.bank_id, two.source_id) == ("shop", "o-7")
            with pytest.raises(AttributeError, match="read run_key"):
                _ = one.source_id

    @awaited
    async def test_a_key_without_strings_is_refused(self, tmp_path: Path) -> None:
        async with self.open_with(tmp_path, Order) as checkpoint:
            with pytest.raises(CheckpointError, match="at least one string"):
                await checkpoint.load()
            with pytest.raises(CheckpointError, match="at least one string"):
                await checkpoint.save(Order(()))
            key: Any = ("a", "b")
            with pytest.raises(CheckpointError, match="is no text"):
                await checkpoint.load(key)

    @awaited
    async def test_a_context_that_names_no_run_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ContextTypeError, match="Nameless does not name its run"):
            async with self.open_with(tmp_path, Nameless):
                pass
