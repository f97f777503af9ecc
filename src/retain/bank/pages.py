"""The pages of a bank as they were rendered last, and the marks of those to be rendered."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from retain.bank import changes
from retain.memory.model import DirtyPages, Page, PageKind
from retain.memory.ports.store import Tx

MarkKind = Literal["entity", "topic", "lead"]
PAGES: tuple[MarkKind, ...] = ("entity", "topic")

MOST_TOLD = 25
"""A page of more facts, or of a topic of more sections, is rendered only when somebody reads it.

To render a page costs about 0.1 ms of CPU a fact, and each new note about the page's subject makes
the page stale: rendered ahead, the pages of a few frequent names would cost each note more than all
other work. Rendered when they are read, they cost a reader some milliseconds."""


@dataclass(frozen=True, slots=True)
class PageMark:
    """A page that says something else by now.

    Args:
        kind: What it is of; ``lead`` where the page may want another lead.
        owner: The id of the entity or the topic that it is of.
        version: The bank's, when it was marked last: another mark is another version.
    """

    kind: MarkKind
    owner: str
    version: int


def mark(tx: Tx, dirty: DirtyPages, *, leads: bool = True) -> None:
    """Mark pages that say something else by now, and delete their text.

    What a source said may be quoted on the pages that are marked when it is forgotten.

    Args:
        tx: The transaction.
        dirty: The pages.
        leads: Whether they may want other leads, too.
    """
    version = changes.current(tx)
    owners = [("entity", one) for one in sorted(dirty.entities)]
    owners += [("topic", one) for one in sorted(dirty.topics)]
    rows = [{"kind": kind, "owner": owner, "version": version} for kind, owner in owners]
    tx.run_many("drop_page_of", rows)
    if leads:
        rows += [{**row, "kind": "lead"} for row in rows if row["kind"] == "entity"]
    tx.run_many("unmark_page_of", rows)
    tx.run_many("mark_page", rows)


def marked(tx: Tx, limit: int, kinds: Sequence[MarkKind] = PAGES) -> list[PageMark]:
    """The pages that are to be rendered, or the leads that may be wanted, `limit` at most.

    Pages of what the bank tells very much of are left to whoever reads them: one that each new
    document changes would be rendered again for each.
    """
    given = {"limit": limit, "kinds": kinds, "most": MOST_TOLD}
    return [PageMark(*row) for row in tx.rows("marked_pages", given)]


def mark_of(tx: Tx, kind: PageKind, owner: str) -> PageMark | None:
    """The mark of a page; None if it is as it was rendered last."""
    rows = tx.rows("mark_of_page", {"kind": kind, "owner": owner})
    return PageMark(kind, owner, rows[0][0]) if rows else None


def find(tx: Tx, kind: PageKind, owner: str) -> Page | None:
    """The page as it was rendered last."""
    rows = tx.rows("page_of", {"kind": kind, "owner": owner})
    return _page(*rows[0]) if rows else None


def keep(tx: Tx, rendered: Iterable[tuple[PageMark, Page | None]]) -> None:
    """Keep pages that were rendered; one that was marked again meanwhile is left out.

    Args:
        tx: The transaction.
        rendered: Each mark with what was rendered for it; None where nothing is left to tell.
    """
    for mark, page in rendered:
        key = {"kind": mark.kind, "owner": mark.owner}
        if tx.rows("unmark_page", {**key, "version": mark.version}) and page is not None:
            tx.run("put_page", {**key, **_row(page)})


def _page(
    page_id: str, kind: PageKind, title: str, aliases: str, facts: int, text: str | bytes
) -> Page:
    if isinstance(text, bytes):  # earlier releases kept it as it is
        text = zlib.decompress(text).decode()
    return Page(page_id, kind, title, tuple(json.loads(aliases)), facts, text)


def _row(page: Page) -> dict[str, object]:
    return {
        "page_id": page.page_id,
        "title": page.title,
        "aliases": json.dumps(page.aliases, ensure_ascii=False),
        "facts": page.facts,
        "text": zlib.compress(page.text.encode()),
    }
