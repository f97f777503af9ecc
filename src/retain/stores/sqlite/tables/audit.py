"""What the tables of a bank hold and should not, or should hold and do not."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from retain.db import queries
from retain.memory.model import Flaw


class Audit:
    """Looks through a bank, on a connection that the store has opened a transaction on."""

    def __init__(self) -> None:
        self._sql = queries.load("wiki")

    def flaws(self, db: sqlite3.Connection, bank_id: str) -> Iterator[Flaw]:
        """Everything that is wrong, by kind."""
        key = {"bank_id": bank_id}
        for source, fact, text in db.execute(self._sql["lost_facts"], key):
            yield Flaw("fact without section", text, source, fact)
        for source, fact, text, line in db.execute(self._sql["misquoted_facts"], key):
            yield Flaw("fact without quote", text, source, fact, line)
        for source, fact, text in db.execute(self._sql["unexplained_facts"], key):
            yield Flaw("fact without outcome", text, source, fact)
        for newer, _, reason in db.execute(self._sql["lost_edges"], key):
            yield Flaw("edge without fact", reason, fact_id=newer)
        for source, name in db.execute(self._sql["lost_names"], key):
            yield Flaw("name without section", name, source)
        for kind, name, other in db.execute(self._sql["idle_corrections"], key):
            yield Flaw("correction without names", f"{kind} {name} and {other}")
        for source, number in db.execute(self._sql["unindexed_sections"], key):
            yield Flaw("sections not indexed", str(number), source)
        if db.execute(self._sql["unfolded"]).fetchone() is not None:
            yield Flaw("deleted bytes", "what was deleted may stand in unused bytes of the file")

    def mend(self, db: sqlite3.Connection, bank_id: str) -> None:
        """Remove what only points to what is gone: names, and what was decided of such names."""
        key = {"bank_id": bank_id}
        db.execute(self._sql["drop_lost_names"], key)
        idle = list(db.execute(self._sql["idle_corrections"], key))
        rows = ({**key, "name": name, "other": other} for _, name, other in idle)
        db.executemany(self._sql["drop_correction"], rows)
