"""Exact search among the vectors of a bank, which are kept in memory between searches."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from retain.errors import InputError
from retain.memory.model import VectorScores
from retain.memory.ports.store import Changed, Tx

MAX_BYTES = 512 * 1024 * 1024
"""The memory that the vectors of all banks may take; those of one bank may take more."""

MEASURED = 2_000
"""Of so many sections at most the mean likeness of a bank is taken."""

_FEW = 256
_SHARE = 8
"""Vectors that came later are kept apart until they are more than a few, and an eighth of all."""

Loaded = Iterable[tuple[int, int, bytes]]
"""Of each section its row id, how many vectors it has, and their bytes."""

Load = Callable[[Collection[int] | None], Loaded]
"""Reads the vectors of some sections, or of all of the bank."""


@dataclass(frozen=True, slots=True)
class Block:
    """The vectors of some sections.

    Args:
        ids: (n,) int64: the sections' row ids.
        starts: (n,) int64: where the vectors of each section begin.
        rows: (m, d) float32, L2-normalised: of each section the whole, then its passages.
    """

    ids: NDArray[np.int64]
    starts: NDArray[np.int64]
    rows: NDArray[np.float32]

    @classmethod
    def loaded(cls, loaded: Loaded) -> Block:
        """The vectors that are read."""
        ids: list[int] = []
        starts: list[int] = []
        blobs: list[bytes] = []
        count = 0
        for id_, passages, blob in loaded:
            ids.append(id_)
            starts.append(count)
            blobs.append(blob)
            count += passages
        numbers = np.frombuffer(b"".join(blobs), dtype="<f2").astype(np.float32)
        rows = numbers.reshape(count, len(numbers) // max(count, 1))
        return cls(np.array(ids, dtype=np.int64), np.array(starts, dtype=np.int64), rows)

    def scores(self, query: NDArray[np.float32]) -> NDArray[np.float32]:
        """The cosine similarities, (n,) float32, to `query`.

        A section is as like as what is most like in it: the whole, or a passage.
        """
        # Not `@`: BLAS would wake its threads, which on a busy machine wait longer than they work.
        found = np.einsum("ij,j->i", self.rows, query)
        if len(self.ids) in (0, len(found)):
            return found
        return np.maximum.reduceat(found, self.starts)

    def of(self, wanted: NDArray[np.bool_]) -> Block:
        """Those of the sections that are wanted, (n,) bool."""
        if wanted.all():
            return self
        lengths = np.diff(self.starts, append=len(self.rows))
        kept = lengths[wanted]
        starts = np.cumsum(kept) - kept
        return Block(self.ids[wanted], starts, self.rows[np.repeat(wanted, lengths)])

    def marks(self) -> NDArray[np.uint64]:
        """(n,) uint64: a number made from the vector of each section, not from its place."""
        numbers = self.rows[self.starts, :4].astype(np.float32).view(np.uint32).astype(np.uint64)
        found = np.zeros(len(self.ids), np.uint64)
        for column in numbers.T:
            found = (found ^ column) * np.uint64(0x9E3779B97F4A7C15)
            found ^= found >> np.uint64(29)
        return found

    def with_more(self, other: Block) -> Block:
        """These and others."""
        if not len(self.ids) or not len(other.ids):
            return self if len(self.ids) else other
        return Block(
            np.concatenate([self.ids, other.ids]),
            np.concatenate([self.starts, other.starts + len(self.rows)]),
            np.concatenate([self.rows, other.rows]),
        )


@dataclass(frozen=True)
class Matrix:
    """The vectors of a bank at one version.

    Args:
        version: The bank's.
        model: What made them.
        most: Most of them; some may be gone by now.
        there: (n,) bool: which sections of `most` are as they were.
        later: The others.
    """

    version: int
    model: str
    most: Block
    there: NDArray[np.bool_]
    later: Block

    @cached_property
    def ids(self) -> NDArray[np.int64]:
        """(n,) int64: the row ids of the sections, in the order of their scores."""
        return np.concatenate([self.most.ids[self.there], self.later.ids])

    @property
    def nbytes(self) -> int:
        """How much memory it takes."""
        return self.most.rows.nbytes + self.later.rows.nbytes

    def updated(self, version: int, changed: Collection[int], load: Load) -> Matrix:
        """The same at a later version, with the vectors of changed sections as they are then."""
        some = np.array(sorted(changed), dtype=np.int64)
        there = self.there & ~np.isin(self.most.ids, some)
        later = self.later.of(~np.isin(self.later.ids, some)).with_more(Block.loaded(load(changed)))
        apart = len(later.ids) + len(there) - int(there.sum())
        if apart > max(_FEW, len(there) // _SHARE):
            return _whole(version, self.model, self.most.of(there).with_more(later))
        return Matrix(version, self.model, self.most, there, later)

    def scores(self, query: NDArray[np.float32]) -> NDArray[np.float32]:
        """The cosine similarities, (n,) float32, to `query`, (d,) float32, L2-normalised.

        Raises:
            InputError: The vectors are of another length.
        """
        parts: list[NDArray[np.float32]] = []
        for block in (self.most, self.later):
            if len(block.ids) and len(query) != block.rows.shape[1]:
                raise InputError(
                    f"the vector of the question has {len(query)} numbers, those of the bank "
                    f"{block.rows.shape[1]}: another model is behind the name {self.model}"
                )
            parts.append(block.scores(query) if len(block.ids) else np.zeros(0, np.float32))
        return np.concatenate([parts[0][self.there], parts[1]])

    def spread(self, scores: NDArray[np.float32]) -> tuple[float, float, int]:
        """The mean and the standard deviation, and of how many; whatever the order of the rows.

        In a large bank they are of some of the sections, the same in whatever order these came.
        """
        ordered = np.sort(scores[self._measured]).astype(np.float64)
        return float(ordered.mean()), float(ordered.std()), len(ordered)

    def of(self, ids: Sequence[int], scores: NDArray[np.float32]) -> dict[int, float]:
        """The scores of those of the rows `ids` that have a vector."""
        if not len(self.ids) or not ids:
            return {}
        wanted = np.asarray(ids, dtype=np.int64)
        order = self._order
        at = order[np.minimum(np.searchsorted(self.ids, wanted, sorter=order), len(order) - 1)]
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

    @cached_property
    def _order(self) -> NDArray[np.int64]:
        return np.argsort(self.ids, kind="stable")

    @cached_property
    def _measured(self) -> NDArray[np.int64] | slice:
        if len(self.ids) <= MEASURED:
            return slice(None)
        marks = np.concatenate([self.most.marks()[self.there], self.later.marks()])
        return np.argpartition(marks, MEASURED)[:MEASURED]


class Matrices:
    """The matrices of the banks that were searched last. Safe to use from several threads."""

    def __init__(self) -> None:
        self._held: OrderedDict[str, Matrix] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, bank_id: str, version: int, model: str, load: Load, changed: Changed) -> Matrix:
        """The bank's matrix at a version; only what is not held, or has changed, is read."""
        with self._lock:
            held = self._held.get(bank_id)
        if held is None or held.model != model:
            held = Matrix(0, model, _NONE, _NONE.ids == 0, _NONE)
        if held.version == version:
            matrix = held
        else:
            rows = changed(held.version) if 0 < held.version < version else None
            if rows is None:
                matrix = _whole(version, model, Block.loaded(load(None)))
            else:
                matrix = held.updated(version, rows, load)
        if held.version <= version:
            self._keep(bank_id, matrix)
        return matrix

    def nearest(
        self,
        tx: Tx,
        load: Load,
        model: str,
        query: NDArray[np.float32],
        limit: int,
        among: Collection[int],
        changed: Changed,
    ) -> VectorScores | None:
        """The sections of a bank whose vectors are nearest to `query`; see `Tx.likeness`."""
        bank = tx.rows("bank")
        if not bank or bank[0][0] != model:
            return None
        matrix = self.get(tx.bank_id, bank[0][1], model, load, changed)
        if not len(matrix.ids):
            return None
        scores = matrix.scores(query)
        best, asked = matrix.best(scores, limit), matrix.of(list(among), scores)
        return VectorScores(best, asked, *matrix.spread(scores))

    def _keep(self, bank_id: str, matrix: Matrix) -> None:
        with self._lock:
            self._held[bank_id] = matrix
            self._held.move_to_end(bank_id)
            while len(self._held) > 1 and self._bytes() > MAX_BYTES:
                self._held.popitem(last=False)

    def _bytes(self) -> int:
        return sum(matrix.nbytes for matrix in self._held.values())


_NONE = Block.loaded(())


def _whole(version: int, model: str, block: Block) -> Matrix:
    return Matrix(version, model, block, np.ones(len(block.ids), dtype=np.bool_), _NONE)
