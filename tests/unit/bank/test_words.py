"""Texts as the words of an index."""

import sqlite3
from contextlib import closing

import pytest

from retain.bank.stemming import stem
from retain.bank.words import tokens, wanted

WORDS = """
    caresses ponies ties caress cats feed agreed plastered bled motoring sing conflated troubled
    sized hopping tanned falling hissing fizzed failing filing happy sky relational conditional
    valenci hesitanci digitizer conformabli radicalli differentli vileli analogousli vietnamization
    predication operator feudalism decisiveness hopefulness callousness formaliti sensitiviti
    sensibiliti triplicate formative formalize electriciti electrical hopeful goodness revival
    allowance inference airliner gyroscopic adjustable defensible irritant replacement adjustment
    dependent adoption homologou communism activate angulariti homologous effective bowdlerize
    probate rate cease controll roll yes yearly saying boys eyes dying generalizations oscillators
""".split()  # noqa: SIM905 - a list literal would be a screen of one word a line


def test_words_lose_the_endings_that_fts5_takes_from_them():
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE VIRTUAL TABLE t USING fts5(x, tokenize = 'porter unicode61')")
        db.execute("CREATE VIRTUAL TABLE v USING fts5vocab(t, 'instance')")
        db.executemany("INSERT INTO t (rowid, x) VALUES (?, ?)", enumerate(WORDS))
        stems = dict(db.execute("SELECT doc, term FROM v"))
    assert {word: stem(word) for word in WORDS} == {w: stems[n] for n, w in enumerate(WORDS)}


@pytest.mark.parametrize(
    ("text", "kept", "size"),
    [
        ("Running foxes, 3.5!", ["run", "fox", "3", "5"], 4),
        ("Ünïcödé CAFÉ", ["unicod", "cafe"], 2),
        ("snake_case\0nul", ["snake", "case", "nul"], 3),
        ("我喜欢 cats", ["我", "喜", "欢", "我喜", "喜欢", "cat"], 4),
        ("हिन्दी", ["हिन्दी"], 1),
        ("한국", ["한", "국", "한국"], 2),
        ("x" * 100, ["x" * 64], 1),
        ("", [], 0),
        ("...—", [], 0),
    ],
)
def test_a_text_is_kept_as_its_words(text, kept, size):
    assert tokens(text) == (kept, size)


@pytest.mark.parametrize(
    ("term", "words"),
    [
        ("Boats", ["boat"]),
        ("喜欢猫", ["喜欢", "欢猫"]),
        ("猫", ["猫"]),
        ("x_y", ["x", "y"]),
        ("_", []),
    ],
)
def test_a_term_is_looked_for_by_its_words(term, words):
    assert wanted(term) == words
