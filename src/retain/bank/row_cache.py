"""The sections and facts that searches brought last, kept in memory between searches."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping

from retain.bank.rows import FACT_BITS
from retain.memory.model import FactRow, Replaced, SectionRow
from retain.memory.ports.store import Changed

MAX_BANKS = 4
"""How many banks have anything kept."""

MAX_CHARACTERS = 4_000_000
"""How much text is kept of a bank, about, in characters; with more, keeping begins anew."""


class RowCache:
    """Sections and facts of a bank at one version. Safe to use from several threads.

    Args:
        version: The bank's.

    Attributes:
        speakers: Who says anything in it, once that is read.
    """

    def __init__(self, version: int) -> None:
        self.version = version
        self.speakers: tuple[str, ...] | None = None
        self._sections: dict[int, SectionRow] = {}
        self._ids: dict[tuple[str, str], int] = {}
        self._facts: dict[int, FactRow] = {}
        self._replaced: dict[int, tuple[Replaced, ...]] = {}
        self._characters = 0
        self._lock = threading.Lock()

    def sections(self, ids: Iterable[int]) -> dict[int, SectionRow]:
        """Those of the sections of the rows `ids` that are kept, by their rows."""
        kept = self._sections
        return {id_: row for id_ in ids if (row := kept.get(id_)) is not None}

    def facts(self, ids: Iterable[int]) -> dict[int, FactRow]:
        """Those of the facts of the index's rows `ids` that are kept, by their rows."""
        kept = self._facts
        return {id_: row for id_ in ids if (row := kept.get(id_)) is not None}

    def replaced(self, ids: Iterable[int]) -> dict[int, tuple[Replaced, ...]]:
        """The superseded facts of those of the sections of which they are kept, by their rows."""
        kept = self._replaced
        return {id_: those for id_ in ids if (those := kept.get(id_)) is not None}

    def id_of(self, row: SectionRow) -> int | None:
        """The row of a section, if it is kept."""
        return self._ids.get((row.source_id, row.section.section_id))

    def keep_sections(self, rows: Mapping[int, SectionRow]) -> None:
        """Keep sections by their rows."""
        with self._lock:
            self._make_room(sum(len(row.text) for row in rows.values()))
            for id_, row in rows.items():
                self._sections[id_] = row
                self._ids[row.source_id, row.section.section_id] = id_

    def keep_facts(self, rows: Mapping[int, FactRow]) -> None:
        """Keep facts by their rows in the index."""
        with self._lock:
            self._make_room(sum(len(row.fact.text) + len(row.fact.quote) for row in rows.values()))
            self._facts.update(rows)

    def keep_replaced(self, rows: Mapping[int, tuple[Replaced, ...]]) -> None:
        """Keep the superseded facts of sections by their rows."""
        with self._lock:
            self._replaced.update(rows)

    def without(self, version: int, changed: Collection[int]) -> RowCache:
        """The same at a later version: what is kept of sections that have changed since is left."""
        later = RowCache(version)
        with self._lock:
            later._sections = dict(self._sections)
            later._ids = dict(self._ids)
            later._facts = dict(self._facts)
            later._replaced = dict(self._replaced)
            later._characters = self._characters
        for id_ in changed:
            if (row := later._sections.pop(id_, None)) is not None:
                later._ids.pop((row.source_id, row.section.section_id), None)
            later._replaced.pop(id_, None)
        gone = frozenset(changed)
        for id_ in [one for one in later._facts if one >> FACT_BITS in gone]:
            del later._facts[id_]
        return later

    def _make_room(self, characters: int) -> None:
        self._characters += characters
        if self._characters > MAX_CHARACTERS:
            self._sections, self._ids, self._facts, self._replaced = {}, {}, {}, {}
            self._characters = characters


class RowCaches:
    """What is kept of the banks that were searched last. Safe to use from several threads."""

    def __init__(self) -> None:
        self._held: OrderedDict[str, RowCache] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, bank_id: str, version: int, changed: Changed) -> RowCache:
        """What is kept of a bank at a version.

        Args:
            bank_id: The bank.
            version: Its version. Whoever reads an earlier one than is kept has nothing kept.
            changed: Tells what is not as it was at the version that is kept.
        """
        with self._lock:
            held = self._held.get(bank_id)
        if held is None or held.version != version:
            rows = changed(held.version) if held is not None and held.version < version else None
            new = RowCache(version) if held is None or rows is None else held.without(version, rows)
            if held is not None and held.version > version:
                return new
            held = new
        with self._lock:
            self._held[bank_id] = held
            self._held.move_to_end(bank_id)
            while len(self._held) > MAX_BANKS:
                self._held.popitem(last=False)
        return held
