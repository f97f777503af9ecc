import numpy as np
import pytest

from retain.wiki import neighbours
from retain.wiki.neighbours import nearest


def rows(count, seed=1, spread=0.4):
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(20, 32))
    found = centres[rng.integers(0, 20, count)] + rng.normal(0, spread, (count, 32))
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


def by_hand(vectors, k, floor):
    likeness = np.round(vectors @ vectors.T, 4)
    np.fill_diagonal(likeness, -1)
    order = np.argsort(-likeness, axis=1, kind="stable")[:, :k]
    return {
        (a, int(b))
        for a in range(len(vectors))
        for b in order[a]
        if likeness[a, b] > np.float32(floor)
    }


def pairs(vectors, k=8, floor=0.35):
    return {(a, b) for a, b, _ in nearest(vectors, k, floor)}


@pytest.mark.parametrize("block", [50, 10_000])
def test_all_pairs_are_compared(monkeypatch, block):
    monkeypatch.setattr(neighbours, "_BLOCK", block)
    vectors = rows(200)
    assert pairs(vectors) == by_hand(vectors, 8, 0.35)


def test_of_equal_ones_the_first_are_taken():
    vectors = np.tile(np.eye(4, dtype=np.float32)[0], (10, 1))
    found = pairs(vectors, k=2)
    assert {b for a, b in found if a > 1} == {0, 1}
    assert {b for a, b in found if a == 0} == {1, 2}


def test_cells_find_nearly_all_of_them(monkeypatch):
    vectors = rows(2000)
    exact = pairs(vectors)
    monkeypatch.setattr(neighbours, "_EXACT", 100)
    found = pairs(vectors)
    assert len(found & exact) > 0.95 * len(exact)
    assert max(np.bincount([a for a, _ in found])) <= 8


@pytest.mark.parametrize("exact", [0, 100])
def test_rows_of_zeros_have_no_neighbours(monkeypatch, exact):
    monkeypatch.setattr(neighbours, "_EXACT", exact)
    vectors = np.concatenate([rows(40), np.zeros((10, 32), dtype=np.float32)])
    found = pairs(vectors)
    assert found
    assert all(max(pair) < 40 for pair in found)
    assert pairs(np.zeros((5, 8), dtype=np.float32)) == set()
    assert pairs(np.zeros((0, 8), dtype=np.float32)) == set()
