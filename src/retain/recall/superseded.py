"""What other facts have replaced, as far as a moment goes back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from retain.dates.queries import was_by
from retain.memory.model import FactRow, Replaced, SectionRow
from retain.recall.cues import Query
from retain.recall.facts import Match
from retain.recall.query import stems


@dataclass(frozen=True, slots=True)
class Superseded:
    """The facts that are replaced.

    Args:
        newer: The fact that replaces each, by their ids.
        of_section: The replaced facts of each section, by source and section id.
    """

    newer: Mapping[str, str] = field(default_factory=dict[str, str])
    of_section: Mapping[tuple[str, str], Sequence[Replaced]] = field(
        default_factory=dict[tuple[str, str], Sequence[Replaced]]
    )

    def in_force(self, found: Iterable[tuple[FactRow, float]]) -> list[tuple[FactRow, float]]:
        """The facts that no other replaces."""
        return [(one, score) for one, score in found if one.fact.fact_id not in self.newer]

    def successor(self, query: Query, row: SectionRow, facts: Iterable[Match]) -> str | None:
        """The fact that replaces what a section answers to a query; None if its answer holds.

        A section answers with what is replaced where the rest of it has fewer words of the query.

        Args:
            query: What is asked.
            row: The section.
            facts: Those of its facts that fit the query.
        """
        replaced = self.of_section.get((row.source_id, row.section.section_id), ())
        if not replaced:
            return None
        rest, cut = row.text, list[str]()
        for one in replaced:
            start, end = max(one.start, 0), min(one.end, len(rest))
            cut.append(row.text[start:end])
            rest = rest[:start] + " " * (end - start) + rest[max(start, end) :]
        lost = query.stems & stems("\n".join(cut))
        if self._holds(lost, rest, facts) and _says_more(row, rest):
            return None
        return self.newer[replaced[-1].fact_id]

    def _holds(self, words: frozenset[str], rest: str, facts: Iterable[Match]) -> bool:
        """Whether the rest of a section, or a fact of it that is in force, has all these words."""
        if not words:
            return True
        holds = [match.fact.text for match in facts if match.fact.fact_id not in self.newer]
        return words <= stems(rest).union(*map(stems, holds))


def _says_more(row: SectionRow, rest: str) -> bool:
    """Whether anything but headings and the speaker's name is left of a section."""
    told = "\n".join([*row.section.path, row.section.speaker or ""])
    return not stems(rest) <= stems(told)


def superseded(replaced: Iterable[Replaced], as_of: datetime | None) -> Superseded:
    """What is replaced, or was by `as_of`.

    Args:
        replaced: Every fact of a bank that another replaces.
        as_of: Facts that were said later replace nothing yet.
    """
    newer: dict[str, str] = {}
    of_section: dict[tuple[str, str], list[Replaced]] = {}
    for one in replaced:
        if as_of is None or one.since is None or was_by(one.since, as_of):
            newer[one.fact_id] = one.newer
            of_section.setdefault((one.source_id, one.section_id), []).append(one)
    return Superseded(newer, of_section)
