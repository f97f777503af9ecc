"""What people read of a bank: pages rendered from facts, topics, and what became of the bank."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from retain.memory.model.knowledge import Entity, Fact

PageKind = Literal["entity", "topic"]


@dataclass(frozen=True, slots=True)
class CitedFact:
    """A fact with the place that says it.

    Args:
        source_id: The source.
        fact: The fact; `superseded_by` is set where a later one replaces it.
        line: The line of the source that its quote begins on, from 1.
    """

    source_id: str
    fact: Fact
    line: int


@dataclass(frozen=True, slots=True)
class Edge:
    """One fact that replaces another.

    Args:
        newer: The id of the fact that holds from then on.
        older: The id of the fact that it replaces.
        reason: Why, in a line: ``lives in: Lisbon -> Porto``.
    """

    newer: str
    older: str
    reason: str


Replacement = Literal["replaces", "both hold", "unsure"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a fact replaces an older one, by their ids, as a model sees it.

    ``corrects`` is what a user says.
    """

    older: str
    newer: str
    verdict: Replacement | Literal["corrects"]


@dataclass(frozen=True, slots=True)
class Passage:
    """A section as topics are made of it.

    Args:
        source_id: Its source.
        section_id: Its id there.
        path: The headings above it, outermost first.
        text: What it says.
        entities: The canonical names of the entities that it names.
    """

    source_id: str
    section_id: str
    path: tuple[str, ...]
    text: str
    entities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Topic:
    """Sections that speak of the same.

    Args:
        topic_id: Made of telling terms when the topic is first found, and kept as long as topics
            that are found later have mostly the same sections.
        title: Its telling terms, for people to read.
        terms: The words that tell it from the other topics, the most telling first.
        sections: ``(source_id, section_id)`` of its sections, sorted.
    """

    topic_id: str
    title: str
    terms: tuple[str, ...]
    sections: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class LeadSentence:
    """A sentence, and the ids of the facts that it is made from, one at least."""

    text: str
    fact_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lead:
    """The first paragraph of a page, as a model wrote it.

    Args:
        page_id: The page.
        title: Its title.
        digest: Names title and facts: while the page's are the same, so is its first paragraph.
        made_from: The ids of the facts that the model was shown, cited or not, sorted: it goes
            with any of them.
        sentences: In order.
    """

    page_id: str
    title: str
    digest: str
    made_from: tuple[str, ...]
    sentences: tuple[LeadSentence, ...]


@dataclass(frozen=True, slots=True)
class SourceNote:
    """A source as the index tells of it."""

    source_id: str
    title: str | None
    sections: int
    facts: int


@dataclass(frozen=True, slots=True)
class BankView:
    """Everything that the pages of a bank are rendered from.

    Args:
        bank_id: Whose.
        entities: Every entity of the bank, by canonical name.
        times: How often the bank's sources name each entity, by canonical name.
        facts: Every fact, superseded ones too, by source and place.
        edges: What replaced what.
        topics: By id.
        sources: By id.
        leads: By page.
    """

    bank_id: str
    entities: tuple[Entity, ...] = ()
    times: tuple[tuple[str, int], ...] = ()
    facts: tuple[CitedFact, ...] = ()
    edges: tuple[Edge, ...] = ()
    topics: tuple[Topic, ...] = ()
    sources: tuple[SourceNote, ...] = ()
    leads: tuple[Lead, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a bank, as Markdown.

    Links in it are relative to the folder of an export: pages stand in ``pages/``, sources in
    ``sources/``, and the index and the log beside those folders.

    Args:
        page_id: Its file name without the ending; letters, digits and hyphens only.
        kind: Whether it tells of an entity or of a topic.
        title: The canonical name of the entity, or the topic's title.
        aliases: The other names of the entity.
        facts: How many facts it states, superseded ones included.
        text: The Markdown.
    """

    page_id: str
    kind: PageKind
    title: str
    aliases: tuple[str, ...]
    facts: int
    text: str


LogAction = Literal["ingest", "update"]


@dataclass(frozen=True, slots=True)
class LogFact:
    """A fact as a log entry quotes it."""

    source_id: str
    fact_id: str
    text: str


@dataclass(frozen=True, slots=True)
class LogEntry:
    """What one run brought to a bank.

    Args:
        at: When it was stored, UTC.
        action: ``ingest`` for a source's first version, ``update`` for a later one.
        source_id: The source.
        version: Its version.
        sections: How many sections it has.
        came: The facts that were not there before.
        went: The facts of the version before that are gone.
        superseded: ``(newer, older)``: what its facts replaced, or what replaced them.
        pages: The titles of the pages that this touched.
    """

    at: datetime
    action: LogAction
    source_id: str
    version: int
    sections: int
    came: tuple[LogFact, ...] = ()
    went: tuple[LogFact, ...] = ()
    superseded: tuple[tuple[LogFact, LogFact], ...] = ()
    pages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a source that a bank holds, or held.

    Args:
        source_id: The source.
        version: From 1.
        retained_at: When the call that brought it began, UTC.
        sections: How many sections it has.
    """

    source_id: str
    version: int
    retained_at: datetime
    sections: int


@dataclass(frozen=True, slots=True)
class FactLifetime:
    """A fact with the versions of its source that state it.

    Args:
        cited: The fact.
        since: The first version that states it.
        until: The first later version that does not; None while it is visible.
    """

    cited: CitedFact
    since: int
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Revision:
    """A page as it was once a version of a source had come in.

    Args:
        number: From 1.
        at: When that version came in, UTC.
        source_id: Its source.
        version: Its number.
        came: The statements about the page's entity that it brought.
        went: Those that it no longer made.
        text: The page then, as Markdown; empty where there was too little to tell.
    """

    number: int
    at: datetime
    source_id: str
    version: int
    came: tuple[str, ...]
    went: tuple[str, ...]
    text: str
