import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta, timezone

import pytest

from retain.app.wiring import bank_store
from retain.db.sqlite import Database
from retain.errors import InputError
from retain.recall.search import recall
from retain.stores.sqlite import SQLiteStore
from retain.testing.contents import document, put

DAY = datetime(2023, 5, 1, tzinfo=UTC)


@asynccontextmanager
async def bank(folder, *contents):
    """The store of a bank ``b`` with a source for each of `contents`."""
    database = Database(folder / "memory.db", durability="process")
    store = bank_store(SQLiteStore(database))
    for n, content in enumerate(contents):
        await put(store, "b", f"s{n:03}", content)
    try:
        yield store
    finally:
        await database.close()


def ask(folder, contents, *args, **kwargs):
    async def run():
        async with bank(folder, *contents) as store:
            return await recall(store, *args, **kwargs)

    return asyncio.run(run())


def test_a_hit_says_what_where_and_when(tmp_path):
    text, parsed = document(
        "Nothing.", "I moved\nto Lisbon.", path=("Chat",), speaker="Ana", said_at=DAY
    )
    hit, neighbour = ask(tmp_path, [(text, parsed)], "Who lives in Lisbon?", "b")
    assert neighbour.text == "Nothing."
    assert hit.text == text[slice(*hit.span)] == "I moved\nto Lisbon."
    assert (hit.source_id, hit.kind, hit.fact_id) == ("s000", "section", None)
    assert hit.section_id == parsed.sections[1].section_id
    assert (hit.mentioned_at, hit.speaker, hit.path) == (DAY, "Ana", ("Chat",))
    assert hit.lines == (3, 4)
    assert hit.score > 0


def test_the_best_k_come_first(tmp_path):
    contents = [document("fox", "fox and dog", "dog", "cat"), document("dog and fox and bird")]
    hits = ask(tmp_path, contents, "fox dog", "b", k=2)
    assert {hit.text for hit in hits} == {"fox and dog", "dog and fox and bird"}
    assert hits[0].score >= hits[1].score


def test_another_bank_is_not_searched(tmp_path):
    assert ask(tmp_path, [document("fox")], "fox", "other") == []


def test_what_was_said_later_is_left_out(tmp_path):
    days = [document("fox " * (n + 1), said_at=DAY + timedelta(days=n)) for n in range(100)]
    undated = document("the fox of a manual that has no date")
    as_of = (DAY + timedelta(days=2)).astimezone(timezone(timedelta(hours=-7)))
    hits = ask(tmp_path, [*days, undated], "fox", "b", k=4, as_of=as_of)
    assert sorted(hit.source_id for hit in hits) == ["s000", "s001", "s002"]


@pytest.mark.parametrize("query", ["", " \n", "\t"])
def test_an_empty_query_says_what_to_do(tmp_path, query):
    with pytest.raises(InputError, match="ask a question"):
        ask(tmp_path, [], query, "b")


@pytest.mark.parametrize("k", [0, -1, 1001])
def test_k_has_bounds(tmp_path, k):
    with pytest.raises(InputError, match="1 to 1000"):
        ask(tmp_path, [], "fox", "b", k=k)


def test_a_query_with_nul_is_refused(tmp_path):
    with pytest.raises(InputError, match="the query holds NUL"):
        ask(tmp_path, [], "fo\0x", "b")


def test_as_of_needs_a_time_zone(tmp_path):
    with pytest.raises(InputError, match="time zone"):
        ask(tmp_path, [], "fox", "b", as_of=datetime(2023, 5, 1))


@pytest.mark.parametrize("query", ['" OR * NEAR(', "'; DROP TABLE section; --", "\ud83d", "?"])
def test_nothing_in_a_query_is_syntax(tmp_path, query):
    assert ask(tmp_path, [document("A bird.")], query, "b") == []


def test_a_query_of_stop_words_alone_finds_them(tmp_path):
    assert len(ask(tmp_path, [document("That is it.")], "what is it", "b")) == 1
