"""The context of a retain run: one source on its way into memory."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from retain.engine.context import RunContext
from retain.kinds import Task
from retain.memory.model import (
    Entity,
    Fact,
    Judgement,
    Mention,
    MergedFact,
    ModelChoice,
    Outcome,
    Provenance,
    Section,
    Tail,
    Vectors,
)
from retain.memory.redaction import Redaction


def _renamed(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of version 1 by their names in version 2."""
    return {{"graves": "redactions"}.get(name, name): value for name, value in fields.items()}


@dataclass
class RetainContext(RunContext):
    """One source on its way into memory. Each field has one state that writes it.

    Args:
        bank_id: Whose memory it goes into.
        source_id: Its name there.
        md_text: The source text; INIT reads it from `origin` where it is empty. Where a run adds to
            a source, APPEND sets it to the end of the source with what is added.
        reference_date: When the text was written, for what it says of time.
        came_in: When the call that gave the text began, by the clock of the database. What has no
            date is of then, so texts of one call, which run in any order, are of one time.
        origin: The path of the file that it comes from.
        task: What the run is for: to take the source into memory, to add to it, or to take it or a
            fact of it out of memory.
        model: The model that it is made with; None: rules.
        stated: Whether `md_text` is one statement that a user made: it is a fact whether rules
            understand it or not, and no model is asked about it.
        added: The text to add to the source.
        provenance: How `md_text` came about, set with it.
        passed_over: What of the source is in no section, a number for each reason, set with
            `sections`.
        tail: Where `md_text` begins in the source, if it is not the whole, set by APPEND.
        fact_id: The fact to forget.
        redactions: What is kept of the fact's words.
        document_id: Names this version of the source, set by STORE.
        given_hash: Names the content as it was given, set by INIT or APPEND.
        content_hash: Names the content without what of it is forgotten, set with `given_hash`.
        decoded: What people read of `md_text`, where that writes it otherwise, such as JSON; set
            with `sections`, whose spans count it.
        title: Set by READ.
        meta: The front matter, set by READ.
        sections: Set by READ or APPEND.
        vectors: Those of sections that the bank has none of, set by EMBED.
        extractor: What `drafts` depend on beside the sections, set by EXTRACT_FACTS.
        drafts: Every statement, repeated ones too, set by EXTRACT_FACTS.
        outcomes: How every section ended, set by EXTRACT_FACTS.
        lost_before: How many sections the source to add to has that could not be extracted.
        facts: Set by DEDUPE_FACTS; the names in them, by LINK.
        merged: The statements that repeat a fact, set by DEDUPE_FACTS.
        mentions: Set by EXTRACT_ENTITIES; the names that only facts have, by LINK.
        judgements: What a model decided of names in the source, set by NORMALIZE_ENTITIES.
        directory: Entities with their aliases, set by NORMALIZE_ENTITIES and LINK likewise.
        entities: Their canonical names, set with `directory`.
        supersedes_edges: ``(newer, older)`` fact ids, set by BUILD_SUPERSEDES_GRAPH.
    """

    schema_version: ClassVar[int] = 2
    schema_upgrades: ClassVar[dict[int, Callable[[dict[str, Any]], dict[str, Any]]]] = {1: _renamed}
    # Runs of earlier releases hold these: which pages a run wrote is the render run's.
    renamed: ClassVar[dict[str, str | None]] = {
        "wikis_changed": None,
        "wikis_created": None,
        "wikis_leading": None,
        "wikis_new": None,
        "wikis_updated": None,
    }
    # The bank holds the text of a completed run and what it found; its model and how its sections
    # ended are the run's own.
    working_fields: ClassVar[frozenset[str]] = frozenset(
        {
            "md_text", "decoded", "added", "tail", "fact_id", "redactions", "title", "meta",
            "sections", "vectors", "extractor", "drafts", "facts", "merged", "mentions",
            "judgements", "directory", "entities", "supersedes_edges",
        }
    )  # fmt: skip

    # What tells an earlier run of a source from its others; no words of the source are in these.
    history_fields: ClassVar[frozenset[str]] = frozenset(
        {"reference_date", "origin", "task", "model", "given_hash"}
    )

    md_text: str
    reference_date: datetime | None = None
    came_in: datetime | None = field(default=None, kw_only=True)
    origin: str | None = None
    task: Task = Task.RETAIN
    model: ModelChoice | None = field(default=None, kw_only=True)
    stated: bool = field(default=False, kw_only=True)
    added: str = field(default="", kw_only=True)
    provenance: Provenance = field(default_factory=Provenance, kw_only=True)
    passed_over: dict[str, int] = field(default_factory=dict[str, int], kw_only=True)
    tail: Tail | None = field(default=None, kw_only=True)
    fact_id: str | None = None
    redactions: list[Redaction] = field(default_factory=list[Redaction])
    document_id: str | None = None
    given_hash: str | None = None
    content_hash: str | None = None
    decoded: str = field(default="", kw_only=True)
    title: str | None = None
    meta: dict[str, Any] = field(default_factory=dict)
    sections: list[Section] = field(default_factory=list[Section])
    vectors: Vectors | None = None
    extractor: str = ""
    drafts: list[Fact] = field(default_factory=list[Fact])
    outcomes: list[Outcome] = field(default_factory=list[Outcome])
    lost_before: int = field(default=0, kw_only=True)
    facts: list[Fact] = field(default_factory=list[Fact])
    merged: list[MergedFact] = field(default_factory=list[MergedFact])
    mentions: list[Mention] = field(default_factory=list[Mention])
    judgements: list[Judgement] = field(default_factory=list[Judgement])
    directory: list[Entity] = field(default_factory=list[Entity])
    entities: list[str] = field(default_factory=list[str])
    supersedes_edges: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    @property
    def text(self) -> str:
        """What the spans of the sections, facts and names of the run count."""
        return self.decoded or self.md_text

    @property
    def new_sections(self) -> list[Section]:
        """The sections to process: in an append only the new ones, otherwise all."""
        return self.sections[0 if self.tail is None else self.tail.known :]


def joined(text: str, added: str) -> str:
    """A text with another one behind it, on a line of its own."""
    return f"{text}{added}" if not text or text.endswith("\n") else f"{text}\n{added}"


def content_hash(
    text: str, reference_date: datetime | None, provenance: Provenance | None = None
) -> str:
    """Name what is retained: the text, and what was said of it as it was given.

    Args:
        text: The text.
        reference_date: The date that its words for time refer to.
        provenance: Its author and its properties.
    """
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass"))
    digest.update(b"\0" + (reference_date.isoformat() if reference_date else "").encode())
    if provenance is not None and (provenance.author or provenance.meta):
        given = [provenance.author, sorted(provenance.meta.items())]
        digest.update(b"\0" + json.dumps(given).encode())
    return digest.hexdigest()
