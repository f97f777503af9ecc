"""What models decide where rules leave it open."""

from __future__ import annotations

from dataclasses import dataclass, field

from retain.memory.model.knowledge import EntityKind, Fact
from retain.memory.model.pages import CitedFact


@dataclass(frozen=True, slots=True, order=True)
class NamePair:
    """Two names that may mean the same; the one that sorts first comes first.

    Args:
        name: The one.
        kind: What it seems to name.
        other: The other.
        other_kind: What that seems to name.
        sources: The ids of the sources that write them; none: the asking run's alone does.
    """

    name: str
    kind: EntityKind
    other: str
    other_kind: EntityKind
    sources: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class FactPair:
    """Two facts of which the later one may replace the other.

    Args:
        older: The fact that was said first.
        older_source: Its source's id.
        newer: The one that was said later.
        newer_source: Its source's id.
    """

    older: Fact
    older_source: str
    newer: Fact
    newer_source: str


@dataclass(frozen=True, slots=True)
class LeadRequest:
    """A page that wants a lead paragraph.

    Args:
        page_id: The page.
        title: Its title.
        digest: Names title and facts: a lead is of them as long as it has the same.
        facts: What the lead is made from, and nothing else is.
        sources: The ids of the sources whose words they and the title are.
    """

    page_id: str
    title: str
    digest: str
    facts: tuple[CitedFact, ...]
    sources: tuple[str, ...]
