"""Statements as Markdown lists: by time where they are dated, by source where they are not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from retain.memory.model import CitedFact
from retain.wiki import dates
from retain.wiki.links import citations, to_source
from retain.wiki.statements import Change, Statement

Write = Callable[[str], str]
"""Escapes a statement's text and links the names in it."""

_FLAT = 6
"""A list of no more than this is not grouped."""


def section(heading: str, lines: Sequence[str]) -> list[str]:
    """A heading and what stands below it; nothing where nothing does."""
    return [f"## {heading}", "", *lines, ""] if lines else []


def listed(found: Sequence[Statement], write: Write, *, dated_first: bool = False) -> list[str]:
    """The statements as a list.

    Args:
        found: By time and place.
        write: Writes a statement's text.
        dated_first: Whether the date stands before what happened.
    """
    groups = _grouped(found)
    if len(found) <= _FLAT or len(groups) == len(found):
        return [_line(one, write, dated_first=dated_first) for one in found]
    lines: list[str] = []
    for heading, members in groups:
        if len(members) == 1:
            lines.append(_line(members[0], write, dated_first=True))
            continue
        lines.append(f"- {heading}")
        lines += [f"  - {write(one.text)} ({citations(one.cited)})" for one in members]
    return lines


def changed(changes: Iterable[Change], write: Write) -> list[str]:
    """What was replaced, struck out, with what replaced it and when."""
    lines: list[str] = []
    for change in changes:
        struck = [f"~~{write(one.text)}~~ ({citations(one.cited)})" for one in change.older]
        if change.newer is None:
            lines.append(f"- {' -> '.join(struck)}")
            continue
        now = f"{write(change.newer.text)} ({citations(change.newer.cited)})"
        date = change.newer.date
        lines.append("- " + " -> ".join([*struck, now]) + (f", {date}" if date else ""))
    return lines


def sources(facts: Iterable[CitedFact]) -> list[str]:
    """The sources of facts with how many each says, the most first."""
    counts: dict[str, int] = {}
    for one in facts:
        counts[one.source_id] = counts.get(one.source_id, 0) + 1
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [f"- {to_source(source_id)}: {many(count, 'fact')}" for source_id, count in ranked]


def many(count: int, noun: str, nouns: str | None = None) -> str:
    """A number with its noun: ``1 fact``, ``1,200 facts``."""
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}"


def times(count: int) -> str:
    """How often: ``once``, ``12 times``."""
    return "once" if count == 1 else f"{count:,} times"


def _line(one: Statement, write: Write, *, dated_first: bool) -> str:
    said, date = f"{write(one.text)} ({citations(one.cited)}", one.date
    if not date:
        return f"- {said})"
    return f"- **{date}** {said})" if dated_first else f"- {said}, {date})"


def _grouped(found: Sequence[Statement]) -> list[tuple[str, list[Statement]]]:
    """The statements by date, and the undated by their first source."""
    groups: dict[str, list[Statement]] = {}
    for one in found:
        first = one.cited[0]
        heading = f"**{one.date}**" if one.date else to_source(first.source_id)
        groups.setdefault(heading, []).append(one)
    dated = [item for item in groups.items() if item[1][0].date]
    undated = [item for item in groups.items() if not item[1][0].date]
    dated.sort(key=lambda item: dates.order(item[1][0].cited[0].fact))
    return dated + undated
