"""What only a journal in a file can show: when there is one, and what its bytes hold."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from tests.commandline import locked, query

from retain.errors import DatabaseBusyError, DatabaseError
from retain.holder import Holder, this_process
from retain.memory.model import Spending
from retain.stores.sqlite.journal import SQLiteJournal, journal_path
from retain.testing.journal import NOON, answer_to, call_of, claim_of, keep, kept

CANARY = "zyqcanary"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "memory.journal.db"


def use(path: Path, work: Callable[[SQLiteJournal], Awaitable[None]], wait_s: float = 10) -> None:
    """Run `work` with the journal, in an event loop of its own."""

    async def main() -> None:
        journal = SQLiteJournal(path, busy_timeout_s=wait_s, now=lambda: NOON)
        try:
            await work(journal)
        finally:
            await journal.close()

    asyncio.run(main())


def names(path: Path) -> list[str]:
    """What there is in the folder of the journal."""
    return sorted(file.name for file in path.parent.iterdir())


@pytest.mark.parametrize(
    ("bank", "journal"),
    [
        ("memory.db", "memory.journal.db"),
        ("/home/ana/my.memory.sqlite", "/home/ana/my.memory.journal.sqlite"),
        ("memory", "memory.journal"),
        (".hidden", ".hidden.journal"),
    ],
)
def test_the_journal_stands_beside_the_bank(bank: str, journal: str) -> None:
    assert journal_path(Path(bank)) == Path(journal)


def test_looking_makes_no_file_and_the_first_call_does(path: Path) -> None:
    async def work(journal: SQLiteJournal) -> None:
        assert await journal.find("b", ["k"], ["s"]) == {}
        assert await journal.spent("b", "s") == Spending()
        assert list(await journal.costs()) == []
        await journal.reject("b", ["k"], "no JSON")
        await journal.forget("b", "s")
        assert await journal.prune(timedelta(0)) == 0
        assert names(path) == []
        await journal.note(call_of("k", error="timed out"))
        assert path.name in names(path)
        assert (await journal.spent("b", "s")).failed == 1

    use(path, work)
    assert names(path) == [path.name]


def test_a_journal_that_is_never_used_makes_no_file(path: Path) -> None:
    use(path, lambda _: asyncio.sleep(0))
    assert names(path) == []


def test_a_hit_only_reads_and_a_new_use_is_written_first(path: Path) -> None:
    async def fill(journal: SQLiteJournal) -> None:
        await keep(journal, "k", "s", "r")

    async def look(journal: SQLiteJournal) -> None:
        with locked(path):
            assert await kept(journal, "k", "nothing", sources=["s", "r"]) == ["k"]
            assert await kept(journal, "nothing", sources=["new"]) == []
            with pytest.raises(DatabaseBusyError):
                await journal.find("b", ["k"], ["s", "new"])
        assert await kept(journal, "k", sources=["new"]) == ["k"]
        with locked(path):
            assert await kept(journal, "k", sources=["new"]) == ["k"]

    use(path, fill)
    use(path, look, wait_s=0.1)


def test_a_claim_of_a_dead_process_or_from_a_clock_that_was_wrong_binds_nobody(path: Path) -> None:
    dead = Holder(this_process().machine, "here", 4_000_000, "1").encode()
    elsewhere = Holder("another machine", "there", 1, "1").encode()
    soon, long = "unixepoch('now') + 5", "unixepoch('now') + 3600"

    async def work(journal: SQLiteJournal) -> None:
        await journal.note(call_of("k"))
        change(path, f"INSERT INTO claim VALUES ('b', 'dead', 't', '{dead}', {soon})")
        change(path, f"INSERT INTO claim VALUES ('b', 'live', 't', '{elsewhere}', {soon})")
        change(path, f"INSERT INTO claim VALUES ('b', 'set back', 't', '{elsewhere}', {long})")
        asked = [claim_of("mine", key, lifetime_s=10) for key in ("dead", "live", "set back")]
        outcomes = [await journal.claim(one, ["s"]) for one in asked]
        assert outcomes == ["claimed", "busy", "claimed"]

    use(path, work)


def test_claims_that_have_expired_do_not_add_up(path: Path) -> None:
    async def work(journal: SQLiteJournal) -> None:
        for n in range(5):
            assert await journal.claim(claim_of(f"{n}", f"k{n}", lifetime_s=0.001), []) == "claimed"
            await asyncio.sleep(0.01)
        assert query(path, "SELECT key FROM claim") == [("k4",)]

    use(path, work)


def test_a_file_that_others_remove_is_made_anew(path: Path) -> None:
    async def work(journal: SQLiteJournal) -> None:
        await keep(journal, "old", "s")
        await asyncio.to_thread(path.unlink)
        assert await kept(journal, "old") == []
        await keep(journal, "new", "s")
        assert await kept(journal, "old", "new") == ["new"]

    use(path, work)
    use(path, lambda journal: _are_kept(journal, "new"))


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    async def work(journal: SQLiteJournal) -> None:
        assert await journal.find("b", ["k"], ["s"]) == {}
        await journal.forget("b", "s")
        with pytest.raises(DatabaseError, match="there is no such folder"):
            await keep(journal, "k", "s")

    use(tmp_path / "missing" / "memory.journal.db", work)


def test_a_closed_journal_refuses(path: Path) -> None:
    async def work(journal: SQLiteJournal) -> None:
        await keep(journal, "k", "s")
        await journal.close()
        with pytest.raises(DatabaseError, match="closed"):
            await journal.find("b", ["k"], ["s"])
        await journal.close()

    use(path, work)


def change(path: Path, statement: str) -> None:
    """Change the file from outside."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(statement)


async def _are_kept(journal: SQLiteJournal, *keys: str) -> None:
    assert await kept(journal, *keys) == sorted(keys)


@contextmanager
def being_read(path: Path) -> Iterator[None]:
    """Read the file as it is, as another process does, so that its log cannot be emptied."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM answer").fetchone()
        yield


def as_it_is(path: Path) -> bytes:
    return path.read_bytes()


def in_bytes(path: Path) -> list[str]:
    """The files of the journal that hold a byte of the canary."""
    files = path.parent.glob(f"{path.name}*")
    return sorted(file.name for file in files if CANARY.encode() in file.read_bytes())


async def fill(journal: SQLiteJournal) -> None:
    """Answers of many sources, and those of one that is to be forgotten among them."""
    source = f"{CANARY}source"
    for n in range(40):
        filler = f"key{n:02}"
        await journal.keep(call_of(filler, f"s{n % 3}"), {filler: answer_to(filler) * n}, ["s"])
        if n % 8 == 0:
            key, reason = f"{CANARY}key{n}", f"{CANARY}reason"
            body = f"{CANARY}{n}".encode()  # too short to be compressed
            await journal.keep(call_of(key, source), {key: body, f"{key}b": body}, [source])
            await journal.reject("b", [key], reason)
            await journal.note(call_of(key, source, error=reason))
            await journal.note(call_of(key, "", error=reason), [source])
            await journal.keep(call_of(f"{key}c", "s1"), {f"{key}c": body}, ["s1", source])


def test_a_forgotten_source_is_in_no_byte(path: Path) -> None:
    async def forget(journal: SQLiteJournal) -> None:
        before = sum(line.spending.calls for line in await journal.costs())
        await journal.forget("b", f"{CANARY}source")
        assert in_bytes(path) == [], "while the file is open"
        assert sum(line.spending.calls for line in await journal.costs()) == before
        assert len(await journal.find("b", [f"key{n:02}" for n in range(40)], ["s"])) == 40

    use(path, fill)
    assert in_bytes(path) == [path.name]
    use(path, forget)
    assert in_bytes(path) == []


def test_a_long_answer_is_kept_small(path: Path) -> None:
    async def work(journal: SQLiteJournal) -> None:
        await journal.keep(call_of("k"), {"k": answer_to("k") * 100_000}, ["s"])

    use(path, work)
    assert path.stat().st_size < 200_000


def test_a_forget_that_finds_nothing_does_not_rewrite_the_file(path: Path) -> None:
    async def forget(journal: SQLiteJournal) -> None:
        await journal.forget("b", "other")
        await journal.forget("other", f"{CANARY}source")
        assert as_it_is(path) == before, "what is new is in the log beside it"

    use(path, fill)
    before = as_it_is(path)
    use(path, forget)


def test_where_models_are_asked_forgetting_makes_the_file(path: Path) -> None:
    source = f"{CANARY}source"

    async def main() -> None:
        asking = SQLiteJournal(path, asking=True, now=lambda: NOON)
        another = SQLiteJournal(path, now=lambda: NOON)
        try:
            await asking.forget("b", source)
            call = call_of(f"{CANARY}key", "", since=NOON - timedelta(minutes=1))
            await another.keep(call, {f"{CANARY}key": CANARY.encode()}, [source])
            assert in_bytes(path) == []
        finally:
            await another.close()
            await asking.close()

    asyncio.run(main())
    assert in_bytes(path) == []


def test_what_is_forgotten_is_not_told_by_a_digest_for_ever(path: Path) -> None:
    times = iter([NOON, NOON + timedelta(hours=1), NOON + timedelta(days=1, hours=2)])

    async def main() -> None:
        journal = SQLiteJournal(path, asking=True, now=lambda: next(times))
        await journal.forget("b", "one")
        await journal.forget("b", "two")
        assert query(path, "SELECT count(*) FROM forgotten") == [(2,)]
        assert await journal.prune(timedelta(days=9)) == 0
        assert query(path, "SELECT count(*) FROM forgotten") == [(0,)]
        await journal.close()

    asyncio.run(main())


def test_a_forget_that_was_cut_off_is_finished_by_the_next(path: Path) -> None:
    use(path, fill)

    async def cut_off(journal: SQLiteJournal) -> None:
        with being_read(path):
            with pytest.raises(DatabaseBusyError, match="others use the database"):
                await journal.forget("b", f"{CANARY}source")
            assert in_bytes(path) != []

    async def again(journal: SQLiteJournal) -> None:
        await journal.forget("b", f"{CANARY}source")
        assert in_bytes(path) == []

    use(path, cut_off, wait_s=0.1)
    use(path, again)


def test_pruning_gives_room_back(path: Path) -> None:
    async def work(journal: SQLiteJournal) -> None:
        for n in range(30):
            body = bytes(range(256)) * 100
            await journal.keep(call_of(f"k{n}", at=NOON), {f"k{n}": body[n:]}, ["s"])
        assert await journal.prune(timedelta(seconds=-1)) == 30

    use(path, work)
    assert path.stat().st_size < 100_000
