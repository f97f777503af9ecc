"""What holds for whatever names and texts come."""

from __future__ import annotations

import random
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retain.memory.entity_index import EntityIndex
from retain.memory.model import Section
from retain.providers.local.entities import (
    Corrections,
    Name,
    extract_mentions,
    fold,
    normalise_names,
)

KINDS = st.sampled_from(["person", "place", "organisation", "thing", "unknown"])
WORDS = st.sampled_from(
    [
        "Dr.",
        "Mr",
        "Mrs",
        "Prof",
        "Aunt",
        "Priya",
        "P.",
        "Patel",
        "Tom",
        "T.",
        "Tomas",
        "Keller",
        "Anne-Marie",
        "José",
        "Jose",
        "O'Brien",
        "Ltd",
        "GmbH",
        "St.",
        "Saint",
        "Room",
        "101",
        "102",
        "Jr.",
        "van",
        "Street",
        "&",
        "Marguerite",
        "Margerite",
        "Castellan",
        "Castelan",
    ]
)
WRITTEN = st.lists(WORDS, min_size=1, max_size=4).map(" ".join)
NAMES = st.lists(st.builds(Name, WRITTEN, KINDS, st.integers(1, 4)), max_size=24)
PAIRS = st.frozensets(st.tuples(WRITTEN.map(fold), WRITTEN.map(fold)), max_size=4)
CORRECTIONS = st.builds(Corrections, PAIRS, PAIRS, PAIRS)
HYPOTHESIS = settings(derandomize=True, max_examples=150, deadline=None)


def section(text):
    return [Section("s", 0, "text", 0, (), 0, len(text), 1, 1)]


@HYPOTHESIS
@given(NAMES, CORRECTIONS, st.randoms(use_true_random=False))
def test_the_order_of_names_does_not_matter(names, corrections, shuffle):
    expected = normalise_names(names, corrections)
    shuffled = [Name(one.name, one.kind) for one in names for _ in range(one.times)]
    shuffle.shuffle(shuffled)
    assert normalise_names(shuffled, corrections) == expected


@HYPOTHESIS
@given(NAMES, CORRECTIONS)
def test_every_name_has_one_entity_and_every_entity_an_id_of_its_own(names, corrections):
    entities = normalise_names(names, corrections)
    directory = EntityIndex(entities)
    assert len({one.entity_id for one in entities}) == len(entities)
    for one in names:
        found = directory.entity_of(one.name, one.kind)
        assert found is not None
        assert fold(one.name) in {fold(alias) for alias in found.aliases}


@HYPOTHESIS
@given(NAMES, PAIRS)
def test_one_name_is_one_entity_but_for_a_person_and_a_place(names, judged):
    entities = normalise_names(names, Corrections(judged=judged))
    for name in {fold(one.name) for one in names}:
        found = [one for one in entities if name in {fold(alias) for alias in one.aliases}]
        kinds = sorted(one.kind for one in found)
        assert len(found) == 1 or kinds == ["person", "place"]


@HYPOTHESIS
@given(NAMES, CORRECTIONS)
def test_a_split_is_always_respected(names, corrections):
    for entity in normalise_names(names, corrections):
        folded = {fold(alias) for alias in entity.aliases}
        for first, second in corrections.splits:
            assert first == second or not {first, second} <= folded


@HYPOTHESIS
@given(NAMES, PAIRS, PAIRS)
def test_a_merge_is_always_respected(names, merges, judged):
    entities = normalise_names(names, Corrections(merges=merges, judged=judged))
    present = {fold(one.name) for one in names}
    for first, second in merges:
        if {first, second} <= present:
            holders = [
                one for one in entities if {first, second} & {fold(alias) for alias in one.aliases}
            ]
            assert len(holders) == 1


@HYPOTHESIS
@given(st.text(max_size=400))
def test_any_text_gives_exact_spans(text):
    for one in extract_mentions(text, section(text)):
        assert text[one.start : one.end] == one.name


@pytest.mark.parametrize(
    "text",
    [
        "a" * 1_000_000,
        "Ab" * 500_000,
        "A'b-" * 250_000,
        "`" * 1_000_000,
        "` `` " * 200_000,
        "[[(" * 330_000,
        "<!--" * 250_000,
        "<A " * 100_000,
        "\n```" * 250_000,
        "A" * 10 + " A." * 60_000,
        "Ana de la " * 30_000,
        "Room 1 " * 40_000,
        "http://" * 140_000,
        "a@" * 500_000,
        "*" * 1_000_000,
        "שלום عليكم 東京 " * 60_000,
        "😀 Ana 👩‍👩‍👧 " * 20_000,
        "Ana\0Ben \ufffd" * 20_000,
        "<script>alert('Ana')</script>" * 30_000,
        "# Ana\n" * 150_000,
        " " * 1_000_000,
        "\n" * 1_000_000,
    ],
    ids=lambda text: repr(text[:12]),
)
def test_hostile_texts_take_linear_time(text):
    begun = process_time()
    for one in extract_mentions(text, section(text)):
        assert text[one.start : one.end] == one.name
    assert process_time() - begun < 10


def test_ten_thousand_entities_in_one_file():
    chosen = random.Random(7)
    syllables = [
        "ba",
        "ke",
        "li",
        "mo",
        "nu",
        "ra",
        "se",
        "ti",
        "vo",
        "za",
        "dri",
        "pel",
        "tor",
        "gan",
    ]

    def word():
        return "".join(chosen.choice(syllables) for _ in range(4)).title()

    people = {f"{word()} {word()}" for _ in range(10_050)}
    text = "\n\n".join(f"We met {one} there." for one in sorted(people))
    begun = process_time()
    found = extract_mentions(text, section(text))
    entities = normalise_names(Name(one.name, one.kind) for one in found)
    assert process_time() - begun < 10
    assert len(entities) > 9_900


@pytest.mark.parametrize("shape", ["{} Smith", "Smith {}", "J. {}", "Dr. {} Smith", "X {} Ltd"])
def test_ten_thousand_names_with_a_part_in_common(shape):
    letters = "abcdefghij"
    words = [
        (a + b + c + d).title() for a in letters for b in letters for c in letters for d in letters
    ]
    names = [Name(shape.format(word), "person") for word in words] + [Name("Smith", "person")]
    begun = process_time()
    normalise_names(names)
    assert process_time() - begun < 10
