"""What finds a bank's sections and facts: by their words, and by their vectors."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING

from retain.bank import changes, history, sections
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

    def of(self, tx: Tx) -> BankSearch:
        """The searches of a bank as it is in one transaction."""
        version = changes.current(tx)
        return BankSearch(tx, self._caches.of(tx.bank_id, version, partial(changes.since, tx)))


class BankSearch:
    """Searches one bank, at one moment: all that is found belongs together.

    Args:
        tx: What reads the bank.
        cache: The rows of the bank that were found before.
    """

    def __init__(self, tx: Tx, cache: RowCache) -> None:
        self._tx = tx
        self._cache = cache

    def sections(
        self,
        terms: Sequence[str],
        limit: int,
        weights: FieldWeights = FieldWeights(),  # noqa: B008 - it is frozen
    ) -> list[tuple[SectionRow, float]]:
        """The `limit` sections that hold any of the words `terms`, best first, with their scores.

        Terms are plain words; nothing in them is query syntax. Ties are in a fixed order.
        """
        scores = SECTIONS.search(self._tx, terms, asdict(weights), limit)
        rows = self._sections_at(scores)
        found = ((row, scores[id_]) for id_, row in rows.items())
        return sorted(found, key=_sections_best_first)[:limit]

    def sections_with(self, texts: Sequence[str], limit: int) -> list[SectionRow]:
        """Sections that hold one of some texts which no index of words has, such as emoji.

        This reads the text of every section of the bank.
        """
        rows = self._tx.rows("sections_with", {"texts": list(texts), "limit": limit})
        return list(self._sections_at([row[0] for row in rows]).values())

    def facts(self, terms: Sequence[str], limit: int) -> list[tuple[FactRow, float]]:
        """The `limit` facts that hold any of the words `terms`, best first, with their scores.

        A fact's words are those of its statement, of the names that it speaks of, of the days on
        which it occurred, and of the headings above it. Repetitions of a fact are not among them.
        """
        scores = FACTS.search(self._tx, terms, FACT_WEIGHTS, limit)
        rows = self._facts_at(scores)
        found = ((row, scores[id_]) for id_, row in rows.items())
        return sorted(found, key=_facts_best_first)[:limit]

    def speakers(self) -> Sequence[str]:
        """The names of those who say anything in the bank, each once, by code point."""
        if self._cache.speakers is None:
            self._cache.speakers = tuple(name for (name,) in self._tx.rows("speakers"))
        return self._cache.speakers

    def vector_model(self) -> str | None:
        """The model of the bank's vectors; None before the first."""
        return sections.vector_model(self._tx)

    def likeness(
        self,
        model: str,
        query: NDArray[np.float32],
        limit: int,
        among: Iterable[SectionRow] = (),
        least: float = float("-inf"),
    ) -> Likeness:
        """The `limit` sections whose vectors are nearest to `query`, and how near `among` are.

        Args:
            model: What made `query`; a bank of another model has nothing like it.
            query: (d,) float32, L2-normalised.
            limit: How many to look for.
            among: Sections whose likeness is asked for.
            least: The cosine similarity below which the nearest are only counted.
        """
        ids = self._ids_of(among)
        scores = self._tx.likeness(model, query, limit, ids, partial(changes.since, self._tx))
        if scores is None:
            return Likeness()
        alike = {id_: score for id_, score in scores.best.items() if score >= least}
        rows = self._sections_at(alike)
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

    def replaced(self, among: Iterable[SectionRow]) -> list[Replaced]:
        """The facts of some sections that others supersede, by source and place."""
        ids = self._ids_of(among)
        found = self._cache.replaced(ids)
        if len(found) < len(ids):
            missing = [id_ for id_ in ids if id_ not in found]
            read = {**dict.fromkeys(missing, ()), **history.replaced(self._tx, missing)}
            self._cache.keep_replaced(read)
            found.update(read)
        ordered = sorted(found.values(), key=lambda those: [_place(one) for one in those])
        return [one for those in ordered for one in those]

    def _sections_at(self, ids: Collection[int]) -> dict[int, SectionRow]:
        """Those of the sections that are the bank's, by the ids of their rows."""
        found = self._cache.sections(ids)
        if len(found) < len(ids):
            missing = [id_ for id_ in ids if id_ not in found]
            rows = self._tx.rows("sections_at", {"ids": missing})
            read = {row[0]: section_of(row) for row in rows}
            self._cache.keep_sections(read)
            found.update(read)
        return found

    def _facts_at(self, ids: Collection[int]) -> dict[int, FactRow]:
        """Those of the facts that are the bank's, by their ids in the index."""
        found = self._cache.facts(ids)
        if len(found) < len(ids):
            missing = [id_ for id_ in ids if id_ not in found]
            rows = self._tx.dicts("facts_at", {"ids": missing})
            sections = self._sections_at({row["section_row"] for row in rows})
            read = {row["id"]: FactRow(sections[row["section_row"]], fact_of(row)) for row in rows}
            self._cache.keep_facts(read)
            found.update(read)
        return found

    def _ids_of(self, sections: Iterable[SectionRow]) -> dict[int, SectionRow]:
        """Those of the sections that the bank holds, by the ids of their rows."""
        found: dict[int, SectionRow] = {}
        for row in sections:
            id_ = self._cache.id_of(row)
            if id_ is None:
                given = {"source_id": row.source_id, "section_id": row.section.section_id}
                rows = self._tx.rows("section_row", given)
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
