"""The vectors of a bank's sections, and what is near to one."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING

from retain.memory.model import Likeness, SectionRow, Vectors
from retain.stores.sqlite.part import Part
from retain.stores.sqlite.rows import by_id, key_of
from retain.stores.sqlite.tables.sections import best_first

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class SQLiteVectors(Part):
    """The vectors of a bank, all of one model."""

    async def search_vectors(
        self,
        bank_id: str,
        model: str,
        query: NDArray[np.float32],
        limit: int,
        among: Sequence[SectionRow] = (),
        least: float = float("-inf"),
    ) -> Likeness:
        """The sections whose vectors are nearest to `query`, (d,) float32; see `Store`.

        Every vector of the bank is compared, about 0.1 us each; see `stores.vectors`.

        Raises:
            InputError: The id cannot be written as UTF-8.
            DatabaseError: The database cannot be read.
        """
        key = key_of(bank_id)

        def search(db: sqlite3.Connection) -> Likeness:
            sections = self._tables.sections
            matrix = self._tables.vectors.matrix(db, key, model)
            if matrix is None:
                return Likeness()
            scores = matrix.scores(query)
            best = matrix.best(scores, limit)
            alike = {id_: score for id_, score in best.items() if score >= least}
            rows = sections.at(db, key, alike)
            found = [(rows[id_], score) for id_, score in alike.items() if id_ in rows]
            found = sorted(found, key=best_first)[:limit]
            ids = sections.ids_of(db, key, among)
            asked = {
                (ids[id_].source_id, ids[id_].section.section_id): score
                for id_, score in matrix.of(list(ids), scores).items()
            }
            near = min(limit, len(best))
            return Likeness(tuple(found), asked, *matrix.spread(scores), near)

        return await self._database.read(search)

    async def vector_model(self, bank_id: str) -> str | None:
        """The model of the bank's vectors; None before the first.

        Raises:
            InputError: The id cannot be written as UTF-8.
            DatabaseError: The database cannot be read.
        """
        key = key_of(bank_id)
        return await self._database.read(lambda db: self._tables.vectors.model(db, key))

    async def dimensions(self, bank_id: str, model: str) -> int | None:
        """How long the bank's vectors of a model are; None if there is none.

        Raises:
            InputError: The id cannot be written as UTF-8.
            DatabaseError: The database cannot be read.
        """
        of = {**key_of(bank_id), "model": model}
        return await self._database.read(lambda db: self._tables.vectors.dimensions(db, of))

    async def embedded(self, bank_id: str, source_id: str, model: str) -> frozenset[str]:
        """The ids of the source's sections that have a vector of `model`.

        Raises:
            InputError: An id cannot be written as UTF-8.
            DatabaseError: The database cannot be read.
        """
        key = key_of(bank_id, source_id)
        return await self._database.read(lambda db: self._tables.vectors.embedded(db, key, model))

    async def add_vectors(self, bank_id: str, source_id: str, vectors: Vectors) -> None:
        """Keep vectors of any model beside the bank's own; see `Store`.

        Raises:
            InputError: An id cannot be written as UTF-8, or the vectors are of an odd size.
            DatabaseBusyError: Another process holds the database for too long.
            DatabaseError: The database cannot be written.
        """
        key = key_of(bank_id, source_id)
        given = by_id(vectors)

        def add(db: sqlite3.Connection) -> None:
            ids = {row["section_id"]: row["id"] for row in self._tables.sections.stored(db, key)}
            held = {ids[name]: vector for name, vector in given.items() if name in ids}
            self._tables.vectors.put(db, bank_id, vectors.model, held)
            self._tables.vectors.touch(db, bank_id, None)

        await self._database.write(add)

    async def use_model(self, bank_id: str, model: str) -> int:
        """Make `model` the bank's and drop all other vectors, if every section has one of it.

        Raises:
            InputError: The id cannot be written as UTF-8.
            DatabaseBusyError: Another process holds the database for too long.
            DatabaseError: The database cannot be written.
        """
        key = key_of(bank_id)
        return await self._database.write(lambda db: self._tables.vectors.use(db, key, model))
