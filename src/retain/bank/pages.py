"""The pages of a bank and its index, as they were rendered last."""

from __future__ import annotations

import json
from collections.abc import Sequence

from retain.bank import facts, history, judgements, leads
from retain.bank.rows import section_of
from retain.memory.model import Freshness, Page, Snapshot, SourceNote, Wiki
from retain.memory.ports.store import Tx


def freshness(tx: Tx) -> Freshness | None:
    """How far behind the bank its pages are; None where there is no such bank."""
    rows = tx.rows("generations")
    if not rows:
        return None
    generation, rendered, rendered_facts, facts = rows[0]
    return Freshness(generation, rendered, facts, rendered_facts or 0)


def wiki(tx: Tx) -> Wiki:
    """The pages and the index as they stand."""
    rows = tx.rows("view")
    return Wiki(tuple(pages(tx)), rows[0][0] if rows else "")


def pages(tx: Tx) -> list[Page]:
    """The pages as they stand, by id."""
    return [
        Page(id_, kind, title, _names(aka), n, text)
        for id_, kind, title, aka, n, text in tx.rows("pages")
    ]


def put(tx: Tx, pages: Sequence[Page], gone: Sequence[str] = ()) -> None:
    """Keep pages, and remove those whose ids are in `gone`."""
    tx.run_many(
        "put_page",
        (
            {
                "page_id": page.page_id,
                "kind": page.kind,
                "title": page.title,
                "aliases": json.dumps(page.aliases, ensure_ascii=False),
                "facts": page.facts,
                "text": page.text,
            }
            for page in pages
        ),
    )
    tx.run_many("drop_page", ({"page_id": one} for one in gone))


def put_wiki(tx: Tx, wiki: Wiki, was: Freshness) -> None:
    """Make `wiki` the bank's pages and index; only what differs is written."""
    held = {page.page_id: page for page in pages(tx)}
    new = [page for page in wiki.pages if held.pop(page.page_id, None) != page]
    put(tx, new, list(held))
    tx.run(
        "put_view",
        {"generation": was.generation, "facts": was.facts, "contents": wiki.contents},
    )


def clear(tx: Tx) -> None:
    """Remove every page and the index."""
    put(tx, [], [page.page_id for page in pages(tx)])
    tx.run("drop_view")


def _names(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


def snapshot(tx: Tx) -> Snapshot | None:
    """All that the bank's pages are made from; None where there is no such bank."""
    now = freshness(tx)
    if now is None:
        return None
    rows = tx.rows("bank_sections")
    vectors = dict(tx.rows("bank_vectors"))
    return Snapshot(
        tx.bank_id,
        now.generation,
        tuple(facts.cited(tx)),
        tuple(history.edges(tx)),
        tuple(facts.names(tx)),
        judgements.corrections(tx),
        tuple(judgements.of_facts(tx)),
        tuple(SourceNote(*row) for row in tx.rows("notes")),
        tuple(section_of(row) for row in rows),
        tuple((row[0], row[1], row[2]) for row in tx.rows("named")),
        tuple(vectors.get(row[0], b"") for row in rows),
        tuple(leads.every(tx)),
    )
