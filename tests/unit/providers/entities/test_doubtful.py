"""Which names a model is asked of: those near to each other that rules leave open."""

from __future__ import annotations

import random

import pytest

from retain.memory.model import Corrections
from retain.providers.local.entities import Name, normalise_names
from retain.providers.local.entities.doubtful import MOST, compared, doubtful_pairs
from retain.providers.local.entities.nearness import doubt_keys
from retain.providers.local.entities.view import NamesInMemory


def named(*names) -> list[Name]:
    return [Name(*name) if isinstance(name, tuple) else Name(name, "person") for name in names]


def pairs(*names, about=None, **corrections) -> list[tuple[str, str]]:
    bank = named(*names)
    fixed = Corrections(**{key: frozenset(some) for key, some in corrections.items()})
    asked = {one.name for one in bank} if about is None else about
    return [(pair.name, pair.other) for pair in doubtful_pairs(bank, fixed, asked)]


@pytest.mark.parametrize(
    "names",
    [
        ("Kate", "Katherine"),
        ("Bob", "Robert"),
        ("Bob Miller", "Robert Miller"),
        ("Dr. Bob Miller", "Robert J. Miller"),
        ("Bob Miller", ("Robert Miller", "unknown")),
        (("NYC", "place"), ("New York City", "place")),
        (("IBM", "organisation"), ("International Business Machines", "organisation")),
        (("U.S.A.", "place"), ("United States of America", "place")),
        (("BBC", "unknown"), ("The British Broadcasting Corporation", "organisation")),
        (("Harvard", "unknown"), ("Harvard University", "organisation")),
        (("Como", "place"), ("Lake Como", "place")),
        ("Chaikovsky", "Tchaikovsky"),
        ("Dostoevsky", "Dostoyevsky"),
        ("Mohammed Ali", "Muhammad Ali"),
        ("Chaikovsky", "Чайковский"),
    ],
)
def test_names_that_are_near_are_asked_of(names):
    (pair,) = pairs(*names)
    written = [name if isinstance(name, str) else name[0] for name in names]
    assert list(pair) == sorted(written)
    assert len(normalise_names(named(*names))) == 2


@pytest.mark.parametrize(
    "names",
    [
        (("Room 101", "place"), ("Room 102", "place")),
        (("Apollo 11 Museum", "place"), ("Apollo 11", "thing")),
        ("J. Smith", "K. Smith"),
        ("Bob A. Miller", "Robert B. Miller"),
        ("Mr. Bob Miller", "Mrs. Bobby Miller"),
        ("Bob Miller", "Robert Smith"),
        ("Bob Miller Jr.", "Robert Miller"),
        ("Paris", ("Paris City", "place")),
        (("JS", "unknown"), "John Smith"),
        ("Mario Rossi", "Maria Rossi"),
        ("Marta", "Martha"),
        ("Anna Keller", "Bruno Keller", "Keller"),
        ("Margerite Thole", "Marguerite Thole"),
        (("Bill", "thing"), ("William", "unknown")),
        ("Dan", "Don"),
        ("", " "),
    ],
)
def test_names_that_are_not_are_never_asked_of(names):
    assert pairs(*names) == []


def test_a_slip_of_the_pen_is_asked_of_where_both_ways_are_usual():
    ways = ("Margerite Thole", "person", 3), ("Marguerite Thole", "person", 9)
    assert pairs(*ways) == [("Margerite Thole", "Marguerite Thole")]


def test_what_users_have_said_is_not_asked_again():
    names = ("Kate", "Katherine", "Kathy")
    assert len(pairs(*names)) == 3
    assert pairs(*names, merges=[("kate", "katherine")], splits=[("kate", "kathy")]) == []
    assert pairs(*names, merges=[("Kate", "Mrs. X"), ("Mrs. X", "Katherine")]) == [
        ("Kate", "Kathy"),
        ("Katherine", "Kathy"),
    ]


def test_what_a_model_has_said_is_not_asked_again():
    names = ("Kate", "Katherine", "Kathy")
    known = [("Kate", "Katherine"), ("Kate", "Kathy")]
    assert pairs(*names, asked=known) == [("Katherine", "Kathy")]


def test_only_pairs_with_a_name_in_question_are_asked_of():
    assert pairs("Kate", "Katherine", "Bob", "Robert", about={"Bob"}) == [("Bob", "Robert")]


def test_the_kinds_in_a_question_depend_on_the_names_alone():
    bank = named(
        ("Kate", "unknown"),
        "Katherine",
        ("NYC", "unknown"),
        ("New York City", "unknown"),
    )
    asked = doubtful_pairs(bank, Corrections(), {one.name for one in bank})
    assert {(one.kind, one.other_kind) for one in asked} == {
        ("person", "person"),
        ("place", "place"),
    }


def test_the_most_frequent_come_first_and_not_too_many_at_once():
    firsts = [f"{a}{b}kov" for a in ("Bar", "Dem", "Gol", "Zum") for b in "abdefghijklmnop"]
    bank = [
        Name(f"{given} {first.title()}", "person", n + 1)
        for n, first in enumerate(firsts)
        for given in ("Bob", "Robert")
    ]
    found = doubtful_pairs(bank, Corrections(), {one.name for one in bank})
    assert len(found) == MOST
    assert (found[0].name, found[0].other) == ("Bob Zumpkov", "Robert Zumpkov")
    random.Random(3).shuffle(bank)
    assert doubtful_pairs(bank, Corrections(), {one.name for one in bank}) == found


def test_what_else_a_bank_names_changes_nothing_of_a_pair():
    names = ["Kate", "Kate Miller", "Katherine", "Bob", "Robert Smith", "Robert", "Bobby Smith"]
    alone = {
        pair
        for n, one in enumerate(names)
        for other in names[n + 1 :]
        for pair in pairs(one, other)
    }
    assert set(pairs(*names)) == alone


@pytest.mark.parametrize(
    "shape",
    [
        "{} Keller",
        "Keller {}",
        "J. {}",
        "Bob {}",
        "Dr. {} Smith",
        "X {} Ltd",
        "{} University",
        "{}",
    ],
)
def test_ten_thousand_names_are_compared_a_few_times_each(shape):
    letters = "abcdefghij"
    words = [
        (a + b + c + d).title() for a in letters for b in letters for c in letters for d in letters
    ]
    names = [shape.format(word) for word in words]
    bank = NamesInMemory(named(*names, "Keller", "Robert"), Corrections(), doubt_keys)
    assert sum(1 for _ in compared(bank, frozenset(names))) < len(names)
