"""The sections that searches brought last, kept in memory between searches."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping

from retain.memory.model import SectionRow

MAX_BANKS = 4
"""How many banks have sections kept."""

MAX_CHARACTERS = 4_000_000
"""How much text is kept of a bank, in characters; with more, keeping begins anew."""


class Held:
    """Sections of a bank at one generation. Safe to use from several threads.

    Args:
        generation: The bank's, which every change to it raises.
    """

    def __init__(self, generation: int) -> None:
        self.generation = generation
        self._rows: dict[int, SectionRow] = {}
        self._ids: dict[tuple[str, str], int] = {}
        self._characters = 0
        self._lock = threading.Lock()

    def at(self, ids: Iterable[int]) -> dict[int, SectionRow]:
        """Those of the sections of the rows `ids` that are kept, by their rows."""
        rows = self._rows
        return {id_: row for id_ in ids if (row := rows.get(id_)) is not None}

    def id_of(self, row: SectionRow) -> int | None:
        """The row of a section, if it is kept."""
        return self._ids.get((row.source_id, row.section.section_id))

    def keep(self, rows: Mapping[int, SectionRow]) -> None:
        """Keep sections by their rows."""
        with self._lock:
            if self._characters > MAX_CHARACTERS:
                self._rows, self._ids, self._characters = {}, {}, 0
            for id_, row in rows.items():
                self._rows[id_] = row
                self._ids[row.source_id, row.section.section_id] = id_
                self._characters += len(row.text)


class HeldSections:
    """What is kept of the banks that were searched last. Safe to use from several threads."""

    def __init__(self) -> None:
        self._held: OrderedDict[str, Held] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, bank_id: str, generation: int) -> Held:
        """What is kept of a bank at `generation`; nothing of it at another stays."""
        with self._lock:
            held = self._held.get(bank_id)
            if held is None or held.generation != generation:
                held = self._held[bank_id] = Held(generation)
            self._held.move_to_end(bank_id)
            while len(self._held) > MAX_BANKS:
                self._held.popitem(last=False)
            return held
