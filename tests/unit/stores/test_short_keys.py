"""Rows that name their section, bank, fact and strings by number say what they said as text."""

import asyncio
import gzip
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from tests.acceptance.test_migration import DATABASES

from retain.app.wiring import bank_store
from retain.db.sqlite import Database, packed_id
from retain.stores.sqlite import SQLiteStore
from retain.testing.contents import document, fact, put, saying

STATEMENT = (
    "n, fact_id, merged, type, text, quote, char_start, char_end, entities, subject, slot, value,"
    " mentioned_at, occurred_start, occurred_end, confidence, named"
)
SAID = "n, said, reach, since, changed, corrects, value, detail, assistant, until_said"
BEFORE_AND_AFTER = {
    "statements": (
        f"SELECT bank_id, source_id, section_id, {STATEMENT} FROM statement",
        f"SELECT bank_id, source_id, section_id, {STATEMENT} FROM stated",
    ),
    "mentions": (
        "SELECT bank_id, source_id, section_id, char_start, char_end, name, kind FROM mention",
        (
            "SELECT bank_id, source_id, section_id, m.char_start, m.char_end, name, m.kind"
            " FROM mentioned AS m JOIN section ON section.id = m.section"
        ),
    ),
    "outcomes": (
        "SELECT source_id, section_id, extractor, said_at, kind, facts, detail FROM outcome",
        (
            "SELECT source_id, section_id, extractor, o.said_at, o.kind, facts, detail"
            " FROM outcome AS o JOIN section ON section.id = o.section"
        ),
    ),
    "names of facts": (
        "SELECT bank_id, name, slotted, age, fact_id FROM fact_name",
        (
            "SELECT bank_id, text, slotted, age, fact_id"
            " FROM fact_name JOIN term ON term.id = name JOIN bank ON bank.id = bank"
        ),
    ),
    "lookups": (
        "SELECT bank_id, name, fact_id FROM fact_lookup",
        (
            "SELECT bank_id, text, fact_id"
            " FROM fact_lookup JOIN term ON term.id = name JOIN bank ON bank.id = bank"
        ),
    ),
    "readings": (
        "SELECT bank_id, fact_id, subject, undoes, lookups FROM fact_reading",
        (
            "SELECT bank_id, fact_id, subject, undoes, lookups"
            " FROM fact_read JOIN bank ON bank.id = bank"
        ),
    ),
    "claims": (
        f"SELECT bank_id, fact_id, source_id, char_start, series, {SAID}, until_source FROM claim",
        (
            f"SELECT bank_id, fact_id, source_id, char_start, series, {SAID}, until_source"
            " FROM claimed JOIN bank ON bank.id = bank"
        ),
    ),
    "edges": (
        "SELECT bank_id, older, newer, reason, since, ruled FROM edge",
        "SELECT bank_id, older, newer, reason, since, ruled FROM edge JOIN bank ON bank.id = bank",
    ),
    "topics": (
        (
            "SELECT bank_id, topic_id, source_id, section_id, title, terms, sections"
            " FROM topic_section JOIN topic USING (bank_id, topic_id)"
        ),
        (
            "SELECT topic.bank_id, topic_id, source_id, section_id, title, terms, sections"
            " FROM topic_section JOIN topic ON topic.id = topic"
            " JOIN section ON section.id = section"
        ),
    ),
    "pages": (
        "SELECT bank_id, page_id, kind, title, aliases, facts, text, owner FROM page",
        "SELECT bank_id, page_id, kind, title, aliases, facts, text, owner FROM page",
    ),
    "banks": ("SELECT bank_id, model, version FROM bank",) * 2,
}
NOON = datetime(2024, 2, 29, 12, tzinfo=UTC)
MIDNIGHT = datetime(1969, 7, 20, tzinfo=UTC)
ELSEWHERE = timezone(timedelta(hours=2))


def rows(path: Path, which: int) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(path)) as db:
        return {
            name: sorted(db.execute(statements[which]).fetchall(), key=repr)
            for name, statements in BEFORE_AND_AFTER.items()
        }


def test_a_database_of_text_keys_says_the_same(tmp_path):
    path = tmp_path / "memory.db"
    path.write_bytes(gzip.decompress((DATABASES / "derived.sqlite.gz").read_bytes()))
    before = rows(path, 0)
    assert all(before.values())

    async def migrate():
        database = Database(path)
        store = SQLiteStore(database)
        try:
            assert await store.banks() == ["default", "other"]
            await database.shrink()
        finally:
            await database.close()

    asyncio.run(migrate())
    assert rows(path, 1) == before
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("00ff00ff00ff00ff", bytes.fromhex("00ff00ff00ff00ff")),
        ("00FF00ff00ff00ff", "00FF00ff00ff00ff"),
        ("00ff00ff00ff00f", "00ff00ff00ff00f"),
        ("f1", "f1"),
        ("", ""),
        (None, None),
    ],
)
def test_only_sixteen_hex_digits_are_packed(given, kept):
    assert packed_id(given) == kept


def test_what_is_kept_short_reads_back_as_it_was(tmp_path):
    content = document("Ana moved. Ana moved... She left", "Bob stays")
    quoted = fact("Ana moved", "Ana moved.")
    odd = fact("She left", confidence=1 / 3, occurred_start=NOON, occurred_end=MIDNIGHT)
    facts = (
        replace(quoted, fact_id="00ff00ff00ff00ff", confidence=0.9, occurred_start=MIDNIGHT),
        replace(odd, fact_id="an id of somebody's own"),
        fact("Bob", "Bob stays", occurred_end=datetime(2024, 3, 1, tzinfo=ELSEWHERE)),
    )

    async def check():
        database = Database(tmp_path / "memory.db")
        store = bank_store(SQLiteStore(database, now=lambda: NOON))
        try:
            said = saying(content, *facts)
            await put(store, "b", "s", content, knowledge=said)
            expected = [replace(one, came_in=NOON) for one in said.facts]
            assert [one for _, one in await store.facts("b")] == expected
            await store.delete_source("b", "s")
        finally:
            await database.close()

    asyncio.run(check())
    with closing(sqlite3.connect(tmp_path / "memory.db")) as db:
        for table in ("statement", "mention", "claim", "fact_name", "fact_lookup", "term", "bank"):
            assert db.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table
