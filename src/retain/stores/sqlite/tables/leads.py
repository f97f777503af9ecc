"""The tables of the first paragraphs of pages."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

import msgspec

from retain.db import queries
from retain.memory.model import Lead, LeadSentence

_ENCODER = msgspec.json.Encoder(order="deterministic")
_SENTENCES = msgspec.json.Decoder(tuple[LeadSentence, ...])


class LeadTables:
    """Leads, on a connection that the store has opened a transaction on."""

    def __init__(self) -> None:
        self._sql = queries.load("wiki")

    def all(self, db: sqlite3.Connection, bank_id: str) -> list[Lead]:
        """The leads of a bank, by page."""
        key = {"bank_id": bank_id}
        made_from: dict[str, list[str]] = {}
        for page_id, fact_id in db.execute(self._sql["lead_facts"], key):
            made_from.setdefault(page_id, []).append(fact_id)
        return [
            Lead(
                page_id,
                title,
                digest,
                tuple(made_from.get(page_id, ())),
                _SENTENCES.decode(sentences),
            )
            for page_id, title, digest, sentences in db.execute(self._sql["leads"], key)
        ]

    def put(self, db: sqlite3.Connection, bank_id: str, leads: Sequence[Lead]) -> None:
        """Keep leads, each in the place of its page's last."""
        self._drop(db, bank_id, (lead.page_id for lead in leads))
        for lead in leads:
            key = {"bank_id": bank_id, "page_id": lead.page_id}
            sentences = _ENCODER.encode(lead.sentences).decode()
            given = {"title": lead.title, "digest": lead.digest, "sentences": sentences}
            db.execute(self._sql["put_lead"], {**key, **given})
            rows = ({**key, "fact_id": fact_id} for fact_id in lead.made_from)
            db.executemany(self._sql["put_lead_fact"], rows)

    def keep(self, db: sqlite3.Connection, bank_id: str, page_ids: Iterable[str]) -> None:
        """Remove the leads of all other pages."""
        kept = set(page_ids)
        held = [row[0] for row in db.execute(self._sql["leads"], {"bank_id": bank_id})]
        self._drop(db, bank_id, (page_id for page_id in held if page_id not in kept))

    def settle(self, db: sqlite3.Connection, bank_id: str) -> None:
        """Remove the leads that are made from what the bank does not hold any more."""
        found = db.execute(self._sql["unfounded_leads"], {"bank_id": bank_id}).fetchall()
        self._drop(db, bank_id, (page_id for (page_id,) in found))

    def _drop(self, db: sqlite3.Connection, bank_id: str, page_ids: Iterable[str]) -> None:
        rows = [{"bank_id": bank_id, "page_id": page_id} for page_id in page_ids]
        db.executemany(self._sql["drop_lead"], rows)
        db.executemany(self._sql["drop_lead_facts"], rows)
