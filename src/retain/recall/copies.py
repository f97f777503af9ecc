"""The same content in several sources, which is recalled once and cited at every place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from retain.memory.model import SectionRow
from retain.recall.fusion import Ranked

_Key = tuple[str, str | None, tuple[str, ...], str]


def without_copies(order: Iterable[Ranked]) -> list[Ranked]:
    """The sections, best first, each with the others that say the same in other sources.

    A copy has the same words below the same headings, and who speaks is the same. What two sources
    say at two known times is said twice, such as the same line in the notes of two days.
    """
    found: dict[_Key, list[list[Ranked]]] = {}
    groups: list[list[Ranked]] = []
    for one in order:
        alike = found.setdefault(_key(one.row), [])
        group = next((those for those in alike if _is_copy(one, those)), None)
        if group is None:
            groups.append([one])
            alike.append(groups[-1])
        else:
            group.append(one)
    return [replace(first, copies=tuple(others)) for first, *others in groups]


def _is_copy(one: Ranked, group: list[Ranked]) -> bool:
    times: set[datetime | None] = {other.row.section.said_at for other in [one, *group]}
    sources = {other.row.source_id for other in group}
    return len(times - {None}) < 2 and one.row.source_id not in sources


def _key(row: SectionRow) -> _Key:
    section = row.section
    return section.kind, section.speaker, section.path, " ".join(row.text.split())
