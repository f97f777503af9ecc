"""Statements as Markdown lists: by time where they are dated, by source where they are not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from retain.memory.model import CitedFact
from retain.wiki import dates
from retain.wiki.links import citations, to_source
from retain.wiki.statements import Change, Statement

Write = Callable[[Statement], str]
"""Escapes a statement's text and links the names in it."""

_FLAT = 6
"""A list of no more than this is not grouped."""

_MOST = 100
"""No list of changes or of sources is longer."""

_MOST_OLDER = 20
"""No line shows more of what one statement replaced."""


def section(heading: str, lines: Sequence[str]) -> list[str]:
    """A heading and what stands below it; nothing where nothing does."""
    return [f"## {heading}", "", *lines, ""] if lines else []


def listed(found: Sequence[Statement], write: Write, *, dated_first: bool = False) -> list[str]:
    """The statements as a list.

    Args:
        found: By time and place.
        write: Writes a statement.
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
        lines += [f"  - {write(one)} ({citations(one.cited)})" for one in members]
    return lines


def changed(changes: Sequence[Change], write: Write) -> list[str]:
    """What was replaced, struck out, with what replaced it and when."""
    lines: list[str] = []
    for change in changes[-_MOST:]:
        steps = [
            f"~~{write(one)}~~ ({citations(one.cited)})" for one in change.older[-_MOST_OLDER:]
        ]
        if more := len(change.older) - len(steps):
            steps.insert(0, f"{more:,} earlier")
        date = ""
        if change.newer is not None:
            steps.append(f"{write(change.newer)} ({citations(change.newer.cited)})")
            date = change.newer.date
        lines.append(f"- {' -> '.join(steps)}{f', {date}' if date else ''}")
    more = len(changes) - len(lines)
    return [*lines, f"- and {many(more, 'earlier change')}"] if more else lines


def sources(facts: Iterable[CitedFact]) -> list[str]:
    """The sources of facts with how many each says, the most first."""
    counts = Counter(one.source_id for one in facts)
    return listed_sources(counts, lambda source_id: many(counts[source_id], "fact"))


def listed_sources(counts: Counter[str], tell: Callable[[str], str]) -> list[str]:
    """The sources by their counts, the most first.

    Args:
        counts: What they are ranked by.
        tell: What to say of one.
    """
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    lines = [f"- {to_source(source_id)}: {tell(source_id)}" for source_id, _ in ranked[:_MOST]]
    more = len(ranked) - len(lines)
    return [*lines, f"- and {many(more, 'more source')}"] if more else lines


def many(count: int, noun: str, nouns: str | None = None) -> str:
    """A number with its noun: ``1 fact``, ``1,200 facts``."""
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}"


def times(count: int) -> str:
    """How often: ``once``, ``12 times``."""
    return "once" if count == 1 else f"{count:,} times"


def _line(one: Statement, write: Write, *, dated_first: bool) -> str:
    said, date = f"{write(one)} ({citations(one.cited)}", one.date
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
