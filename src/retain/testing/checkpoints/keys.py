"""Every key names a run of its own."""
# ruff: noqa: S101 - assertions are what a test suite is made of

from __future__ import annotations

from pathlib import Path

import pytest

from retain.errors import (
    CheckpointError,
)
from retain.memory.context import RetainContext
from retain.testing.checkpoints.base import ContractBase, awaited, names_in
from retain.testing.checkpoints.samples import (
    HOSTILE_IDS,
    NOON,
)


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
