"""Exact search among the vectors of a bank, which are kept in memory between searches."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retain.errors import InputError

MAX_BYTES = 512 * 1024 * 1024
"""The memory that the vectors of all banks may take; those of one bank may take more."""

Loaded = Iterable[tuple[int, int, bytes]]
"""Of each section its row id, how many vectors it has, and their bytes."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """The vectors of a bank at one generation.

    Args:
        generation: The bank's, which every change to it raises.
        model: What made them.
        ids: (n,) int64, ascending: the sections' row ids.
        starts: (n,) int64: where the vectors of each section begin.
        rows: (m, d) float32, L2-normalised: of each section the whole, then its passages.
    """

    generation: int
    model: str
    ids: NDArray[np.int64]
    starts: NDArray[np.int64]
    rows: NDArray[np.float32]

    def scores(self, query: NDArray[np.float32]) -> NDArray[np.float32]:
        """The cosine similarities, (n,) float32, to `query`, (d,) float32, L2-normalised.

        A section is as like as what is most like in it: the whole, or a passage.

        Raises:
            InputError: The vectors are of another length.
        """
        if len(query) != self.rows.shape[1]:
            raise InputError(
                f"the vector of the question has {len(query)} numbers, those of the bank "
                f"{self.rows.shape[1]}: another model is behind the name {self.model}"
            )
        # Not `@`: BLAS would wake its threads, which on a busy machine wait longer than they work.
        found = np.einsum("ij,j->i", self.rows, query)
        if len(self.ids) in (0, len(found)):
            return found
        return np.maximum.reduceat(found, self.starts)

    def spread(self, scores: NDArray[np.float32]) -> tuple[float, float]:
        """The mean and the standard deviation, whatever the order of the rows."""
        ordered = np.sort(scores).astype(np.float64)
        return float(ordered.mean()), float(ordered.std())

    def of(self, ids: Sequence[int], scores: NDArray[np.float32]) -> dict[int, float]:
        """The scores of those of the rows `ids` that have a vector."""
        if not len(self.ids) or not ids:
            return {}
        wanted = np.asarray(ids, dtype=np.int64)
        at = np.minimum(np.searchsorted(self.ids, wanted), len(self.ids) - 1)
        there = self.ids[at] == wanted
        return dict(
            zip(wanted[there].tolist(), scores[at[there]].tolist(), strict=True),
        )

    def best(self, scores: NDArray[np.float32], limit: int) -> dict[int, float]:
        """The `limit` rows of the highest scores, best first, and those that score as the last.

        Which of equal ones come is decided by their place, which the matrix does not know.
        """
        count = min(limit, len(scores))
        if count < 1:
            return {}
        border = np.partition(scores, len(scores) - count)[len(scores) - count]
        at = np.flatnonzero(scores >= border)
        at = at[np.argsort(-scores[at], kind="stable")]
        return dict(zip(self.ids[at].tolist(), scores[at].tolist(), strict=True))


class Matrices:
    """The matrices of the banks that were searched last. Safe to use from several threads."""

    def __init__(self) -> None:
        self._held: OrderedDict[str, Matrix] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, bank_id: str, generation: int, model: str, load: Callable[[], Loaded]) -> Matrix:
        """The bank's matrix at `generation`; what `load` gives is read where it is not held."""
        with self._lock:
            held = self._held.get(bank_id)
            if held is not None and (held.generation, held.model) == (generation, model):
                self._held.move_to_end(bank_id)
                return held
        ids: list[int] = []
        starts: list[int] = []
        blobs: list[bytes] = []
        count = 0
        for id_, passages, blob in load():
            ids.append(id_)
            starts.append(count)
            blobs.append(blob)
            count += passages
        numbers = np.frombuffer(b"".join(blobs), dtype="<f2").astype(np.float32)
        rows = numbers.reshape(count, len(numbers) // max(count, 1))
        at = np.array(starts, dtype=np.int64)
        matrix = Matrix(generation, model, np.array(ids, dtype=np.int64), at, rows)
        self._keep(bank_id, matrix)
        return matrix

    def _keep(self, bank_id: str, matrix: Matrix) -> None:
        with self._lock:
            self._held[bank_id] = matrix
            self._held.move_to_end(bank_id)
            while len(self._held) > 1 and self._bytes() > MAX_BYTES:
                self._held.popitem(last=False)

    def _bytes(self) -> int:
        return sum(matrix.rows.nbytes for matrix in self._held.values())
