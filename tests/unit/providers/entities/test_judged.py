"""Names that a model takes for the same become one, unless something speaks against it."""

from __future__ import annotations

import pytest

from retain.memory.model import Corrections
from retain.providers.local.entities import Name, normalise_names


def entities(*names, **corrections):
    bank = [Name(*name) if isinstance(name, tuple) else Name(name, "person") for name in names]
    fixed = {key: frozenset(pairs) for key, pairs in corrections.items()}
    return normalise_names(bank, Corrections(**fixed))


def groups(*names, **corrections):
    return sorted(sorted(one.aliases) for one in entities(*names, **corrections))


def test_names_that_a_model_takes_for_the_same_are_one_entity_with_the_reason():
    (one,) = entities("Bob Miller", "Robert Miller", judged=[("Bob Miller", "Robert Miller")])
    assert one.aliases == ("Bob Miller", "Robert Miller")
    assert one.reasons == ('"Bob Miller" is taken by a model for "Robert Miller"',)


def test_what_a_model_was_only_asked_of_stays_apart():
    assert len(groups("Kate", "Katherine", asked=[("Kate", "Katherine")])) == 2


def test_a_users_split_is_stronger_also_by_way_of_others():
    judged = [("Kate", "Katherine"), ("Kate", "Kathy"), ("Katherine", "Kathy")]
    names = ("Kate", "Katherine", "Kathy")
    assert groups(*names, judged=judged) == [["Kate", "Katherine", "Kathy"]]
    apart = groups(*names, judged=judged, splits=[("kate", "katherine")])
    assert not any({"Kate", "Katherine"} <= set(group) for group in apart)


def test_a_users_merge_comes_first():
    judged, merges = [("Kate", "Katherine")], [("Kate", "Mel")]
    assert groups("Kate", "Katherine", "Mel", judged=judged, merges=merges) == [
        ["Kate", "Katherine", "Mel"]
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Room 101", "place"), ("Room 102", "place")),
        ("J. Smith", "K. Smith"),
        ("Bob Miller", "Robert Smith"),
        ("Kate", ("Katherine", "place")),
        (("Jordan", "person"), ("Jordan", "place")),
        ("John Smith", "John Smith Jr."),
    ],
)
def test_what_speaks_against_a_pair_is_stronger_than_a_model(one, other):
    names = [name if isinstance(name, str) else name[0] for name in (one, other)]
    assert len(groups(one, other, judged=[tuple(names)])) == 2


def test_a_name_that_a_model_takes_for_two_is_neither():
    judged = [("ABC", "American Broadcasting Company"), ("ABC", "Australian Broadcasting Company")]
    names = [(name, "organisation") for name in {name for pair in judged for name in pair}]
    assert len(groups(*names, judged=judged)) == 3


def test_a_name_that_may_be_short_for_somebody_else_stays_alone():
    judged = [("Kate", "Katherine")]
    assert groups(
        "Kate", "Kate Smith", "Kate Jones", "Katherine Miller", "Katherine", judged=judged
    ) == [
        ["Kate"],
        ["Kate Jones"],
        ["Kate Smith"],
        ["Katherine", "Katherine Miller"],
    ]
    assert groups("Kate", "Kate Smith", "Katherine", "Katherine Miller", judged=judged) == [
        ["Kate", "Kate Smith"],
        ["Katherine", "Katherine Miller"],
    ]
    assert groups("Kate", "Katherine", "Katherine Miller", judged=judged) == [
        ["Kate", "Katherine", "Katherine Miller"]
    ]


def test_what_a_model_takes_for_the_same_ends_an_ambiguity():
    names = ("Bob Miller", "Robert Miller", "Miller")
    assert len(groups(*names)) == 3
    assert groups(*names, judged=[("Bob Miller", "Robert Miller")]) == [sorted(names)]
