"""Topics keep their ids as a bank grows, and as its topics are cut and joined."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.wiki.test_topics import bank

from retain.memory.model import Passage, Topic
from retain.wiki import topics
from retain.wiki.keeping import kept_ids


def old(topic_id, *numbers):
    return Topic(f"topic-{topic_id}", topic_id, (), sections(*numbers))


def sections(*numbers):
    return tuple(("a.md", f"{n:02}") for n in numbers)


def kept(found, *before):
    return {n: one.removeprefix("topic-") for n, one in kept_ids(found, before).items()}


def test_a_topic_that_grew_or_shrank_keeps_its_id():
    assert kept([sections(*range(30))], old("bread", *range(10))) == {0: "bread"}
    assert kept([sections(0, 1, 2)], old("bread", *range(10))) == {0: "bread"}


def test_of_a_topic_that_is_cut_the_largest_part_keeps_the_id():
    parts = [sections(0, 1, 2), sections(*range(3, 9)), sections(9)]
    assert kept(parts, old("bread", *range(10))) == {1: "bread"}


def test_topics_that_are_joined_keep_the_id_of_the_largest():
    before = old("bread", 0, 1, 2), old("sailing", 3, 4, 5, 6)
    assert kept([sections(*range(7))], *before) == {0: "sailing"}


def test_a_topic_that_shares_but_few_sections_is_another():
    assert kept([sections(8, 9, 10, 11)], old("bread", *range(10))) == {}
    assert kept([sections(7, 8, 9, 10)], old("bread", *range(10))) == {0: "bread"}
    assert kept([sections(20, 21)], old("bread", *range(10))) == {}


def test_a_topic_whose_sections_are_gone_gives_its_id_to_none():
    assert kept([sections(1, 2, 3)], old("bread")) == {}


parts = st.lists(st.integers(0, 3), min_size=12, max_size=12)


@given(parts, parts, st.randoms(use_true_random=False))
def test_no_two_topics_have_an_id_and_order_does_not_matter(now, then, rng):
    found = [sections(*(n for n in range(12) if now[n] == part)) for part in range(4)]
    before = [old(f"{part}", *(n for n in range(12) if then[n] == part)) for part in range(4)]
    ids = kept_ids(found, before)
    assert len(set(ids.values())) == len(ids)
    assert kept_ids(found, rng.sample(before, 4)) == ids
    if now == then:
        assert ids == {n: f"topic-{n}" for n in range(4) if found[n]}


def test_topics_of_a_bank_keep_their_ids_where_other_words_tell_them_apart():
    passages, vectors = bank()
    before = [
        replace(one, topic_id=f"topic-old-{n}") for n, one in enumerate(topics(passages, vectors))
    ]
    told = [replace(one, text=f"{one.text} Then came the Zephyr Quorum.") for one in passages[:12]]
    new = [Passage("c.md", f"bread-{n}", (), told[n].text, ()) for n in range(9)]
    rows = np.concatenate([vectors, vectors[:9]])
    found = topics([*told, *passages[12:], *new], rows, before)
    assert {one.topic_id for one in before} <= {one.topic_id for one in found}
    (was,) = [one for one in before if ("a.md", "bread-000") in one.sections]
    (bread,) = [one for one in found if one.topic_id == was.topic_id]
    assert {section.split("-")[0] for _, section in bread.sections} == {"bread"}
    assert "Zephyr Quorum" in bread.title


def test_a_new_topic_takes_no_id_that_another_keeps():
    passages, vectors = bank()
    bread, *others = topics(passages, vectors)
    before = [replace(others[0], topic_id=bread.topic_id)]
    found = topics(passages, vectors, before)
    assert len({one.topic_id for one in found}) == 3
    (same,) = [one for one in found if one.topic_id == bread.topic_id]
    assert same.sections == others[0].sections
