"""The bank in a SQLite database."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from retain.db import queries
from retain.db.sqlite import Database
from retain.errors import InputError
from retain.memory.model import (
    Corrections,
    Counts,
    Document,
    Fact,
    FieldWeights,
    Knowledge,
    Likeness,
    NameCount,
    SectionRow,
    StoredSource,
    Vectors,
)
from retain.memory.ports import CorrectionKind
from retain.stores.index import expression, index_words
from retain.stores.knowledge import SQLiteKnowledge
from retain.stores.rows import Change, Row, by_id, iso, key_of, prepare, section_of, source_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from retain.stores.vectors import Matrices, Matrix

_PLACED = ("ordinal", "kind", "level", "char_start", "char_end", "line_start", "line_end")
_EMBEDDED = ("path", "speaker", "text")
_COLUMNS = (*_PLACED, *_EMBEDDED, "said_at")


class SQLiteStore:
    """A bank's lasting content in a `Database`, which may be shared with others.

    Words are matched by their stem, without regard to case and accents. How rare a word is, is
    counted over the whole file, so banks in one file share that, and nothing else.

    Args:
        database: Where; it belongs to the caller, who closes it.
        now: The clock, timezone-aware.
    """

    def __init__(
        self, database: Database, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._now = now
        self._sql = queries.load("store")
        self._knowledge = SQLiteKnowledge()
        database.require("store")
        database.require("knowledge")

    async def source(self, bank_id: str, source_id: str) -> StoredSource | None:
        """The source, or None.

        Raises:
            InputError: An id cannot be written as UTF-8.
            DatabaseError: The database cannot be read.
        """
        key = key_of(bank_id, source_id)
        row = await self._database.read(lambda db: db.execute(self._sql["source"], key).fetchone())
        return None if row is None else source_of(row)

    async def sources(self, bank_id: str) -> Sequence[StoredSource]:
        """Every source of the bank, by id.

        Raises:
            InputError: The id cannot be written as UTF-8.
            DatabaseError: The database cannot be read.
        """
        key = key_of(bank_id)
        return await self._database.read(
            lambda db: [source_of(row) for row in db.execute(self._sql["sources"], key)]
        )

    async def sections(self, bank_id: str, source_id: str) -> Sequence[SectionRow]:
        """The sections of a source in order; empty if there is no such source.

        Raises:
            InputError: An id cannot be written as UTF-8.
            DatabaseError: The database cannot be read.
        """
        key = key_of(bank_id, source_id)
        return await self._database.read(
            lambda db: [section_of(row) for row in db.execute(self._sql["sections"], key)]
        )

    async def replace_source(
        self,
        bank_id: str,
        source_id: str,
        *,
        content_hash: str,
        text: str,
        document: Document,
        vectors: Vectors | None = None,
        knowledge: Knowledge | None = None,
    ) -> int:
        """Make `document` the source's visible version, in one transaction; see `Store`.

        Raises:
            InputError: Something in it cannot be kept, or the bank's vectors are of another
                model; the message says what.
            DatabaseBusyError: Another process holds the database for too long.
            DatabaseError: The database cannot be written; the old version stays visible.
        """
        key = key_of(bank_id, source_id)
        change = await asyncio.to_thread(prepare, key, content_hash, text, document, vectors)
        change.source["retained_at"] = iso(self._now(), "the clock's time")
        said = knowledge or Knowledge()

        def replace(db: sqlite3.Connection) -> int:
            version, changed = self._replace(db, change)
            if changed:
                self._knowledge.put(db, key, said, document.sections)
            return version

        return await self._database.write(replace)

    async def delete_source(self, bank_id: str, source_id: str) -> bool:
        """Remove every trace of the source; False if there was none.

        The whole index is rewritten to leave no word behind, about 2 us for each section in the
        database. Unused bytes of the file may hold copies until `Database.fold`.

        Raises:
            InputError: An id cannot be written as UTF-8.
            DatabaseBusyError: Another process holds the database for too long.
            DatabaseError: The database cannot be written.
        """
        key = key_of(bank_id, source_id)
        return await self._database.write(lambda db: self._delete(db, key))

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
        given = {**asdict(weights), "expression": wanted}

        def search(db: sqlite3.Connection) -> list[tuple[SectionRow, float]]:
            found: list[tuple[SectionRow, float]] = []
            for id_, score in db.execute(self._sql["search_sections"], given):
                # Ties are in the order of source and place, so none of the last may be left out.
                if len(found) >= limit and score < found[-1][1]:
                    break
                row = self._section(db, key, id_)
                if row is not None:
                    found.append((row, score))
            return sorted(found, key=_best_first)[:limit]

        return await self._database.read(search)

    async def search_vectors(
        self,
        bank_id: str,
        model: str,
        query: NDArray[np.float32],
        limit: int,
        among: Sequence[SectionRow] = (),
    ) -> Likeness:
        """The sections whose vectors are nearest to `query`, (d,) float32; see `Store`.

        Every vector of the bank is compared, about 0.1 us each; see `stores.vectors`.

        Raises:
            InputError: The id cannot be written as UTF-8.
            DatabaseError: The database cannot be read.
        """
        key = key_of(bank_id)

        def search(db: sqlite3.Connection) -> Likeness:
            matrix = self._matrix(db, key, model)
            if matrix is None:
                return Likeness()
            scores = matrix.scores(query)
            rows = [
                (row, score)
                for id_, score in matrix.best(scores, limit).items()
                if (row := self._section(db, key, id_)) is not None
            ]
            ids = {id_: row for row in among if (id_ := self._id(db, key, row)) is not None}
            asked = {
                (ids[id_].source_id, ids[id_].section.section_id): score
                for id_, score in matrix.of(list(ids), scores).items()
            }
            return Likeness(tuple(rows), asked, float(scores.mean()), float(scores.std()))

        return await self._database.read(search)

    async def vector_model(self, bank_id: str) -> str | None:
        """The model of the bank's vectors; None before the first.

        Raises:
            InputError: The id cannot be written as UTF-8.
            DatabaseError: The database cannot be read.
        """
        key = key_of(bank_id)
        row = await self._database.read(lambda db: db.execute(self._sql["bank"], key).fetchone())
        return None if row is None else row[0]

    async def embedded(self, bank_id: str, source_id: str, model: str) -> frozenset[str]:
        """The ids of the source's sections that have a vector of `model`.

        Raises:
            InputError: An id cannot be written as UTF-8.
            DatabaseError: The database cannot be read.
        """
        key = {**key_of(bank_id, source_id), "model": model}
        return await self._database.read(
            lambda db: frozenset(row[0] for row in db.execute(self._sql["embedded"], key))
        )

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
            ids = {row["section_id"]: row["id"] for row in self._stored(db, key)}
            held = {ids[name]: vector for name, vector in given.items() if name in ids}
            self._put_vectors(db, bank_id, vectors.model, held)
            self._touch(db, bank_id, None)

        await self._database.write(add)

    async def use_model(self, bank_id: str, model: str) -> int:
        """Make `model` the bank's and drop all other vectors, if every section has one of it.

        Raises:
            InputError: The id cannot be written as UTF-8.
            DatabaseBusyError: Another process holds the database for too long.
            DatabaseError: The database cannot be written.
        """
        key = {**key_of(bank_id), "model": model}

        def use(db: sqlite3.Connection) -> int:
            missing = int(db.execute(self._sql["count_unembedded"], key).fetchone()[0])
            if not missing and db.execute(self._sql["bank"], key).fetchone() is not None:
                db.execute(self._sql["delete_others"], key)
                db.execute(self._sql["use_model"], key)
                self._touch(db, bank_id, model)
            return missing

        return await self._database.write(use)

    async def knowledge(self, bank_id: str, source_id: str) -> Knowledge:
        """What the source's visible version says; see `Store`.

        Raises:
            InputError: An id cannot be written as UTF-8.
            DatabaseError: The database cannot be read.
        """
        key = key_of(bank_id, source_id)
        return await self._database.read(lambda db: self._knowledge.of_source(db, key))

    async def facts(self, bank_id: str, source_id: str | None = None) -> Sequence[tuple[str, Fact]]:
        """The facts of a bank, or of one source, each with its source's id, in their order.

        Raises:
            InputError: An id cannot be written as UTF-8.
            DatabaseError: The database cannot be read.
        """
        key_of(bank_id, source_id or "")
        return await self._database.read(lambda db: self._knowledge.facts(db, bank_id, source_id))

    async def names(self, bank_id: str) -> Sequence[NameCount]:
        """Every way in which the bank's sources write a name.

        Raises:
            InputError: The id cannot be written as UTF-8.
            DatabaseError: The database cannot be read.
        """
        key_of(bank_id)
        return await self._database.read(lambda db: self._knowledge.names(db, bank_id))

    async def corrections(self, bank_id: str) -> Corrections:
        """What users decided of the bank's names.

        Raises:
            InputError: The id cannot be written as UTF-8.
            DatabaseError: The database cannot be read.
        """
        key_of(bank_id)
        return await self._database.read(lambda db: self._knowledge.corrections(db, bank_id))

    async def correct(self, bank_id: str, kind: CorrectionKind, name: str, other: str) -> None:
        """Keep what a user decides of two names; see `Store`.

        Raises:
            InputError: An id or a name cannot be written as UTF-8.
            DatabaseBusyError: Another process holds the database for too long.
            DatabaseError: The database cannot be written.
        """
        for text in (bank_id, name, other):
            key_of(text)
        await self._database.write(
            lambda db: self._knowledge.correct(db, bank_id, kind, name, other)
        )

    async def counts(self, bank_id: str) -> Counts:
        """How much the bank holds.

        Raises:
            InputError: The id cannot be written as UTF-8.
            DatabaseError: The database cannot be read.
        """
        key = key_of(bank_id)
        row = await self._database.read(lambda db: db.execute(self._sql["counts"], key).fetchone())
        return Counts(sources=row[0], sections=row[1])

    async def banks(self) -> Sequence[str]:
        """The ids of the banks that hold anything, sorted.

        Raises:
            DatabaseError: The database cannot be read.
        """
        return await self._database.read(
            lambda db: [row[0] for row in db.execute(self._sql["banks"])]
        )

    @cached_property
    def _matrices(self) -> Matrices:
        """Made on first use: numpy takes longer to load than most commands run."""
        from retain.stores.vectors import Matrices

        return Matrices()

    def _matrix(self, db: sqlite3.Connection, key: Row, model: str) -> Matrix | None:
        """The bank's vectors, if it has any and they are of `model`."""
        bank = db.execute(self._sql["bank"], key).fetchone()
        if bank is None or bank[0] != model:
            return None
        given = {**key, "model": model}
        matrix = self._matrices.get(
            key["bank_id"], bank[1], model, lambda: db.execute(self._sql["vectors"], given)
        )
        return matrix if len(matrix.ids) else None

    def _section(self, db: sqlite3.Connection, key: Row, id_: int) -> SectionRow | None:
        found = db.execute(self._sql["section"], {**key, "id": id_}).fetchone()
        return None if found is None else section_of(found)

    def _id(self, db: sqlite3.Connection, key: Row, row: SectionRow) -> int | None:
        given = {**key, "source_id": row.source_id, "section_id": row.section.section_id}
        found = db.execute(self._sql["section_row"], given).fetchone()
        return None if found is None else found[0]

    def _replace(self, db: sqlite3.Connection, change: Change) -> tuple[int, bool]:
        """The version that is visible afterwards, and whether it is another than before."""
        found = db.execute(self._sql["source"], change.source).fetchone()
        visible = None if found is None else source_of(found)
        if visible is not None and visible.content_hash == change.source["content_hash"]:
            return visible.version, False
        bank_id = change.source["bank_id"]
        self._check_model(db, bank_id, change.model)
        version = 1 if visible is None else visible.version + 1
        db.execute(self._sql["put_source"], {**change.source, "version": version})
        ids = self._put_sections(db, change, None if visible is None else visible.title)
        held = {ids[name]: vector for name, vector in change.vectors.items()}
        self._put_vectors(db, bank_id, change.model, held)
        self._touch(db, bank_id, change.model)
        return version, True

    def _put_sections(
        self, db: sqlite3.Connection, change: Change, old_title: str | None
    ) -> dict[str, int]:
        """Bring sections and index from one version to the next; the sections' rows by their ids.

        Only what differs is written: a changed turn also changes what the index holds of its
        neighbours.
        """
        rows = self._stored(db, change.source)
        old_words = dict(zip((r["id"] for r in rows), index_words(rows, old_title), strict=True))
        stored = {row["section_id"]: row for row in rows}
        free = db.execute(self._sql["last_section"]).fetchone()[0] + 1
        added: list[Row] = []
        changed: list[Row] = []
        stale: list[Row] = []
        new_words: dict[int, dict[str, str]] = {}
        ids: dict[str, int] = {}
        for row, words in zip(change.sections, change.words, strict=True):
            old = stored.pop(row["section_id"], None)
            row["id"] = ids[row["section_id"]] = free + len(added) if old is None else old["id"]
            new_words[row["id"]] = words
            if old is None:
                added.append(row)
            elif _differs(old, row, _COLUMNS):
                changed.append(row)
                stale += [row] if _differs(old, row, _EMBEDDED) else []
        gone = list(stored.values())
        self._unindex(db, {i: w for i, w in old_words.items() if new_words.get(i) != w})
        db.executemany(self._sql["delete_vectors"], [*gone, *stale])
        db.executemany(self._sql["delete_section"], gone)
        db.executemany(self._sql["update_section"], changed)
        db.executemany(self._sql["insert_section"], added)
        fresh = ({**w, "id": i} for i, w in new_words.items() if old_words.get(i) != w)
        db.executemany(self._sql["index_section"], fresh)
        return ids

    def _delete(self, db: sqlite3.Connection, key: Row) -> bool:
        found = db.execute(self._sql["source"], key).fetchone()
        if found is None:
            return False
        self._knowledge.clear(db, key)
        rows = self._stored(db, key)
        words = index_words(rows, source_of(found).title)
        self._unindex(db, dict(zip((row["id"] for row in rows), words, strict=True)))
        db.executemany(self._sql["delete_vectors"], rows)
        db.executemany(self._sql["delete_section"], rows)
        db.execute(self._sql["delete_source"], key)
        self._touch(db, key["bank_id"], None)
        db.execute(self._sql["drop_bank"], key)
        db.execute(self._sql["purge_index"])
        return True

    def _stored(self, db: sqlite3.Connection, key: Row) -> list[Row]:
        """The rows of a source's sections as they stand."""
        cursor = db.execute(self._sql["sections"], key)
        names = [column[0] for column in cursor.description]
        bank_id = key["bank_id"]
        return [{"bank_id": bank_id, **dict(zip(names, row, strict=True))} for row in cursor]

    def _unindex(self, db: sqlite3.Connection, words: dict[int, dict[str, str]]) -> None:
        db.executemany(self._sql["unindex_section"], ({**w, "id": i} for i, w in words.items()))

    def _check_model(self, db: sqlite3.Connection, bank_id: str, model: str | None) -> None:
        bank = db.execute(self._sql["bank"], key_of(bank_id)).fetchone()
        if model is not None and bank is not None and bank[0] not in (None, model):
            raise InputError(
                f"bank {bank_id!r} has vectors of {bank[0]}, these are of {model}: "
                "embed them with the bank's model"
            )

    def _put_vectors(
        self, db: sqlite3.Connection, bank_id: str, model: str | None, vectors: dict[int, bytes]
    ) -> None:
        rows = ({"id": id_, "vector": vector} for id_, vector in vectors.items())
        of = {"bank_id": bank_id, "model": model}
        db.executemany(self._sql["put_vector"], ({**of, **row} for row in rows))

    def _touch(self, db: sqlite3.Connection, bank_id: str, model: str | None) -> None:
        """Note that the bank has changed; the first model given to a bank becomes its own."""
        db.execute(self._sql["tick"])
        db.execute(self._sql["touch_bank"], {"bank_id": bank_id, "model": model})


def _differs(old: Row, new: Row, columns: Iterable[str]) -> bool:
    return any(old[column] != new[column] for column in columns)


def _best_first(found: tuple[SectionRow, float]) -> tuple[float, str, int, str]:
    row, score = found
    return -score, row.source_id, row.section.ordinal, row.section.section_id
