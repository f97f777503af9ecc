"""The first paragraphs of pages, as a model wrote them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from retain.memory.model import Lead, LeadSentence
from retain.memory.ports.store import Tx

_ENCODER = msgspec.json.Encoder(order="deterministic")
_SENTENCES = msgspec.json.Decoder(tuple[LeadSentence, ...])


def every(tx: Tx) -> list[Lead]:
    """The leads of a bank, by page."""
    made_from: dict[str, list[str]] = {}
    for page_id, fact_id in tx.rows("lead_facts"):
        made_from.setdefault(page_id, []).append(fact_id)
    return [
        Lead(
            page_id, title, digest, tuple(made_from.get(page_id, ())), _SENTENCES.decode(sentences)
        )
        for page_id, title, digest, sentences in tx.rows("leads")
    ]


def put(tx: Tx, leads: Sequence[Lead]) -> None:
    """Keep leads, each in the place of its page's last."""
    _drop(tx, (lead.page_id for lead in leads))
    for lead in leads:
        key = {"page_id": lead.page_id}
        sentences = _ENCODER.encode(lead.sentences).decode()
        tx.run(
            "put_lead", {**key, "title": lead.title, "digest": lead.digest, "sentences": sentences}
        )
        tx.run_many("put_lead_fact", ({**key, "fact_id": fact_id} for fact_id in lead.made_from))


def lead_of(tx: Tx, page_id: str) -> Lead | None:
    """The lead that was written last for a page."""
    rows = tx.rows("lead", {"page_id": page_id})
    if not rows:
        return None
    title, digest, body = rows[0]
    made_from = tuple(row[0] for row in tx.rows("lead_facts_of", {"page_id": page_id}))
    return Lead(page_id, title, digest, made_from, _SENTENCES.decode(body))


def drop_of_facts(tx: Tx, fact_ids: Iterable[str]) -> None:
    """Remove the leads that are made from facts that are gone."""
    for fact_id in fact_ids:
        _drop(tx, [row[0] for row in tx.rows("leads_of_fact", {"fact_id": fact_id})])


def drop_titled(tx: Tx, titles: Iterable[str]) -> None:
    """Remove the leads of pages whose title no source writes any more."""
    for title in titles:
        _drop(tx, [row[0] for row in tx.rows("leads_titled", {"title": title})])


def drop_unfounded(tx: Tx, leads: Iterable[Lead]) -> None:
    """Remove those of the leads that are made from what the bank does not hold any more."""
    for lead in leads:
        facts = tx.rows("stored_facts", {"ids": lead.made_from})
        if len(facts) < len(lead.made_from) or not tx.rows("writers_of", {"name": lead.title}):
            _drop(tx, [lead.page_id])


def _drop(tx: Tx, page_ids: Iterable[str]) -> None:
    rows = [{"page_id": page_id} for page_id in page_ids]
    tx.run_many("drop_lead", rows)
    tx.run_many("drop_lead_facts", rows)
