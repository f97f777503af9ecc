"""What finds a bank's sections and facts: by their words, and by their vectors."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING

from retain.bank import changes, history
from retain.bank.facts import fact_of
from retain.bank.indexing import FACT_WEIGHTS
from retain.bank.row_cache import RowCache, RowCaches
from retain.bank.rows import section_of
from retain.bank.word_index import FACTS, SECTIONS
from retain.memory.model import FactRow, FieldWeights, Likeness, Replaced, SectionRow
from retain.memory.ports.store import Tx

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Search:
    """Searches banks; the rows that it found last are kept in memory."""

    def __init__(self) -> None:
        self._caches = RowCaches()

    def sections(
        self, tx: Tx, terms: Sequence[str], limit: int, weights: FieldWeights
    ) -> list[tuple[SectionRow, float]]:
        """The `limit` sections that have any of the words and fit best, with their scores."""
        scores = SECTIONS.search(tx, terms, asdict(weights), limit)
        rows = self._sections_at(tx, scores)
        found = ((row, scores[id_]) for id_, row in rows.items())
        return sorted(found, key=_sections_best_first)[:limit]

    def sections_with(self, tx: Tx, texts: Sequence[str], limit: int) -> list[SectionRow]:
        """Sections that hold one of some texts; see `BankStore.sections_with`."""
        ids = [row[0] for row in tx.rows("sections_with", {"texts": list(texts), "limit": limit})]
        return list(self._sections_at(tx, ids).values())

    def facts(self, tx: Tx, terms: Sequence[str], limit: int) -> list[tuple[FactRow, float]]:
        """The `limit` facts that have any of the words and fit best, with their scores."""
        scores = FACTS.search(tx, terms, FACT_WEIGHTS, limit)
        rows = self._facts_at(tx, scores)
        found = ((row, scores[id_]) for id_, row in rows.items())
        return sorted(found, key=_facts_best_first)[:limit]

    def speakers(self, tx: Tx) -> Sequence[str]:
        """The names of those who say anything in the bank, each once, by code point."""
        cache = self._cache(tx)
        if cache.speakers is None:
            cache.speakers = tuple(name for (name,) in tx.rows("speakers"))
        return cache.speakers

    def likeness(
        self,
        tx: Tx,
        model: str,
        query: NDArray[np.float32],
        limit: int,
        among: Iterable[SectionRow],
        least: float,
    ) -> Likeness:
        """The sections whose vectors are nearest to `query`; see `BankStore.search_vectors`."""
        ids = self._ids_of(tx, among)
        scores = tx.likeness(model, query, limit, ids, partial(changes.since, tx))
        if scores is None:
            return Likeness()
        alike = {id_: score for id_, score in scores.best.items() if score >= least}
        rows = self._sections_at(tx, alike)
        found = [(rows[id_], score) for id_, score in alike.items() if id_ in rows]
        asked = {
            (ids[id_].source_id, ids[id_].section.section_id): score
            for id_, score in scores.asked.items()
        }
        return Likeness(
            tuple(sorted(found, key=_sections_best_first)[:limit]),
            asked,
            scores.mean,
            scores.spread,
            scores.measured,
            min(limit, len(scores.best)),
        )

    def replaced(self, tx: Tx, among: Iterable[SectionRow]) -> list[Replaced]:
        """The facts of some sections that others supersede, by source and place."""
        cache, ids = self._cache(tx), self._ids_of(tx, among)
        found = cache.replaced(ids)
        if len(found) < len(ids):
            missing = [id_ for id_ in ids if id_ not in found]
            read = {**dict.fromkeys(missing, ()), **history.replaced(tx, missing)}
            cache.keep_replaced(read)
            found.update(read)
        ordered = sorted(found.values(), key=lambda those: [_place(one) for one in those])
        return [one for those in ordered for one in those]

    def _cache(self, tx: Tx) -> RowCache:
        version = changes.current(tx)
        return self._caches.of(tx.bank_id, version, partial(changes.since, tx))

    def _sections_at(self, tx: Tx, ids: Collection[int]) -> dict[int, SectionRow]:
        """Those of the sections that are the bank's, by the ids of their rows."""
        cache = self._cache(tx)
        found = cache.sections(ids)
        if len(found) < len(ids):
            missing = [id_ for id_ in ids if id_ not in found]
            read = {row[0]: section_of(row) for row in tx.rows("sections_at", {"ids": missing})}
            cache.keep_sections(read)
            found.update(read)
        return found

    def _facts_at(self, tx: Tx, ids: Collection[int]) -> dict[int, FactRow]:
        """Those of the facts that are the bank's, by their ids in the index."""
        cache = self._cache(tx)
        found = cache.facts(ids)
        if len(found) < len(ids):
            missing = [id_ for id_ in ids if id_ not in found]
            rows = tx.dicts("facts_at", {"ids": missing})
            sections = self._sections_at(tx, {row["section_row"] for row in rows})
            read = {row["id"]: FactRow(sections[row["section_row"]], fact_of(row)) for row in rows}
            cache.keep_facts(read)
            found.update(read)
        return found

    def _ids_of(self, tx: Tx, sections: Iterable[SectionRow]) -> dict[int, SectionRow]:
        """Those of the sections that the bank holds, by the ids of their rows."""
        cache = self._cache(tx)
        found: dict[int, SectionRow] = {}
        for row in sections:
            id_ = cache.id_of(row)
            if id_ is None:
                given = {"source_id": row.source_id, "section_id": row.section.section_id}
                rows = tx.rows("section_row", given)
                id_ = rows[0][0] if rows else None
            if id_ is not None:
                found[id_] = row
        return found


def _sections_best_first(found: tuple[SectionRow, float]) -> tuple[float, str, int, str]:
    """The order of what was found: of equal ones that of source and place."""
    row, score = found
    return -score, row.source_id, row.section.ordinal, row.section.section_id


def _place(one: Replaced) -> tuple[str, str]:
    return one.source_id, one.section_id


def _facts_best_first(found: tuple[FactRow, float]) -> tuple[float, str, int, int, str]:
    one, score = found
    section = one.row.section
    return -score, one.row.source_id, section.ordinal, one.fact.start, one.fact.fact_id
