import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retain.sources.frontmatter import read_front_matter


def test_values_become_json():
    meta, understood = read_front_matter(
        "title: Move\ndate: 2024-03-01\nat: 2024-03-01 10:00:00 +02:00\ntags: [home, 3, 2.5]\n"
        "done: yes\nnone:\n7: seven\nnested: {a: {b: c}}\n"
    )
    assert understood
    assert meta == {
        "title": "Move",
        "date": "2024-03-01",
        "at": "2024-03-01T10:00:00+02:00",
        "tags": ["home", 3, 2.5],
        "done": True,
        "none": None,
        "7": "seven",
        "nested": {"a": {"b": "c"}},
    }


def test_nothing_between_the_rules_is_nothing():
    assert read_front_matter("") == ({}, True)


def test_a_date_that_does_not_exist_stays_text():
    assert read_front_matter("date: 2024-13-45\ntitle: x") == (
        {"date": "2024-13-45", "title": "x"},
        True,
    )


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("title: [never closed", "not valid YAML"),
        ("a: b: c", "not valid YAML"),
        ("just some words", "not a mapping but a str"),
        ("# Only a comment", "not a mapping but nothing"),
        ("- a\n- b", "not a mapping but a list"),
        ("a: !!python/object/apply:os.getcwd []", "tags are not read"),
        ("a: &a [x]\nb: *a", "aliases are not read"),
        ("a: " + "[" * 60_000, "nested more than"),
        ("a: 1\n" * 20_000, "more than 65536"),
        ("a: \x07", "not valid YAML"),
    ],
)
def test_what_cannot_be_read_is_kept_with_the_reason(raw, reason):
    meta, understood = read_front_matter(raw)
    assert not understood
    assert meta["front_matter"] == raw
    assert reason in meta["front_matter_error"]
    assert "\n" not in meta["front_matter_error"]


def test_numbers_that_json_lacks_become_text():
    meta, _ = read_front_matter("a: .nan\nb: -.inf\nc: 99999999999999999999")
    assert meta == {"a": "nan", "b": "-inf", "c": "99999999999999999999"}


@pytest.mark.parametrize(
    "written",
    [
        "9" * 5000,
        "0x" + "f" * 5000,
        "0b" + "1" * 20_000,
        "1" + ":59" * 400,
        "1" + ":59" * 400 + ".5",
    ],
    ids=["decimal", "hexadecimal", "binary", "base 60", "base 60 with a fraction"],
)
def test_what_looks_like_an_endless_number_stays_text(written):
    assert read_front_matter(f"key: {written}\ntitle: x") == ({"key": written, "title": "x"}, True)


def test_a_time_of_day_stays_a_time_of_day():
    assert read_front_matter("at: 12:30\nlasted: 1:02:03") == (
        {"at": "12:30", "lasted": "1:02:03"},
        True,
    )


def test_escaped_surrogates_become_text():
    meta, _ = read_front_matter('home: "\\ud83c\\udfe1"')
    assert meta == {"home": "🏡"}


def test_an_escaped_nul_is_replaced():
    meta, _ = read_front_matter('"a\\0": ["\\x00b", {c: "d\\u0000"}]')
    assert meta == {"a\ufffd": ["\ufffdb", {"c": "d\ufffd"}]}


@given(st.text(alphabet="ab:-[]{}!&*#|>'\"%@`,?=<~ \n\t0x1_.\\u\x00é", max_size=80))
def test_no_text_makes_it_fail(raw):
    meta, _ = read_front_matter(raw)
    json.dumps(meta, allow_nan=False).encode("utf-8")
