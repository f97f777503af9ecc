"""Damage of any kind in a bank's file is told as damage, by whatever reads it."""

import asyncio
import io
import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest
from tests.commandline import ANA, TALK

from retain import Memory
from retain.errors import DatabaseDamagedError, RetainError

VALUES = (b"\x00\xff", 5, "[]", "{", "2026-11-30T01:\x0f7", -1, None)
"""What no release writes, at least in most columns."""

NOT_DAMAGE = {"retain_schema", "retain_erasure", "bank_change", "lease", "export"}


def of_bank(memory: Memory, notes: Path) -> list[Callable[[], Awaitable[object]]]:
    """Everything that reads a bank."""
    return [
        lambda: memory.recall("Where does Ana live?", k=3),
        memory.facts,
        memory.entities,
        memory.pages,
        lambda: memory.wiki.page("Ana"),
        memory.wiki.index,
        memory.wiki.log_text,
        memory.banks.lint,
        memory.runs,
        lambda: memory.show("ana.md"),
        lambda: memory.banks.export(io.BytesIO()),
        memory.banks.integrity,
        lambda: memory.retain(notes),
        lambda: memory.forget("talk.md"),
    ]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("good")
    (folder / "notes").mkdir()
    (folder / "notes/ana.md").write_text(ANA)
    (folder / "notes/talk.md").write_text(TALK)

    async def fill() -> None:
        async with Memory.open(f"sqlite:///{folder / 'memory.db'}") as memory:
            await memory.retain(folder / "notes")
            await memory.pages()

    asyncio.run(fill())
    with closing(sqlite3.connect(folder / "memory.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder


def columns(db: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(db)) as connection:
        tables = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        )
        return [
            (table, column[1])
            for (table,) in tables.fetchall()
            if table not in NOT_DAMAGE
            for column in connection.execute(f"PRAGMA table_xinfo({table})").fetchall()
            if column[6] == 0
        ]


def test_a_damaged_value_in_any_column_is_a_clear_error(
    good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RETAIN_EMBEDDER", "static")
    wrong: list[str] = []
    damaged = 0
    for number, (table, column) in enumerate(columns(good / "memory.db")):
        db = tmp_path / f"{number}.db"
        shutil.copy(good / "memory.db", db)
        value = VALUES[number % len(VALUES)]
        try:
            with closing(sqlite3.connect(db, isolation_level=None)) as connection:
                connection.execute(f"UPDATE {table} SET {column} = ?", (value,))
        except sqlite3.IntegrityError:
            continue
        told = asyncio.run(errors_of(db, good / "notes"))
        wrong += [f"{table}.{column} = {value!r}: {one!r}" for one in told if is_wrong(one)]
        damaged += any(isinstance(one, DatabaseDamagedError) for one in told)
    assert wrong == []
    assert damaged > 10


async def errors_of(db: Path, notes: Path) -> list[BaseException]:
    async with Memory.open(f"sqlite:///{db}") as memory:
        done = [await ended(work) for work in of_bank(memory, notes)]
    return [error for error in done if error is not None]


async def ended(work: Callable[[], Awaitable[object]]) -> BaseException | None:
    try:
        await work()
    except Exception as exc:
        return exc
    return None


def is_wrong(error: BaseException) -> bool:
    return not isinstance(error, RetainError)


def test_a_byte_of_the_schema_is_told_as_damage(good: Path, tmp_path: Path) -> None:
    db = tmp_path / "memory.db"
    body = bytearray((good / "memory.db").read_bytes())
    at = body.index(b"tablesectionsection")
    body[at + 6] = 0x9D
    db.write_bytes(body)
    told = asyncio.run(errors_of(db, good / "notes"))
    assert told
    assert not [error for error in told if is_wrong(error)]
    assert all("restore it from a backup" in str(error) for error in told), told


def test_the_integrity_checks_find_a_value_that_means_nothing(good: Path, tmp_path: Path) -> None:
    db = tmp_path / "memory.db"
    shutil.copy(good / "memory.db", db)
    with closing(sqlite3.connect(db, isolation_level=None)) as connection:
        connection.execute("UPDATE source SET retained_at = '2026-11-30T01:\x0f7'")

    async def check() -> dict[str, bool]:
        async with Memory.open(f"sqlite:///{db}") as memory:
            return {check.name: check.ok for check in await memory.banks.integrity()}

    assert asyncio.run(check())["content"] is False
