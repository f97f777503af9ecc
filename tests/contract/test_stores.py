"""Every store runs the whole shared suite; what only one backend can show stands below it."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.postgres import Schemas

from retain.app.wiring import bank_store
from retain.bank import BankStore
from retain.db.pgurl import Address
from retain.db.postgres import PostgresDatabase
from retain.db.sqlite import Database
from retain.errors import DatabaseError
from retain.stores.postgres import PostgresStore
from retain.stores.sqlite import SQLiteStore
from retain.testing.contents import document, fact, found, put, saying
from retain.testing.facts import facts_found
from retain.testing.stores import StoreContract

NOW = datetime(2024, 2, 29, 12, tzinfo=UTC)
CANARY = "zyqcanary"


@asynccontextmanager
async def sqlite_store(folder: Path) -> AsyncIterator[BankStore]:
    database = Database(folder / "memory.db", durability="process")
    try:
        yield bank_store(SQLiteStore(database, now=lambda: NOW))
    finally:
        await database.close()


@asynccontextmanager
async def postgres_store(url: str) -> AsyncIterator[BankStore]:
    database = PostgresDatabase(Address.parsed(url), durability="process")
    try:
        yield bank_store(PostgresStore(database, now=lambda: NOW))
    finally:
        await database.close()


class TestPostgresStore(StoreContract):
    @pytest.fixture(autouse=True)
    def _server(self, postgres: Schemas) -> None:
        self.schemas = postgres

    def open_store(self, folder: Path):
        return postgres_store(self.schemas.url(folder))


class TestSQLiteStore(StoreContract):
    def open_store(self, folder: Path):
        return sqlite_store(folder)

    def test_a_source_is_stamped_by_the_clock_of_the_database(self, tmp_path):
        async def check() -> None:
            database = Database(tmp_path / "memory.db", durability="process")
            store = bank_store(SQLiteStore(database))
            # The database gives whole milliseconds.
            before = datetime.now(UTC) - timedelta(milliseconds=1)
            await put(store, "b", "s", document("text"))
            source = await store.source("b", "s")
            await database.close()
            assert source is not None
            assert before <= source.retained_at <= datetime.now(UTC)

        asyncio.run(check())

    def test_sections_that_did_not_change_keep_their_row(self, tmp_path):
        async def check(store: BankStore) -> None:
            await put(store, "b", "s", document("first", "second", "third"))
            before = _ids(tmp_path)
            await put(store, "b", "s", document("new", "third", "first", "changed"))
            after = _ids(tmp_path)
            kept = {text: id_ for text, id_ in before.items() if text in after}
            assert kept == {text: after[text] for text in ("first", "third")}

        self.with_store(tmp_path, check)

    def test_the_order_of_writing_leaves_no_mark_on_the_rows(self, tmp_path):
        contents = {
            "a": [document("one", "two", "three")],
            "b": [document("old", "kept"), document("kept", "new", title="T")],
            "c": [document("last", meta={"z": 1, "a": [2]}, speaker="Ana", said_at=NOW)],
        }

        def rows_after(folder: Path, order: str) -> list[list[tuple[object, ...]]]:
            async def check(store: BankStore) -> None:
                for source_id in order:
                    for content in contents[source_id]:
                        await put(store, "b", source_id, content)

            folder.mkdir()
            self.with_store(folder, check)
            return _rows_without_keys(folder)

        expected = rows_after(tmp_path / "1", "abc")
        assert rows_after(tmp_path / "2", "cba") == expected

    def test_a_write_that_fails_half_way_leaves_the_old_version(self, tmp_path):
        async def check(store: BankStore) -> None:
            await put(store, "b", "s", document("kept", "old"))
            with closing(sqlite3.connect(tmp_path / "memory.db")) as other:
                other.execute(
                    "CREATE TRIGGER full_disk BEFORE INSERT ON section WHEN new.text = 'third'"
                    " BEGIN SELECT RAISE(ABORT, 'no room'); END"
                )
            with pytest.raises(DatabaseError, match="no room"):
                await put(store, "b", "s", document("first", "second", "third"))
            rows = await store.sections("b", "s")
            assert [row.text for row in rows] == ["kept", "old"]
            assert await found(store, "b", "first", "second", "old") == ["old"]
            source = await store.source("b", "s")
            assert source is not None
            assert source.version == 1

        self.with_store(tmp_path, check)

    @pytest.mark.parametrize(
        "others",
        [
            0,
            60,
        ],
    )
    def test_a_deleted_source_is_in_no_byte_of_the_files(self, tmp_path, others):
        secret = document(
            *(f"{CANARY}text{n} " + "padding " * (n % 90) for n in range(200)),
            title=f"{CANARY}title",
            meta={f"{CANARY}key": f"{CANARY}value"},
            path=(f"{CANARY}heading",),
            speaker=f"{CANARY}speaker",
        )

        async def fill(store: BankStore) -> None:
            for n in range(others):
                filler = document(*(f"other {n} {i} " + "more " * (i % 50) for i in range(40)))
                await put(store, f"bank{n % 3}", f"{n:03}", filler)
                if n % 10 == 5:
                    await put(store, "bank1", f"{n:03}{CANARY}", secret)
            await put(store, f"{CANARY}bank", f"{CANARY}source", document("short", "one"))
            said = fact(f"{CANARY}text7", entities=(f"{CANARY}name",), subject=f"{CANARY}subject")
            known = saying(secret, said)
            await put(store, f"{CANARY}bank", f"{CANARY}source", secret, knowledge=known)

        async def forget() -> None:
            database = Database(tmp_path / "memory.db")
            store = bank_store(SQLiteStore(database))
            for bank_id in await store.banks():
                for source in await store.sources(bank_id):
                    if CANARY in source.source_id:
                        assert await store.delete_source(bank_id, source.source_id)
            assert await found(store, f"{CANARY}bank", f"{CANARY}text1", "padding") == []
            await database.vacuum()
            assert CANARY not in _Files(tmp_path)
            await database.close()

        self.with_store(tmp_path, fill)
        assert CANARY in _Files(tmp_path)
        asyncio.run(forget())
        assert CANARY not in _Files(tmp_path)

    def test_the_index_holds_no_word_of_what_was_removed(self, tmp_path):
        texts = [
            "running foxes",
            "我喜欢猫",
            "Ünïcödé café",
            "nul\ufffdinside",
            'quo"ted',
            "x" * 40_000,
        ]

        async def check(store: BankStore) -> None:
            await put(store, "b", "s", document(*texts, title="猫 T", speaker="Ana", said_at=NOW))
            await put(store, "b", "s", document("other", title="Later", path=("A", "B\nC")))
            await put(store, "b", "s", document("other", "again", path=("A", "B\nC")))
            await store.delete_source("b", "s")

        self.with_store(tmp_path, check)
        with closing(sqlite3.connect(tmp_path / "memory.db")) as db:
            for table in ("word", "word_block", "word_row"):
                assert db.execute(f"SELECT * FROM {table}").fetchall() == []

    def test_the_index_of_facts_holds_no_word_of_what_was_removed(self, tmp_path):
        first = document("running foxes", "我喜欢猫", "Ünïcödé café", path=("A",))
        last = document("other", "running foxes", path=("B\nC",))
        facts = (fact("running foxes", subject="Ana"), fact("我喜欢猫", occurred_start=NOW))

        async def check(store: BankStore) -> None:
            await put(store, "b", "s", first, knowledge=saying(first, *facts))
            said = saying(last, replace(facts[0], entities=("Zoe",)))
            await put(store, "b", "s", last, knowledge=said)
            await store.delete_source("b", "s")

        self.with_store(tmp_path, check)
        with closing(sqlite3.connect(tmp_path / "memory.db")) as db:
            for table in ("word", "word_block", "word_row"):
                assert db.execute(f"SELECT * FROM {table}").fetchall() == []

    def test_facts_older_than_the_index_are_found_and_can_be_removed(self, tmp_path):
        content = document("The fox sleeps.")
        said = saying(content, fact("The fox sleeps"))
        older = """
            DROP TABLE word;
            DROP TABLE word_block;
            DROP TABLE word_row;
            DROP TABLE unindexed_source;
            CREATE TABLE section_index (x);
            UPDATE retain_schema SET version = 3 WHERE component = 'store';
            INSERT OR IGNORE INTO rebuild_due SELECT DISTINCT bank_id FROM source;
        """

        async def fill(store: BankStore) -> None:
            for source_id in ("kept", "gone", "changed"):
                await put(store, "b", source_id, content, knowledge=said)

        async def check(store: BankStore) -> None:
            assert await store.delete_source("b", "gone")
            changed = document("The fox runs.")
            now = saying(changed, fact("The fox runs"))
            await put(store, "b", "changed", changed, knowledge=now)
            assert await facts_found(store, "b", "fox") == ["The fox runs", "The fox sleeps"]
            for source_id in ("kept", "changed"):
                assert await store.delete_source("b", source_id)

        async def find(store: BankStore) -> None:
            assert await facts_found(store, "b", "fox") == ["The fox sleeps"] * 3

        self.with_store(tmp_path, fill)
        for step in (find, check):
            with closing(sqlite3.connect(tmp_path / "memory.db")) as db:
                db.executescript(older)
            self.with_store(tmp_path, step)
        with closing(sqlite3.connect(tmp_path / "memory.db")) as db:
            for table in ("word", "word_block", "word_row"):
                assert db.execute(f"SELECT * FROM {table}").fetchall() == []

    def test_the_largest_source(self, tmp_path):
        count = 100_000
        content = document(*(f"entry {n}" for n in range(count)))

        async def check(store: BankStore) -> None:
            ticks = 0

            async def tick() -> None:
                nonlocal ticks
                while True:
                    await asyncio.sleep(0.01)
                    ticks += 1

            ticking = asyncio.create_task(tick())
            await put(store, "b", "s", content)
            ticking.cancel()
            assert ticks > 10
            assert (await store.counts("b")).sections == count
            assert await found(store, "b", "99999") == ["entry 99999"]

        self.with_store(tmp_path, check)


def _ids(folder: Path) -> dict[str, int]:
    with closing(sqlite3.connect(folder / "memory.db")) as db:
        return dict(db.execute("SELECT text, id FROM section"))


def _rows_without_keys(folder: Path) -> list[list[tuple[object, ...]]]:
    with closing(sqlite3.connect(folder / "memory.db")) as db:
        sections = [row[1:] for row in db.execute("SELECT * FROM section")]
        sources = db.execute("SELECT * FROM source").fetchall()
        return [sorted(sections, key=repr), sorted(sources, key=repr)]


class _Files:
    """The bytes of every file in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __iter__(self) -> Iterator[bytes]:
        return (path.read_bytes() for path in self._folder.iterdir())

    def __contains__(self, word: str) -> bool:
        return any(word.encode() in content for content in self)
