"""Turns of a conversation that go to a model together, by boundaries that their content decides.

A turn ends its group by its own words, whatever stands before it: one that is inserted changes its
own group only, as in content-defined chunking (https://pdos.csail.mit.edu/papers/lbfs:sosp01).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from retain.memory.hashing import sha256_of
from retain.memory.model import Section

MEAN = 14
"""How many turns a group has on average, where none is long."""

MAX_CHARACTERS = 8_000
"""The length of a group at most, if it has more than one turn."""


@dataclass(frozen=True, slots=True)
class Group:
    """Sections that are asked about in one request.

    Args:
        sections: In the order of the source; more than one are turns under the same headings.
        before: The turn that was said just before them, to understand them by.
    """

    sections: tuple[Section, ...]
    before: Section | None = None

    def halves(self) -> tuple[Group, Group]:
        """The first and the second half of a group of more than one turn."""
        at = len(self.sections) // 2
        one, other = self.sections[:at], self.sections[at:]
        return Group(one, self.before), Group(other, one[-1])


def grouped(text: str, sections: Collection[Section], among: Sequence[Section]) -> list[Group]:
    """Sections in groups.

    Args:
        text: The source's text.
        sections: Those to ask about.
        among: All sections of the source; these decide where groups end, whichever are asked about.
    """
    wanted = {section.section_id for section in sections}
    known = {section.section_id for section in among}
    found = [Group((section,)) for section in sections if section.section_id not in known]
    for run in _runs(text, among):
        asked: list[Section] = []
        before: Section | None = None
        for section, said_before in run:
            if section.section_id in wanted:
                before = before if asked else said_before
                asked.append(section)
            elif asked:
                found.append(Group(tuple(asked), before))
                asked = []
        if asked:
            found.append(Group(tuple(asked), before))
    return found


_Turn = tuple[Section, Section | None]


def _runs(text: str, among: Sequence[Section]) -> Iterator[list[_Turn]]:
    """The groups of all sections, each section with the turn before it."""
    run: list[_Turn] = []
    size, last, ended = 0, None, True
    for section in among:
        goes_on = last is not None and section.kind == "turn" and section.path == last.path
        length = section.end - section.start
        if run and (ended or not goes_on or size + length > MAX_CHARACTERS):
            yield run
            run, size = [], 0
        run.append((section, last if goes_on else None))
        size += length
        ended = section.kind != "turn" or _ends(text[section.start : section.end])
        last = section if section.kind == "turn" else None
    if run:
        yield run


def _ends(turn: str) -> bool:
    """Whether a turn is the last one of its group."""
    return int(sha256_of(turn)[:8], 16) % MEAN == 0
