"""What may be wrong: statements that contradict each other, rows without support, damage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two facts of which one at most is true, and nothing tells which.

    Args:
        one: The id of the first fact.
        other: The id of the other one.
        subject: Whom or what both tell of.
        reason: In what they differ, in a line: ``lives in: Lisbon or Porto``.
    """

    one: str
    other: str
    subject: str
    reason: str


@dataclass(frozen=True, slots=True)
class Check:
    """The result of checking one thing that a memory needs.

    Args:
        name: What was checked.
        ok: Whether it is all right.
        detail: What was found, and what to do where it is not all right.
    """

    name: str
    ok: bool
    detail: str


FlawKind = Literal[
    "fact without section",
    "fact without quote",
    "fact without outcome",
    "edge without fact",
    "name without section",
    "correction without names",
    "sections not indexed",
    "deleted bytes",
]


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something that a store holds and should not, or should hold and does not.

    Args:
        kind: What is wrong.
        what: Of what: a statement, a name, a number of sections.
        source_id: The source that it is of.
        fact_id: The fact that it is.
        line: The line of the source that it stands on, from 1.
    """

    kind: FlawKind
    what: str
    source_id: str | None = None
    fact_id: str | None = None
    line: int | None = None
