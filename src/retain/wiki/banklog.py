"""The log of a bank: what each run brought to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC

from retain.memory.model import LogEntry, LogFact, Page
from retain.wiki.escaping import escape, shortened
from retain.wiki.links import title, to_page, to_source
from retain.wiki.lists import many

_MOST_QUOTED = 10
_MOST_PAGES = 20
_LONGEST = 300


def log(entries: Sequence[LogEntry], pages: Sequence[Page]) -> str:
    """The bank's ``log.md``, the oldest entry first.

    Args:
        entries: What its runs brought.
        pages: The pages that there are, for links to them.
    """
    ranked = sorted(entries, key=lambda one: (one.at, one.source_id, one.version, repr(one)))
    return "\n".join(["# Log\n", *(log_entry(one, pages) for one in ranked)])


def log_entry(entry: LogEntry, pages: Sequence[Page]) -> str:
    """What one run brought, under a line that a program can read.

    That line follows the convention of wikis that are kept for language models:
    ``## [YYYY-MM-DD] ingest | SOURCE``.

    Args:
        entry: What the run brought.
        pages: The pages that there are, for links to them.
    """
    source = to_source(entry.source_id, "sources/")
    at = entry.at.astimezone(UTC) if entry.at.tzinfo else entry.at
    lines = [
        f"## [{at:%Y-%m-%d}] {entry.action} | {title(entry.source_id)}",
        "",
        f"- version {entry.version} of {source}, {many(entry.sections, 'section')}",
        *_quoted(entry.came, "came"),
        *_quoted(entry.went, "went"),
        *_superseded(entry),
        *_touched(entry, pages),
    ]
    return "\n".join(lines) + "\n"


def _quoted(facts: Sequence[LogFact], verb: str) -> list[str]:
    if not facts:
        return []
    texts = list(dict.fromkeys(map(_text, facts)))
    lines = [f"- {many(len(facts), 'fact')} {verb}"]
    lines += [f"  - {text}" for text in texts[:_MOST_QUOTED]]
    more = len(texts) - _MOST_QUOTED
    return [*lines, f"  - and {more:,} more"] if more > 0 else lines


def _superseded(entry: LogEntry) -> list[str]:
    pairs = dict.fromkeys((_text(older), _text(newer)) for newer, older in entry.superseded)
    if not pairs:
        return []
    lines = [f"- {many(len(entry.superseded), 'fact')} superseded"]
    lines += [f"  - ~~{older}~~ -> {newer}" for older, newer in pairs]
    return lines


def _touched(entry: LogEntry, pages: Sequence[Page]) -> list[str]:
    by_title = {page.title: page for page in sorted(pages, key=lambda one: one.page_id)[::-1]}
    names = sorted(set(entry.pages))
    if not names:
        return []
    links = [
        to_page(name, by_title[name].page_id, "pages/") if name in by_title else title(name)
        for name in names[:_MOST_PAGES]
    ]
    more = len(names) - _MOST_PAGES
    links += [f"and {more:,} more"] if more > 0 else []
    return [f"- {many(len(names), 'page')} touched: {', '.join(links)}"]


def _text(fact: LogFact) -> str:
    return escape(shortened(fact.text, _LONGEST)) or "(nothing)"
