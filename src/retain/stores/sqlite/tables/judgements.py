"""The tables of what a model decided of names, and of what replaced what."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import asdict

from retain.db import queries
from retain.memory.model import Judgement, Verdict


class JudgementTables:
    """Judgements and verdicts, on a connection that the store has opened a transaction on."""

    def __init__(self) -> None:
        self._sql = queries.load("knowledge")

    def of_names(self, db: sqlite3.Connection, bank_id: str) -> list[Judgement]:
        """What a model decided of the bank's names, by name."""
        found = db.execute(self._sql["judgements"], {"bank_id": bank_id})
        return [Judgement(*row) for row in found]

    def of_facts(self, db: sqlite3.Connection, bank_id: str) -> list[Verdict]:
        """What a model sees of what replaced what, by the ids of the facts."""
        found = db.execute(self._sql["verdicts"], {"bank_id": bank_id})
        return [Verdict(*row) for row in found]

    def put(
        self, db: sqlite3.Connection, bank_id: str, decided: Iterable[Judgement | Verdict]
    ) -> None:
        """Keep decisions; the first of a pair stays."""
        for one in decided:
            name = "put_judgement" if isinstance(one, Judgement) else "put_verdict"
            db.execute(self._sql[name], {"bank_id": bank_id, **asdict(one)})

    def drop_lost(self, db: sqlite3.Connection, bank_id: str) -> None:
        """Remove what was decided of names and facts that are gone."""
        for name in ("drop_lost_judgements", "drop_lost_verdicts"):
            db.execute(self._sql[name], {"bank_id": bank_id})

    def drop_of(self, db: sqlite3.Connection, bank_id: str, fact_ids: Iterable[str]) -> None:
        """Remove what was decided of facts."""
        rows = [{"bank_id": bank_id, "fact_id": fact_id} for fact_id in fact_ids]
        db.executemany(self._sql["drop_verdicts_of"], rows)
