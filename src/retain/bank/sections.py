"""The sections of a bank's sources, with their vectors and their words in the index."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from retain.bank import changes, sources, word_index
from retain.bank.indexing import NEIGHBOURS, section_words
from retain.bank.rows import Row, section_of
from retain.errors import InputError
from retain.memory.model import SectionRow
from retain.memory.ports.store import Tx

_PLACED = ("ordinal", "kind", "level", "char_start", "char_end", "line_start", "line_end")
_EMBEDDED = ("path", "speaker", "text")
_COLUMNS = (*_PLACED, *_EMBEDDED, "said_at", "steps")


@dataclass(frozen=True, slots=True)
class NewSections:
    """The sections of a source's new version, ready to be written.

    Args:
        rows: Their rows, without ids.
        words: What the index keeps of each of them.
        vectors: Vectors by section id: that of the whole section, then those of its passages.
        model: What made the vectors.
    """

    rows: Sequence[Row]
    words: Sequence[Mapping[str, str]]
    vectors: Mapping[str, Sequence[bytes]]
    model: str | None


def of_source(tx: Tx, source_id: str, last: int | None = None) -> list[SectionRow]:
    """The sections of a source in order, or the `last` ones."""
    if last is None:
        return [section_of(row) for row in tx.rows("sections", {"source_id": source_id})]
    rows = tx.rows("last_sections", {"source_id": source_id, "number": last})
    return [section_of(row) for row in reversed(rows)]


def ids(tx: Tx, source_id: str, among: Collection[str]) -> dict[str, int]:
    """Those of some ids that sections of a source have, with their rows."""
    return dict(tx.rows("section_ids", {"source_id": source_id, "ids": sorted(among)}))


@dataclass(frozen=True, slots=True)
class Replaced:
    """What a new version made of a source's sections.

    Args:
        ids: The ids of their rows, by section id.
        rows: The ids of the rows that are not as they were, or are gone, or whose vectors are new.
        new: The section ids that were not there before.
        gone: The rows of the sections that are not there any more, by section id.
    """

    ids: Mapping[str, int]
    rows: Collection[int]
    new: Sequence[str]
    gone: Mapping[str, int]


def replace(tx: Tx, source_id: str, new: NewSections, old_title: str | None) -> Replaced:
    """Bring sections, index and vectors to the next version.

    Only what differs is written: a changed turn also changes what the index holds of its
    neighbours.

    Raises:
        InputError: The vectors are of another length than the bank's of that model.
    """
    stored_rows = tx.dicts("sections", {"source_id": source_id})
    old_words = _words(stored_rows, old_title)
    stored = {row["section_id"]: row for row in stored_rows}
    added: list[Row] = []
    changed: list[Row] = []
    stale: list[Row] = []
    for row in new.rows:
        old = stored.pop(row["section_id"], None)
        if old is None:
            added.append(row)
        else:
            row["id"] = old["id"]
            if _differs(old, row, _COLUMNS):
                changed.append(row)
                stale += [row] if _differs(old, row, _EMBEDDED) else []
    _insert(tx, added)
    ids: dict[str, int] = {row["section_id"]: row["id"] for row in new.rows}
    new_words = {row["id"]: words for row, words in zip(new.rows, new.words, strict=True)}
    gone = list(stored.values())
    tx.run_many("delete_vectors", [*gone, *stale])
    tx.run_many("delete_section", gone)
    tx.run_many("update_section", changed)
    word_index.SECTIONS.change(tx, old_words, new_words)
    vectors = {ids[name]: vector for name, vector in new.vectors.items()}
    put_vectors(tx, new.model, vectors)
    return Replaced(
        ids,
        vectors.keys() | {row["id"] for row in (*gone, *changed, *added)},
        [row["section_id"] for row in added],
        {row["section_id"]: row["id"] for row in gone},
    )


def add(tx: Tx, source_id: str, new: NewSections, title: str | None) -> dict[str, int]:
    """Add sections behind those of a source; their rows, by their ids.

    What the index holds of the last ones before them changes too: a turn is found by the words of
    its neighbours.

    Raises:
        InputError: The vectors are of another length than the bank's of that model.
    """
    found = tx.dicts("last_sections", {"source_id": source_id, "number": 2 * NEIGHBOURS})
    before = found[::-1]
    _insert(tx, new.rows)
    old, now = _words(before, title), _words([*before, *new.rows], title)
    for row in before[:-NEIGHBOURS]:  # they are neighbours alone
        del old[row["id"]], now[row["id"]]
    word_index.SECTIONS.change(tx, old, now)
    by_id: dict[str, int] = {row["section_id"]: row["id"] for row in new.rows}
    put_vectors(tx, new.model, {by_id[name]: vector for name, vector in new.vectors.items()})
    return by_id


def remove(tx: Tx, source_id: str, title: str | None) -> dict[str, int]:
    """Remove the sections of a source with their words and vectors; their rows, by their ids."""
    rows = tx.dicts("sections", {"source_id": source_id})
    word_index.SECTIONS.change(tx, _words(rows, title), {})
    tx.run_many("delete_vectors", rows)
    tx.run_many("delete_section", rows)
    return {row["section_id"]: row["id"] for row in rows}


def index(tx: Tx, source_id: str) -> None:
    """Index the words of a source of which the index holds none."""
    source = sources.find(tx, source_id)
    rows = tx.dicts("sections", {"source_id": source_id})
    word_index.SECTIONS.change(tx, {}, _words(rows, source and source.title))


def put_vectors(tx: Tx, model: str | None, vectors: Mapping[int, Sequence[bytes]]) -> None:
    """Keep vectors by the ids of their sections' rows.

    Raises:
        InputError: They are of another length than the bank's of that model.
    """
    if not vectors:
        return
    stored = dimensions(tx, model)
    lengths = {len(vector) // 2 for of_section in vectors.values() for vector in of_section}
    if stored is not None and lengths - {stored}:
        raise InputError(
            f"{model} gives vectors of {max(lengths)} numbers, bank {tx.bank_id!r} has vectors of "
            f"{stored} by that name: another model is behind it, so embed with the bank's"
        )
    tx.run_many(
        "put_vector",
        (
            {"id": i, "model": model, "passages": len(of_section), "vector": b"".join(of_section)}
            for i, of_section in vectors.items()
        ),
    )


def dimensions(tx: Tx, model: str | None) -> int | None:
    """The length of the bank's vectors of a model; None if it has none."""
    rows = tx.rows("vector_bytes", {"model": model})
    return rows[0][0] // 2 if rows else None


def check_model(tx: Tx, model: str | None) -> None:
    """Refuse vectors of another model than the bank's.

    Raises:
        InputError: They are of another model.
    """
    current = vector_model(tx)
    if model is not None and current not in (None, model):
        raise InputError(
            f"bank {tx.bank_id!r} has vectors of {current}, these are of {model}: "
            "embed them with the bank's model"
        )


def vector_model(tx: Tx) -> str | None:
    """The model of the bank's vectors; None before the first."""
    rows = tx.rows("bank")
    return rows[0][0] if rows else None


def use_model(tx: Tx, model: str) -> int:
    """Make `model` the bank's, unless sections have no vector of it; how many have none."""
    given = {"model": model}
    missing = int(tx.rows("count_unembedded", given)[0][0])
    if not missing and tx.rows("bank"):
        tx.run("delete_others", given)
        tx.run("use_model", given)
        changes.note(tx, None)
    return missing


def _insert(tx: Tx, rows: Sequence[Row]) -> None:
    """Add sections, each of which gets the id of its row."""
    for row, found in zip(rows, tx.rows_each("insert_section", rows), strict=True):
        row["id"] = found[0][0]


def _words(rows: Sequence[Row], title: str | None) -> dict[int, dict[str, str]]:
    """What the index keeps of the sections of a source, by the ids of their rows."""
    return dict(zip((row["id"] for row in rows), section_words(rows, title), strict=True))


def _differs(old: Row, new: Row, columns: Iterable[str]) -> bool:
    return any(old[column] != new[column] for column in columns)
