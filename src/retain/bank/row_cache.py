"""The sections and facts that searches brought last, kept in memory between searches."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping

from retain.memory.model import FactRow, SectionRow

MAX_BANKS = 4
"""How many banks have anything kept."""

MAX_CHARACTERS = 4_000_000
"""How much text is kept of a bank, about, in characters; with more, keeping begins anew."""


class RowCache:
    """Sections and facts of a bank at one generation. Safe to use from several threads.

    Args:
        generation: The bank's, which every change to it raises.

    Attributes:
        speakers: Who says anything in it, once that is read.
    """

    def __init__(self, generation: int) -> None:
        self.generation = generation
        self.speakers: tuple[str, ...] | None = None
        self._sections: dict[int, SectionRow] = {}
        self._ids: dict[tuple[str, str], int] = {}
        self._facts: dict[int, FactRow] = {}
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

    def _make_room(self, characters: int) -> None:
        self._characters += characters
        if self._characters > MAX_CHARACTERS:
            self._sections, self._ids, self._facts = {}, {}, {}
            self._characters = characters


class RowCaches:
    """What is kept of the banks that were searched last. Safe to use from several threads."""

    def __init__(self) -> None:
        self._held: OrderedDict[str, RowCache] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, bank_id: str, generation: int) -> RowCache:
        """What is kept of a bank at `generation`; nothing of it at another stays."""
        with self._lock:
            held = self._held.get(bank_id)
            if held is None or held.generation != generation:
                held = self._held[bank_id] = RowCache(generation)
            self._held.move_to_end(bank_id)
            while len(self._held) > MAX_BANKS:
                self._held.popitem(last=False)
            return held
