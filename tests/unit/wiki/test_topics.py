import random
import re
import subprocess
import sys
from dataclasses import replace

import numpy as np

from retain.memory.model import Passage
from retain.wiki import topics

THEMES = {
    "bread": ["sourdough starter", "rye flour", "oven", "crust", "baker", "dough"],
    "sailing": ["main sail", "harbour", "mast", "anchor", "tide chart", "crew"],
    "orchids": ["orchid", "greenhouse", "petal", "root rot", "fertiliser", "bloom"],
}


def bank(each=12, seed=1):
    """Passages of three themes, each near the others of its theme."""
    rng = random.Random(seed)
    draws = np.random.default_rng(seed)
    passages, vectors = [], []
    for axis, (theme, words) in enumerate(THEMES.items()):
        for n in range(each):
            first, second, third = rng.sample(words, 3)
            text = f"The {first} was near the {second}, and my {third} was about {theme}."
            source = f"{'ab'[n % 2]}.md"
            passages.append(Passage(source, f"{theme}-{n:03}", (), text, ()))
            vectors.append(draws.normal(0, 0.08, 24) + np.eye(24)[axis])
    rows = np.array(vectors, dtype=np.float32)
    return passages, rows / np.linalg.norm(rows, axis=1, keepdims=True)


def themes(found):
    return {frozenset(section.split("-")[0] for _, section in one.sections) for one in found}


def test_sections_that_speak_of_the_same_are_a_topic():
    found = topics(*bank())
    assert themes(found) == {frozenset([theme]) for theme in THEMES}
    assert sum(len(one.sections) for one in found) == 36
    for one in found:
        (theme,) = {section.split("-")[0] for _, section in one.sections}
        assert theme in one.terms
        assert one.title.lower().split(", ") == [term.lower() for term in one.terms[:3]]
        assert one.topic_id.startswith("topic-")
        assert one.sections == tuple(sorted(one.sections))


def test_the_order_of_the_passages_does_not_matter():
    passages, vectors = bank()
    expected = topics(passages, vectors)
    for seed in range(5):
        order = random.Random(seed).sample(range(len(passages)), len(passages))
        assert topics([passages[n] for n in order], vectors[order]) == expected


def test_the_order_does_not_matter_where_nothing_is_clear():
    rng = np.random.default_rng(5)
    words = [
        f"{first}{last}" for first in "bdfgklmn" for last in ("orchard", "anchor", "etal", "iln")
    ]
    passages = [
        Passage("a.md", f"{n:03}", (), " and the ".join(rng.choice(words, 4, replace=False)), ())
        for n in range(120)
    ]
    vectors = rng.normal(size=(120, 6)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    expected = topics(passages, vectors)
    assert expected
    for seed in range(3):
        order = random.Random(seed).sample(range(120), 120)
        assert topics([passages[n] for n in order], vectors[order]) == expected


def test_passages_are_read_one_by_one():
    passages, vectors = bank()
    assert topics(iter(passages), vectors) == topics(passages, vectors)


def test_what_happened_before_does_not_matter_nor_changes():
    passages, vectors = bank()
    random.seed(1)
    expected = topics(passages, vectors)
    drawn = random.random()
    random.seed(1)
    assert random.random() == drawn
    random.seed(2)
    random.random()
    assert topics(passages, vectors) == expected


def test_every_process_finds_the_same():
    code = (
        "from tests.unit.wiki.test_topics import bank, topics;"
        "from tests.unit.wiki.bank import ana;"
        "from tests.unit.wiki.bank import index, pages;"
        "view = ana(); print(topics(*bank()), pages(view), index(view))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(filter(None, [".", *sys.path]))},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


def test_ids_stay_when_something_else_comes():
    passages, vectors = bank()
    text = "The tax office sent its form again"
    more = [Passage("c.md", f"taxes-{n}", (), text, ()) for n in range(9)]
    rows = np.tile(np.eye(24, dtype=np.float32)[20], (9, 1))
    before = {one.topic_id: one.sections for one in topics(passages, vectors)}
    after = {
        one.topic_id: one.sections
        for one in topics([*passages, *more], np.concatenate([vectors, rows]))
    }
    assert len(after) == len(before) + 1
    assert {key: after.get(key) for key in before} == before


def test_shared_names_join_what_has_no_vectors():
    texts = [
        f"We spoke of engine {n} and its {w} today" for n, w in enumerate(["gear", "belt"] * 3)
    ]
    named = [Passage("a.md", str(n), (), text, ("Apollo",)) for n, text in enumerate(texts)]
    other = [
        Passage("b.md", str(n), (), f"Soup {n} with onions, salt and pepper", ()) for n in range(60)
    ]
    (found,) = topics([*named, *other], np.zeros((66, 8), dtype=np.float32))
    assert [source for source, _ in found.sections] == ["a.md"] * 6
    assert "Apollo" in found.title


def test_a_name_that_is_all_over_the_bank_joins_nothing():
    passages = [
        Passage("a.md", f"{n:02}", (), f"Other w{n}a w{n}b w{n}c", ("Ana",) if n % 2 else ())
        for n in range(50)
    ]
    assert topics(passages, np.zeros((50, 8), dtype=np.float32)) == []


def test_words_that_all_passages_have_are_no_names():
    passages, vectors = bank(each=30)
    passages = [replace(one, text=one.text + " Written in Ghent.") for one in passages]
    assert not any(
        "ghent" in term.lower() for one in topics(passages, vectors) for term in one.terms
    )


def test_singular_and_plural_are_one_term():
    texts = [f"the {word} near a gull" for word in ("boat", "boats") * 3][:5]
    texts.append("the boats of the harbour")
    passages = [
        Passage("a.md", str(n), (), f"{text} by pier {n}", ()) for n, text in enumerate(texts)
    ]
    other = [Passage("b.md", str(n), (), "the onion soup had pepper", ()) for n in range(6)]
    axes = np.eye(4, dtype=np.float32)
    found = topics([*passages, *other], np.repeat(axes[:2], 6, axis=0))
    (terms,) = [one.terms for one in found if one.sections[0][0] == "a.md"]
    assert [term for term in terms if term.startswith("boat")] == ["boat"]
    assert terms.index("boat") < terms.index("gull")


def test_code_addresses_and_speakers_name_nothing():
    texts = [
        f"**Zoltan:** The kiln {n} burns [here](https://e.test/zzz)\n```\nzzz zzz\n```"
        for n in range(6)
    ]
    passages = [
        Passage("a.md", str(n), (), f"{text} clay glaze", ()) for n, text in enumerate(texts)
    ]
    (found,) = topics(passages, np.tile(np.eye(4, dtype=np.float32)[0], (6, 1)))
    assert not {"zoltan", "zzz"} & {part for term in found.terms for part in term.lower().split()}
    assert "kiln" in " ".join(found.terms)


def test_scripts_without_spaces_have_topics():
    texts = ["\u6771\u4eac\u306e\u6c34\u65cf\u9928\u3067\u9b5a\u3092\u898b\u305f"] * 6
    passages = [Passage("a.md", str(n), (), text, ()) for n, text in enumerate(texts)]
    (found,) = topics(passages, np.tile(np.eye(4, dtype=np.float32)[0], (6, 1)))
    assert found.title
    assert re.fullmatch(r"topic-t[0-9a-f]{8}", found.topic_id)


def test_two_are_no_topic():
    passages, vectors = bank(each=2)
    assert topics(passages[:2], vectors[:2]) == []
    assert topics([], np.zeros((0, 8), dtype=np.float32)) == []


def test_topics_of_many_passages_stay_readable():
    rng = np.random.default_rng(3)
    centres = rng.normal(size=(150, 64))
    passages = [
        Passage("a.md", f"{n:05}", (), f"the aa{n % 150}x and the bb{n % 150}x of cc{n % 150}x", ())
        for n in range(3000)
    ]
    rows = (centres[np.arange(3000) % 150] + rng.normal(0, 0.2, (3000, 64))).astype(np.float32)
    found = topics(passages, rows / np.linalg.norm(rows, axis=1, keepdims=True))
    assert 20 <= len(found) <= 60
    assert len({one.topic_id for one in found}) == len(found)
