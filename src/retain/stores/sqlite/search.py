"""Full-text search."""

from __future__ import annotations

from collections.abc import Sequence

from retain.memory.model import FieldWeights, SectionRow
from retain.stores.index import expression
from retain.stores.sqlite.part import Part
from retain.stores.sqlite.rows import key_of


class SQLiteSearch(Part):
    """What finds a bank's content by its words."""

    async def search_sections(
        self,
        bank_id: str,
        terms: Sequence[str],
        limit: int,
        weights: FieldWeights = FieldWeights(),  # noqa: B008 - it is frozen
    ) -> Sequence[tuple[SectionRow, float]]:
        """The sections that hold any of the words `terms`, best first; see `Store`.

        Raises:
            InputError: The id cannot be written as UTF-8.
            DatabaseError: The database cannot be read.
        """
        key = key_of(bank_id)
        wanted = expression(bank_id, terms, weights)
        if wanted is None or limit < 1:
            return []
        return await self._database.read(
            lambda db: self._tables.sections.search(db, key, wanted, weights, limit)
        )
