"""A database that is removed or replaced while it is open is an error at the next write."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from retain import Memory
from retain.errors import RetainError


def removed(db: Path) -> None:
    db.unlink()


def renamed(db: Path) -> None:
    db.rename(db.with_name("moved.db"))


def replaced(db: Path) -> None:
    copy = db.with_name("copy.db")
    shutil.copy(db, copy)
    copy.replace(db)


def folder_removed(db: Path) -> None:
    shutil.rmtree(db.parent)


@pytest.mark.parametrize("change", [removed, renamed, replaced, folder_removed])
def test_a_write_to_a_database_that_is_gone_fails(
    tmp_path: Path, change: Callable[[Path], None]
) -> None:
    home = tmp_path / "home"
    home.mkdir()

    async def work() -> None:
        async with Memory.open(f"sqlite:///{home}/memory.db") as memory:
            await memory.retain_text("Ann lives in Berlin.", source_id="one.md")
            change(home / "memory.db")
            for _ in range(2):
                with pytest.raises(RetainError, match="while it was open, so nothing is written"):
                    await memory.retain_text("Tom lives in Graz.", source_id="two.md")
            with pytest.raises(RetainError, match="while it was open"):
                await memory.forget("one.md")

    asyncio.run(work())


def test_a_database_that_is_put_back_is_written_again(tmp_path: Path) -> None:
    db = tmp_path / "memory.db"

    async def work() -> None:
        async with Memory.open(f"sqlite:///{db}") as memory:
            await memory.retain_text("Ann lives in Berlin.", source_id="one.md")
            db.rename(tmp_path / "away.db")
            with pytest.raises(RetainError):
                await memory.retain_text("Tom lives in Graz.", source_id="two.md")
            (tmp_path / "away.db").rename(db)
            run = await memory.retain_text("Tom lives in Graz.", source_id="two.md")
            assert run.status == "completed", run

    asyncio.run(work())
