import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.wiki.hostile import TEXTS

from retain.memory.naming import page_id, source_file, topic_page_id

KINDS = st.sampled_from(["entity", "topic", "person", "place", "organisation", "thing", "unknown"])
NAMES = st.one_of(
    TEXTS,
    st.sampled_from(["Porto", "porto", "PORTO", "Con", "con", "Nul", "Com1", "Lpt9", "New York"]),
    st.text("aA-. /", max_size=4),
)
RESERVED = {"con", "prn", "aux", "nul"} | {f"{a}{n}" for a in ("com", "lpt") for n in range(10)}


def is_file_name(name):
    usable = re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", name)
    return bool(usable) and len(name) <= 80 and name not in RESERVED


@given(st.lists(st.tuples(NAMES, KINDS), unique=True, max_size=30))
def test_no_two_pages_share_a_file(pairs):
    names = [page_id(name, kind) for name, kind in pairs]
    assert len(set(names)) == len(pairs)
    assert all(map(is_file_name, names))


@given(st.lists(NAMES, unique=True, max_size=30))
def test_no_two_sources_share_a_file(ids):
    names = [source_file(one) for one in ids]
    assert len(set(names)) == len(ids)
    assert all(map(is_file_name, names))


@given(NAMES)
def test_a_topic_shares_no_file_with_an_entity(name):
    topic = topic_page_id("topic-" + name)
    assert is_file_name(topic)
    assert topic.startswith("topic-")
    assert not page_id(name, "entity").startswith("topic-")


@given(NAMES)
def test_a_name_that_looks_like_the_file_of_another_gets_its_own(name):
    for taken in {page_id(name, "entity"), page_id(name, "place")} - {name}:
        assert page_id(taken, "entity") not in (page_id(name, "entity"), page_id(name, "place"))
    if (taken := source_file(name)) != name:
        assert source_file(taken) != taken


@pytest.mark.parametrize(
    ("name", "file"), [("Porto", "porto"), ("New York", "new-york"), ("Route 66", "route-66")]
)
def test_plain_names_are_readable(name, file):
    assert page_id(name, "entity") == file


@pytest.mark.parametrize("name", ["../../etc/passwd", "..", "C:\\boot.ini", "a/b", "x\0y", ""])
def test_nothing_leaves_the_folder(name):
    assert is_file_name(page_id(name, "entity"))
    assert is_file_name(source_file(name))


def test_words_of_other_letters_are_kept_apart():
    assert page_id("東京", "entity") != page_id("大阪", "entity")
    assert page_id("São Paulo", "entity").startswith("sao-paulo-")
    assert page_id("C", "entity") != page_id("C++", "entity") != page_id("C#", "entity")


def test_a_topic_keeps_its_id():
    assert topic_page_id("topic-ice-cream-recipe") == "topic-ice-cream-recipe"
