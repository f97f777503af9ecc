"""A damaged journal is named, and only what it held is asked again."""

import asyncio
import logging
import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from tests.commandline import ended_after

from retain.errors import DatabaseError
from retain.memory.model import Spending
from retain.stores.sqlite.journal import SQLiteJournal
from retain.testing.journal import MINUTE, NOON, answer_to, call_of, keep, kept

WORKER = Path(__file__).with_name("journal_worker.py")
PAGE = 4096
KEYS = [f"k{n:03}" for n in range(300)]
ASIDE = "memory.journal.damaged-20240229T120000.db"
NOISE = random.Random(1)

Damage = Callable[[bytearray], bytes]


def cut(body: bytearray) -> bytes:
    """All but the first third of the file is gone."""
    return bytes(body[: len(body) // 3])


def stump(body: bytearray) -> bytes:
    """Not even its first page is whole."""
    return bytes(body[:50])


def header(body: bytearray) -> bytes:
    return NOISE.randbytes(100) + bytes(body[100:])


def text(body: bytearray) -> bytes:
    return b"These are my notes. " * (len(body) // 20)


def zeros(body: bytearray) -> bytes:
    """The page of the file that the answers' index begins at is blank."""
    return with_page(body, root(body, "sqlite_autoindex_answer_1"), bytes(PAGE))


def garbage(body: bytearray) -> bytes:
    return with_page(body, root(body, "answer"), NOISE.randbytes(PAGE))


def schema(body: bytearray) -> bytes:
    """A column has another name than the statements know."""
    return bytes(body.replace(b"checksum BLOB", b"che\xffksum BLOB", 1))


def with_page(body: bytearray, number: int, page: bytes) -> bytes:
    assert number > 1
    at = (number - 1) * PAGE
    return bytes(body[:at]) + page + bytes(body[at + PAGE :])


def root(body: bytearray, name: str) -> int:
    """The page that a table or index begins at."""
    with closing(sqlite3.connect(":memory:")) as db:
        body[18:20] = b"\x01\x01"  # it needs no write-ahead log to be read
        db.deserialize(bytes(body))
        (page,) = db.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = ?", (name,)
        ).fetchone()
        body[18:20] = b"\x02\x02"
        return page


DAMAGES: list[Damage] = [cut, stump, header, text, zeros, garbage, schema]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "memory.journal.db"


def use(path: Path, work: Callable[[SQLiteJournal], Awaitable[None]]) -> None:
    """Run `work` with the journal, in an event loop of its own."""

    async def main() -> None:
        journal = SQLiteJournal(path, durability="process", now=lambda: NOON)
        try:
            await work(journal)
        finally:
            await journal.close()

    asyncio.run(main())


async def fill(journal: SQLiteJournal) -> None:
    for key in KEYS:
        await keep(journal, key, "s")


def spoil(path: Path, damage: Damage) -> bytes:
    """Overwrite the file where it is, as a bad disk does; what it then holds."""
    body = damage(bytearray(path.read_bytes()))
    with path.open("r+b") as file:
        file.write(body)
        file.truncate(len(body))
    return body


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    assert {record.name for record in caplog.records} <= {"retain.journal"}
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_damaged_file_is_set_aside_and_all_goes_on(
    path: Path, damage: Damage, caplog: pytest.LogCaptureFixture
) -> None:
    use(path, fill)
    spoilt = spoil(path, damage)

    async def work(journal: SQLiteJournal) -> None:
        assert await kept(journal, *KEYS) == []
        await keep(journal, KEYS[0], "s")
        assert await kept(journal, *KEYS) == KEYS[:1]
        assert await journal.spent("b", "s") == Spending(1, 0, 100, 20, 0.25)

    use(path, work)
    aside = path.with_name(ASIDE)
    (warning,) = warnings(caplog)
    assert warning.startswith(f"{path} is damaged and was set aside as {aside}: ")
    assert "is asked again" in warning
    assert aside.read_bytes() == spoilt
    caplog.clear()
    use(path, lambda journal: asyncio.wait_for(kept(journal, *KEYS), 10))
    assert warnings(caplog) == [], "it is told once"


@pytest.mark.parametrize("damage", [cut, header, zeros, garbage], ids=lambda d: d.__name__)
@pytest.mark.parametrize("operation", ["find", "keep", "costs", "forget", "prune"])
def test_damage_while_the_file_is_open_stops_nothing(
    path: Path, damage: Damage, operation: str, caplog: pytest.LogCaptureFixture
) -> None:
    use(path, fill)

    async def work(journal: SQLiteJournal) -> None:
        assert len(await journal.costs()) == 1
        await asyncio.to_thread(spoil, path, damage)
        await {
            "find": lambda: kept(journal, *KEYS),
            "keep": lambda: keep(journal, "new", "s"),
            "costs": journal.costs,
            "forget": lambda: journal.forget("b", "s"),
            "prune": lambda: journal.prune(NOON - NOON),
        }[operation]()
        await keep(journal, "next", "s")
        await kept(journal, "next")  # what SQLite had read before may have hidden it until here
        await keep(journal, "last", "s", at=NOON + MINUTE)  # "s" may have been forgotten
        assert await kept(journal, "last") == ["last"]

    use(path, work)
    use(path, lambda journal: are_kept(journal, "last"))
    told = [warning for warning in warnings(caplog) if "was set aside as" in warning]
    assert len(told) <= 1
    assert path.with_name(ASIDE).exists() == (len(told) == 1)


async def are_kept(journal: SQLiteJournal, *keys: str) -> None:
    assert await kept(journal, *keys) == sorted(keys)


def test_tasks_that_find_the_damage_at_once_set_the_file_aside_once(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    use(path, fill)
    spoil(path, header)

    async def work(journal: SQLiteJournal) -> None:
        async def one(n: int) -> None:
            assert await kept(journal, KEYS[n]) == []
            await keep(journal, KEYS[n], "s")

        await asyncio.gather(*(one(n) for n in range(60)))
        assert await kept(journal, *KEYS) == KEYS[:60]

    use(path, work)
    assert len(warnings(caplog)) == 1
    assert [f.name for f in path.parent.glob("*damaged*")] == [ASIDE]


def test_a_damaged_file_never_replaces_another(path: Path) -> None:
    for _ in range(3):
        use(path, fill)
        spoil(path, header)
        use(path, fill)
    found = sorted(f.name for f in path.parent.glob("*damaged*.db"))
    stem = ASIDE.removesuffix(".db")
    assert found == [f"{stem}-2.db", f"{stem}-3.db", f"{stem}.db"]
    assert all((path.parent / name).stat().st_size > PAGE for name in found)


def flip(path: Path, key: str, where: str = "body") -> None:
    """Change one byte of an answer, or of another of its columns, as a bad disk does."""
    with closing(sqlite3.connect(path)) as db:
        of = "FROM answer WHERE key = ?"
        (value,) = db.execute(f"SELECT {where} {of}", (key,)).fetchone()
    body = bytearray(path.read_bytes())
    at = body.index(value)
    assert body.count(value) == 1
    body[at + len(value) // 2] ^= 0x10
    path.write_bytes(body)


@pytest.mark.parametrize("where", ["body", "checksum"])
def test_an_answer_that_does_not_read_back_is_named_and_asked_again(
    path: Path, where: str, caplog: pytest.LogCaptureFixture
) -> None:
    use(path, fill)
    flip(path, KEYS[7], where)

    async def work(journal: SQLiteJournal) -> None:
        assert await kept(journal, *KEYS) == [key for key in KEYS if key != KEYS[7]]
        assert (await journal.spent("b", "s")).calls == len(KEYS)
        await keep(journal, KEYS[7], "s")
        assert await kept(journal, *KEYS) == KEYS

    use(path, work)
    (warning,) = warnings(caplog)
    assert str(path) in warning
    assert KEYS[7] in warning
    assert list(path.parent.glob("*damaged*")) == []


def test_an_answer_whose_compressed_bytes_are_damaged_is_none(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def fill(journal: SQLiteJournal) -> None:
        await journal.keep(call_of("long"), {"long": answer_to("long") * 100}, ["s"])

    async def look(journal: SQLiteJournal) -> None:
        assert await journal.find("b", ["long"], ["new"]) == {}
        assert await journal.find("b", ["long"], ["s"]) == {}

    use(path, fill)
    flip(path, "long")
    use(path, look)
    assert len(warnings(caplog)) == 1


def test_forgetting_tells_of_damaged_files_that_may_hold_the_words(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    use(path, fill)
    spoil(path, header)
    use(path, fill)
    caplog.clear()
    use(path, lambda journal: journal.forget("b", "s"))
    (warning,) = warnings(caplog)
    assert warning.startswith(f"{path.with_name(ASIDE)} was set aside when it was damaged")
    assert warning.endswith("delete it")


def test_a_journal_of_a_newer_release_is_refused_and_left(path: Path) -> None:
    use(path, fill)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE retain_schema SET version = 99")
    before = path.read_bytes()

    async def work(journal: SQLiteJournal) -> None:
        with pytest.raises(DatabaseError, match="upgrade retain"):
            await journal.find("b", KEYS, ["s"])

    use(path, work)
    assert path.read_bytes() == before


@pytest.mark.skipif(os.geteuid() == 0, reason="this user may write everywhere")
def test_a_file_that_cannot_be_set_aside_is_told(path: Path) -> None:
    use(path, fill)
    spoil(path, header)
    path.parent.chmod(0o500)

    async def work(journal: SQLiteJournal) -> None:
        with pytest.raises(DatabaseError, match="cannot be set aside"):
            await journal.find("b", KEYS, ["s"])

    try:
        use(path, work)
    finally:
        path.parent.chmod(0o700)


# two processes


@contextmanager
def other_process(path: Path) -> Iterator[Callable[[str], str]]:
    """Another process with the journal open; it answers a line with a line."""
    process = subprocess.Popen(
        [sys.executable, WORKER, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with ended_after(process):
        assert process.stdin is not None
        assert process.stdout is not None
        inlet, outlet = process.stdin, process.stdout
        assert outlet.readline() == "ready\n"

        def tell(line: str) -> str:
            inlet.write(f"{line}\n")
            inlet.flush()
            return outlet.readline().strip()

        yield tell


def test_a_file_that_another_process_set_aside_is_left(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    use(path, fill)

    async def work(journal: SQLiteJournal, tell: Callable[[str], str]) -> None:
        assert await kept(journal, *KEYS) == KEYS
        assert tell(f"find {KEYS[0]}") == "1"
        spoil(path, header)
        with other_process(path) as third:
            assert third("keep theirs") == "kept", "it has set the file aside"
            assert await kept(journal, "theirs") == ["theirs"]
            assert tell("find theirs") == "1"
            assert third("find theirs") == "1"
        await keep(journal, "mine", "s")
        assert tell("find mine") == "1"
        assert tell("keep last") == "kept"
        assert await kept(journal, "last") == ["last"]

    with other_process(path) as tell:
        use(path, lambda journal: work(journal, tell))
        assert tell("find mine") == "1", "closing the old file took nothing of the new one"
        assert tell("keep after") == "kept"
        assert path.with_name("memory.journal.db-wal").exists()
        with other_process(path) as third:
            assert third("find after") == "1"
            assert third("close") == "closed"
        assert tell("close") == "closed"
    assert warnings(caplog) == []
    assert len(list(path.parent.glob("*damaged*.db"))) == 1
    use(path, lambda journal: are_kept(journal, "theirs", "mine", "last", "after"))
