"""Which names mean the same, and what users may correct."""

from __future__ import annotations

import pytest

from retain.memory.entity_index import EntityIndex
from retain.memory.model import Mention
from retain.providers.local.entities import (
    Corrections,
    Name,
    fold,
    normalise_names,
)


def entities(*names, **corrections):
    kinds = [Name(*name) if isinstance(name, tuple) else Name(name, "person") for name in names]
    fixed = {key: frozenset(pairs) for key, pairs in corrections.items()}
    return normalise_names(kinds, Corrections(**fixed))


def groups(*names, **corrections):
    return sorted(sorted(one.aliases) for one in entities(*names, **corrections))


def test_ways_to_write_a_name_are_one_entity_with_a_reason_each():
    (one,) = entities("Dr. Patel", "Dr Patel", "Patel", "Priya Patel")
    assert one.name == "Priya Patel"
    assert one.aliases == ("Dr Patel", "Dr. Patel", "Patel", "Priya Patel")
    assert len(one.reasons) == 3


@pytest.mark.parametrize(
    "names",
    [
        (("Room 101", "place"), ("Room 102", "place")),
        ("Tigran", ("Iran", "place")),
        ("Anna Keller", "Bruno Keller", "Keller"),
        ("J. Smith", "K. Smith"),
        ("J. Smith", "John Smith", "Jane Smith"),
        (("Jordan", "person"), ("Jordan", "place")),
        (("Acme Ltd", "organisation"), ("Acme GmbH", "organisation"), ("Acme", "organisation")),
        ("Anne-Marie Dupont", "Anne Dupont"),
        ("Mrs. Bennet", "Elizabeth Bennet"),
        ("Aunt Mary", "Mary"),
        ("John Smith Jr.", "John Smith"),
        ("Peter Johnson", "Peter Johnston"),
        ("Petterson", "Peterson"),
        (("C++", "thing"), ("C#", "thing"), ("C", "thing")),
        (("Washington", "unknown"), "George Washington"),
    ],
)
def test_what_is_not_certain_stays_apart(names):
    assert len(entities(*names)) == len(names)


def test_an_id_depends_on_the_canonical_name_and_kind_only():
    alone = entities("Priya Patel")[0].entity_id
    assert alone == entities("Patel", "Priya Patel")[0].entity_id
    assert alone != entities(("Priya Patel", "place"))[0].entity_id
    assert len(alone) == 16


def test_a_name_of_unknown_kind_has_the_kind_that_it_has_elsewhere():
    (one,) = entities(("Lisbon", "unknown"), ("Lisbon", "place"))
    assert one.kind == "place"


def test_a_split_lasts_and_makes_no_other_merge():
    names = ("Priya Patel", "Patel")
    assert len(groups(*names)) == 1
    assert len(groups(*names, splits=[("patel", "priya patel")])) == 2


def test_a_merge_lasts_and_names_its_reason():
    (one,) = entities("Melanie", "Mel", merges=[("mel", "melanie")])
    assert one.aliases == ("Mel", "Melanie")
    assert "user" in one.reasons[0]


def test_a_split_is_stronger_than_a_merge_by_way_of_others():
    merges, splits = [("ana", "bea"), ("bea", "cleo")], [("ana", "cleo")]
    found = groups("Ana", "Bea", "Cleo", merges=merges, splits=splits)
    assert found == [["Ana", "Bea"], ["Cleo"]]


def test_a_merge_ends_an_ambiguity():
    names = ("Anna Keller", "A. B. Keller", "Keller")
    assert len(groups(*names)) == 3
    merged = groups(*names, merges=[("anna keller", "a b keller")])
    assert merged == [["A. B. Keller", "Anna Keller", "Keller"]]


def test_mentions_find_their_entity():
    mentions = [
        Mention("Ines\nOkafor", "person", "s", 0, 11),
        Mention("Ines", "unknown", "s", 20, 24),
        Mention("Jordan", "place", "s", 30, 36),
        Mention("Jordan", "person", "s", 40, 46),
    ]
    directory = EntityIndex(normalise_names(Name(one.name, one.kind) for one in mentions))
    by_mention = [directory.entity_of(one.name, one.kind) for one in mentions]
    assert [one and (one.name, one.kind) for one in by_mention] == [
        ("Ines Okafor", "person"),
        ("Ines Okafor", "person"),
        ("Jordan", "place"),
        ("Jordan", "person"),
    ]
    assert directory.entity_of("Nobody") is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("José", "JOSE"), ("St. Mary's", "St Marys"), ("Łódź", "Lodz"), ("A & B", "A and B"),
        ("Anne-Marie", "Anne Marie"),
    ],
)  # fmt: skip
def test_fold_forgets_case_accents_and_punctuation(one, other):
    assert fold(one) == fold(other)


@pytest.mark.parametrize("name", ["!!!", "東京", "が", "Йорк", "😀", "\0"])
def test_fold_keeps_something_of_every_name(name):
    assert fold(name)
    assert fold("が") != fold("か")


def test_a_name_that_notes_read_differently_is_one_entity_of_the_kind_that_most_say() -> None:
    names = [Name("Lumiq", "place", 1), Name("Lumiq", "person", 2), Name("Lumiq", "thing", 9)]
    (entity,) = normalise_names(names)
    assert (entity.name, entity.kind) == ("Lumiq", "thing")


def test_a_kind_that_no_more_than_half_of_the_mentions_say_is_unknown() -> None:
    names = [Name("Lumiq", "place", 2), Name("Lumiq", "person", 2), Name("Lumiq", "thing", 4)]
    (entity,) = normalise_names(names)
    assert entity.kind == "unknown"


def test_a_first_name_that_is_a_place_as_well_is_two() -> None:
    names = [Name("Georgia", "place", 9), Name("Georgia", "person", 1), Name("Georgia", "thing", 1)]
    assert sorted(one.kind for one in normalise_names(names)) == ["person", "place"]
