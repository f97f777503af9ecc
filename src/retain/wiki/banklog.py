"""The log of a bank: what each run brought to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC

from retain.memory.model import LogEntry, LogFact
from retain.wiki.escaping import escape, shortened
from retain.wiki.links import title, to_page, to_source
from retain.wiki.lists import many

_MOST_QUOTED = 10
_MOST_PAGES = 20
_LONGEST = 300


def log(entries: Sequence[LogEntry], page_ids: Mapping[str, str]) -> str:
    """The bank's ``log.md``, the oldest entry first.

    Args:
        entries: What its runs brought.
        page_ids: The pages of entities by their titles, for links to them.
    """
    ranked = sorted(entries, key=lambda one: (one.at, one.source_id, one.version, repr(one)))
    return "\n".join(["# Log\n", *(log_entry(one, page_ids) for one in ranked)])


def log_entry(entry: LogEntry, page_ids: Mapping[str, str]) -> str:
    """What one run brought, under a line that a program can read.

    That line follows the convention of wikis that are kept for language models:
    ``## [YYYY-MM-DD] ingest | SOURCE``.

    Args:
        entry: What the run brought.
        page_ids: The pages of entities by their titles, for links to them.
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
        *_touched(entry, page_ids),
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


def _touched(entry: LogEntry, page_ids: Mapping[str, str]) -> list[str]:
    names = sorted(set(entry.pages))
    if not names:
        return []
    links = [
        to_page(name, page_ids[name], "pages/") if name in page_ids else title(name)
        for name in names[:_MOST_PAGES]
    ]
    more = len(names) - _MOST_PAGES
    links += [f"and {more:,} more"] if more > 0 else []
    return [f"- {many(len(names), 'page')} touched: {', '.join(links)}"]


def _text(fact: LogFact) -> str:
    return escape(shortened(fact.text, _LONGEST)) or "(nothing)"
