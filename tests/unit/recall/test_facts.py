"""Facts as hits, and what they bring to the place of their section."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from retain.app.wiring import bank_store
from retain.db.sqlite import Database
from retain.errors import InputError
from retain.memory.model import Fact, Hit
from retain.recall.search import recall
from retain.stores.sqlite import SQLiteStore
from retain.testing.contents import document, fact, put, saying

LONG = "I live in Porto. The winters are mild there, and the fish is good."
LIVES = fact("Ana lives in Porto", "I live in Porto", subject="Ana", entities=("Ana",))
MILD = fact("The winters in Porto are mild", "The winters are mild there", entities=("Porto",))


def found(folder: Path, query: str, *facts: Fact, texts=(LONG, "Bob sails."), **more) -> list[Hit]:
    """What a bank of one source answers."""

    async def ask() -> list[Hit]:
        database = Database(folder / "memory.db", durability="process")
        store = bank_store(SQLiteStore(database))
        content = document(*texts, speaker="Ana", path=("Talk",))
        await put(store, "b", "s", content, knowledge=saying(content, *facts))
        hits = await recall(store, query, "b", explain=True, **more)
        await database.close()
        return hits

    return asyncio.run(ask())


def test_a_fact_that_has_every_word_of_the_query_stands_for_its_section(tmp_path):
    hit, *_ = found(tmp_path, "Who lives in Porto?", LIVES, MILD)
    assert (hit.kind, hit.text, hit.fact_id) == ("fact", "Ana lives in Porto", LIVES.fact_id)
    assert LONG[slice(*hit.span)] == "I live in Porto"
    assert (hit.source_id, hit.path, hit.speaker, hit.lines) == ("s", ("Talk",), "Ana", (1, 1))
    assert "fact" in {reason.signal for reason in hit.why}
    assert hit.score == pytest.approx(sum(reason.score for reason in hit.why))


def test_a_section_stands_where_a_fact_lacks_a_word(tmp_path):
    hit, *_ = found(tmp_path, "Is the fish good in Porto?", LIVES, MILD)
    assert (hit.kind, hit.text, hit.fact_id) == ("section", LONG, None)


def test_a_section_that_is_the_fact_stands_itself(tmp_path):
    hit, *_ = found(tmp_path, "sails", fact("Bob sails", "Bob sails."))
    assert (hit.kind, hit.text) == ("section", "Bob sails.")


def test_a_fact_without_a_time_answers_no_question_for_one(tmp_path):
    hit, *_ = found(tmp_path, "When did Ana live in Porto?", LIVES)
    assert hit.kind == "section"


def test_facts_alone_each_have_a_place(tmp_path):
    hits = found(tmp_path, "mild winters in Porto", LIVES, MILD, kinds=("fact",))
    assert [hit.text for hit in hits] == [MILD.text, LIVES.text]
    assert {hit.kind for hit in hits} == {"fact"}
    assert hits[0].score > hits[1].score
    for hit in hits:
        assert hit.score == pytest.approx(sum(reason.score for reason in hit.why))


def test_sections_alone_are_whole(tmp_path):
    hit, *_ = found(tmp_path, "Who lives in Porto?", LIVES, kinds=("section",))
    assert (hit.kind, hit.text) == ("section", LONG)


@pytest.mark.parametrize("kinds", [(), ("page",), ("fact", "page")])
def test_no_other_kinds_are_given(tmp_path, kinds):
    with pytest.raises(InputError, match="kinds"):
        found(tmp_path, "Porto", LIVES, kinds=kinds)


def test_a_fact_brings_a_section_that_shares_no_word_with_the_query(tmp_path):
    she = fact("Mira Kask moved away", "she moved away", entities=("Mira Kask",))
    hits = found(tmp_path, "Mira Kask", she, texts=("Then she moved away, I think.",))
    assert [hit.span for hit in hits] == [(5, 19)]
    assert {"fact", "entity"} <= {reason.signal for reason in hits[0].why}


def test_what_occurred_in_the_time_of_the_query_comes_first(tmp_path):
    day = datetime(2023, 5, 8, tzinfo=UTC)
    texts = ("We met on a boat, once.", "We met on a train, once.")
    train = fact("Ana met Bob on a train", "We met on a train", occurred_start=day)
    boat = fact("Ana met Bob on a boat", "We met on a boat")
    hits = found(tmp_path, "Whom have they met in May 2023?", boat, train, texts=texts)
    assert [hit.span[0] for hit in hits] == [len(texts[0]) + 2, 0]
    assert "time" in {reason.signal for reason in hits[0].why}
    later = found(tmp_path, "Whom have they met in June 2023?", boat, train, texts=texts)
    assert "time" not in {reason.signal for hit in later for reason in hit.why}


def test_the_line_of_a_fact_is_its_own(tmp_path):
    text = "The first line.\nI live in Porto.\nThe last."
    hit, *_ = found(tmp_path, "lives in Porto", LIVES, texts=(text,))
    assert (hit.kind, hit.lines) == ("fact", (2, 2))
