"""Vectors that are kept in memory are those of the bank, however often it has changed."""

from __future__ import annotations

import random
from collections.abc import Collection

import numpy as np

from retain.stores.matrices import MEASURED, Loaded, Matrices

SIZE = 8


class Vectors:
    """Vectors of sections, and what each version changed of them."""

    def __init__(self, seed: int) -> None:
        self.numbers = np.random.default_rng(seed)
        self.by_id: dict[int, tuple[int, bytes]] = {}
        self.changes: list[set[int]] = []
        self.read = 0

    def put(self, id_: int, passages: int = 1) -> None:
        found = self.numbers.normal(size=(passages, SIZE)).astype("<f2")
        self.by_id[id_] = (passages, found.tobytes())

    def load(self, among: Collection[int] | None) -> Loaded:
        ids = sorted(self.by_id.keys() & set(among) if among is not None else self.by_id)
        self.read += len(ids)
        return [(id_, *self.by_id[id_]) for id_ in ids]

    def changed(self, version: int) -> set[int] | None:
        return set().union(*self.changes[version - 1 :])


def test_after_any_changes_the_scores_are_those_of_the_vectors_as_they_are() -> None:
    chance, vectors, kept = random.Random(4), Vectors(4), Matrices()
    for id_ in range(2_000):
        vectors.put(id_, chance.randint(1, 3))
    query = vectors.numbers.normal(size=SIZE).astype(np.float32)
    kept.get("b", 1, "m", vectors.load, vectors.changed)
    for version in range(2, 60):
        some = {chance.randrange(3_000) for _ in range(chance.choice([0, 1, 5, 40]))}
        for id_ in some:
            if id_ in vectors.by_id and chance.random() < 0.4:
                del vectors.by_id[id_]
            else:
                vectors.put(id_, chance.randint(1, 3))
        vectors.changes.append(some)
        vectors.read = 0
        matrix = kept.get("b", version, "m", vectors.load, vectors.changed)
        assert vectors.read <= len(some)
        fresh = Matrices().get("b", version, "m", vectors.load, vectors.changed)
        scores, wanted = matrix.scores(query), fresh.scores(query)
        ids = sorted(some | set(range(0, 3_000, 7)))
        assert matrix.of(ids, scores) == fresh.of(ids, wanted)
        assert set(matrix.best(scores, 20)) == set(fresh.best(wanted, 20))
        assert matrix.spread(scores) == fresh.spread(wanted)


def test_whoever_reads_an_earlier_version_reads_it_whole_and_takes_nothing_away() -> None:
    vectors, kept = Vectors(1), Matrices()
    vectors.put(1)
    vectors.changes = [set(), set()]
    later = kept.get("b", 3, "m", vectors.load, vectors.changed)
    assert kept.get("b", 1, "m", vectors.load, vectors.changed).version == 1
    assert kept.get("b", 3, "m", vectors.load, vectors.changed) is later


def test_the_mean_of_a_large_bank_is_near_that_of_all() -> None:
    vectors = Vectors(2)
    for id_ in range(10 * MEASURED):
        vectors.put(id_)
    matrix = Matrices().get("b", 1, "m", vectors.load, vectors.changed)
    scores = matrix.scores(vectors.numbers.normal(size=SIZE).astype(np.float32))
    mean, spread, _ = matrix.spread(scores)
    assert abs(mean - float(scores.mean())) < 0.1 * float(scores.std())
    assert abs(spread / float(scores.std()) - 1) < 0.1


def test_the_mean_of_a_large_bank_does_not_depend_on_the_order_in_which_sections_came() -> None:
    vectors, mixed = Vectors(2), Vectors(2)
    for id_ in range(2 * MEASURED):
        vectors.put(id_)
    places = list(range(2 * MEASURED))
    random.Random(3).shuffle(places)
    mixed.by_id = {places[id_]: found for id_, found in vectors.by_id.items()}
    query = vectors.numbers.normal(size=SIZE).astype(np.float32)
    spreads = [
        matrix.spread(matrix.scores(query))
        for one in (vectors, mixed)
        for matrix in [Matrices().get("b", 1, "m", one.load, one.changed)]
    ]
    assert spreads[0] == spreads[1]
