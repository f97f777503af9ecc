"""The index of words after any history is that of the texts that are left, and scores as BM25."""

from __future__ import annotations

import math
import sqlite3
import struct
from collections import Counter
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retain.bank import word_index
from retain.bank.word_index import WordIndex
from retain.bank.words import tokens, wanted
from retain.db import queries
from retain.stores.matrices import Matrices
from retain.stores.sqlite.tx import SQLiteTx

FIELDS = ("text", "names")
WEIGHTS = {"text": 1.0, "names": 0.5}
VOCABULARY = ("ana", "boats", "café", "lives", "lisbon", "猫", "我喜欢猫", "x_y")

texts = st.lists(st.sampled_from(VOCABULARY), max_size=6).map(" ".join)
rows = st.fixed_dictionaries(dict.fromkeys(FIELDS, texts))
histories = st.lists(
    st.dictionaries(st.integers(1, 40), st.none() | rows, min_size=1, max_size=12), max_size=12
)
"""Changes of the texts of rows, by their ids; None removes a row."""


@pytest.fixture(autouse=True, scope="module")
def small_blocks():
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(word_index, "SMALL", 3)
        patched.setattr(word_index, "LARGE", 8)
        yield


def made() -> sqlite3.Connection:
    db = sqlite3.connect(":memory:", isolation_level=None)
    for script in queries.migrations("store"):
        db.executescript(script)
    return db


def tx_of(db: sqlite3.Connection, bank_id: str = "bank") -> SQLiteTx:
    return SQLiteTx(db, bank_id, Matrices)


def indexed(db: sqlite3.Connection) -> Counter[tuple[int, str, int]]:
    """Where each word stands: in a row, and there in a field."""
    found: Counter[tuple[int, str, int]] = Counter()
    blocks = dict(db.execute("SELECT id, rows FROM word_block"))
    for block, word, entries in db.execute("SELECT block, word, entries FROM word"):
        held = struct.unpack(f"<{len(blocks[block]) // 8}q", blocks[block])
        for (entry,) in struct.iter_unpack("<H", entries):
            found[held[entry >> 4], word, entry & 15] += 1
    return found


def expected(left: dict[int, dict[str, str]]) -> Counter[tuple[int, str, int]]:
    return Counter(
        (id_, word, number)
        for id_, row in left.items()
        for number, field in enumerate(FIELDS)
        for word in tokens(row[field])[0]
    )


def scores(left: dict[int, dict[str, str]], terms: list[str]) -> dict[int, float]:
    """BM25 as the documentation of FTS5 has it, with every row longer by one word."""
    sizes = {id_: 1 + sum(tokens(row[f])[1] for f in FIELDS) for id_, row in left.items()}
    mean = sum(sizes.values()) / len(left)
    found: dict[int, float] = {}
    for word in [word for term in dict.fromkeys(terms) for word in wanted(term)]:
        often = {
            id_: sum(WEIGHTS[f] * tokens(row[f])[0].count(word) for f in FIELDS)
            for id_, row in left.items()
        }
        having = sum(times > 0 for times in often.values())
        rarity = max(math.log((len(left) - having + 0.5) / (having + 0.5)), 1e-6)
        for id_, times in often.items():
            if times:
                part = times * 2.2 / (times + 1.2 * (0.25 + 0.75 * sizes[id_] / mean))
                found[id_] = found.get(id_, 0.0) + rarity * part
    return found


@settings(deadline=None)
@given(histories, st.lists(st.sampled_from(VOCABULARY), min_size=1, max_size=4))
def test_after_any_history_the_index_is_that_of_what_is_left(history, terms):
    index, left = WordIndex("fact", FIELDS), {}
    with closing(made()) as db:
        index.change(tx_of(db, "other"), {}, {1_000: {"text": "ana ana", "names": "lisbon"}})
        for changes in history:
            before = {id_: left[id_] for id_ in changes if id_ in left}
            after = {id_: row for id_, row in changes.items() if row is not None}
            index.change(tx_of(db), before, after)
            left = {id_: row for id_, row in left.items() if id_ not in changes} | after
        index.change(tx_of(db, "other"), {1_000: {"text": "ana ana", "names": "lisbon"}}, {})
        assert indexed(db) == expected(left)
        if left:
            found = index.search(tx_of(db), terms, WEIGHTS, len(left))
            assert found == pytest.approx(scores(left, terms))
        index.change(tx_of(db), left, {})
        for table in ("word", "word_block", "word_row"):
            assert db.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


@settings(deadline=None)
@given(st.dictionaries(st.integers(1, 40), rows, min_size=1), st.randoms())
def test_scores_do_not_depend_on_the_order_in_which_rows_come(given_rows, chance):
    found = []
    for _ in range(2):
        index, order = WordIndex("section", FIELDS), list(given_rows)
        chance.shuffle(order)
        with closing(made()) as db:
            for id_ in order:
                index.change(tx_of(db), {}, {id_: given_rows[id_]})
            found.append(index.search(tx_of(db), VOCABULARY, WEIGHTS, 40))
    assert found[0] == found[1]
