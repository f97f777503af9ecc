"""The tables of vectors, and of the model that each bank's are of."""

from __future__ import annotations

import sqlite3
from functools import cached_property
from typing import TYPE_CHECKING

from retain.db import queries
from retain.errors import InputError
from retain.stores.sqlite.rows import Row, key_of

if TYPE_CHECKING:
    from retain.stores.vectors import Matrices, Matrix


class VectorTables:
    """Vectors, on a connection that the store has opened a transaction on."""

    def __init__(self) -> None:
        self._sql = queries.load("store")

    def model(self, db: sqlite3.Connection, key: Row) -> str | None:
        """The model of the bank's vectors; None before the first."""
        row = db.execute(self._sql["bank"], key).fetchone()
        return None if row is None else row[0]

    def dimensions(self, db: sqlite3.Connection, of: Row) -> int | None:
        """How long the bank's vectors of a model are; None if there is none."""
        row = db.execute(self._sql["vector_bytes"], of).fetchone()
        return None if row is None else row[0] // 2

    def embedded(self, db: sqlite3.Connection, key: Row, model: str) -> frozenset[str]:
        """The ids of the source's sections that have a vector of `model`."""
        given = {**key, "model": model}
        return frozenset(row[0] for row in db.execute(self._sql["embedded"], given))

    def use(self, db: sqlite3.Connection, key: Row, model: str) -> int:
        """Make `model` the bank's, unless sections have no vector of it; how many have none."""
        given = {**key, "model": model}
        missing = int(db.execute(self._sql["count_unembedded"], given).fetchone()[0])
        if not missing and db.execute(self._sql["bank"], key).fetchone() is not None:
            db.execute(self._sql["delete_others"], given)
            db.execute(self._sql["use_model"], given)
            self.touch(db, key["bank_id"], model)
        return missing

    def matrix(self, db: sqlite3.Connection, key: Row, model: str) -> Matrix | None:
        """The bank's vectors, if it has any and they are of `model`."""
        bank = db.execute(self._sql["bank"], key).fetchone()
        if bank is None or bank[0] != model:
            return None
        given = {**key, "model": model}
        matrix = self._matrices.get(
            key["bank_id"], bank[1], model, lambda: db.execute(self._sql["vectors"], given)
        )
        return matrix if len(matrix.ids) else None

    def check(self, db: sqlite3.Connection, bank_id: str, model: str | None) -> None:
        """Refuse vectors of another model than the bank's.

        Raises:
            InputError: They are.
        """
        bank = db.execute(self._sql["bank"], key_of(bank_id)).fetchone()
        if model is not None and bank is not None and bank[0] not in (None, model):
            raise InputError(
                f"bank {bank_id!r} has vectors of {bank[0]}, these are of {model}: "
                "embed them with the bank's model"
            )

    def put(
        self,
        db: sqlite3.Connection,
        bank_id: str,
        model: str | None,
        vectors: dict[int, list[bytes]],
    ) -> None:
        """Keep vectors by the rows of their sections.

        Raises:
            InputError: They are of another length than the bank's of that model.
        """
        rows = (
            {"id": id_, "passages": len(of_section), "vector": b"".join(of_section)}
            for id_, of_section in vectors.items()
        )
        of = {"bank_id": bank_id, "model": model}
        held = self.dimensions(db, of)
        given = {len(vector) // 2 for of_section in vectors.values() for vector in of_section}
        if held is not None and given - {held}:
            raise InputError(
                f"{model} gives vectors of {max(given)} numbers, bank {bank_id!r} has vectors of "
                f"{held} by that name: another model is behind it, so embed with the bank's"
            )
        db.executemany(self._sql["put_vector"], ({**of, **row} for row in rows))

    def touch(self, db: sqlite3.Connection, bank_id: str, model: str | None) -> None:
        """Note that the bank has changed; the first model given to a bank becomes its own."""
        db.execute(self._sql["tick"])
        db.execute(self._sql["touch_bank"], {"bank_id": bank_id, "model": model})

    @cached_property
    def _matrices(self) -> Matrices:
        """Made on first use: numpy takes longer to load than most commands run."""
        from retain.stores.vectors import Matrices

        return Matrices()
