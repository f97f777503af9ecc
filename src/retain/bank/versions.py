"""The versions of a bank's sources: what brings a new one, and what removes a source."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from retain.bank import (
    changes,
    derived,
    facts,
    history,
    judgements,
    leads,
    names,
    sections,
    sources,
    topics,
    totals,
)
from retain.bank.derived import BankRules, Derived, SourceChange
from retain.bank.indexing import section_words
from retain.bank.names import Mentions
from retain.bank.rows import Row, by_id, prepare
from retain.bank.sections import NewSections
from retain.errors import InputError
from retain.memory.model import (
    BankChanges,
    CitedFact,
    Document,
    Knowledge,
    Section,
    Tail,
    Vectors,
    Version,
)
from retain.memory.ports.store import Tx
from retain.memory.redaction import Redaction


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A new version of a source, checked and ready to be written.

    Args:
        source: The source's row.
        text: Its text.
        sections: What becomes of its sections.
        parsed: Its sections as they were read.
        knowledge: What they say.
        tail: Where its text begins in the source, if it adds to the visible version.
        came_in: When it came in, UTC; None: when it is written.
    """

    source: Row
    text: str
    sections: NewSections
    parsed: Sequence[Section]
    knowledge: Knowledge
    tail: Tail | None = None
    came_in: datetime | None = None

    def arriving(self, at: datetime) -> NewSections:
        """The sections as of one moment: those that were said at no known time came in then."""
        for row in self.sections.rows:
            row["came_in"] = at.isoformat() if row["said_at"] is None else None
        return self.sections


def prepared(
    source_id: str,
    content_hash: str,
    text: str,
    document: Document,
    vectors: Vectors | None,
    knowledge: Knowledge,
    tail: Tail | None = None,
    reference_date: datetime | None = None,
    came_in: datetime | None = None,
) -> NewVersion:
    """Make a document ready to be written.

    Raises:
        InputError: Something in it cannot be kept.
    """
    source, rows = prepare(source_id, content_hash, text, document)
    source["facts"] = len(knowledge.facts)
    source["reference_date"] = None if reference_date is None else reference_date.isoformat()
    vectors_by_section = {} if vectors is None else by_id(vectors)
    if not vectors_by_section.keys() <= {row["section_id"] for row in rows}:
        raise InputError(f"{source_id!r}: a vector is of no section")
    model = None if vectors is None else vectors.model
    new = NewSections(rows, section_words(rows, document.title), vectors_by_section, model)
    if tail is not None:
        for row in rows:
            row["ordinal"] += tail.sections
            for name in ("char_start", "char_end"):
                row[name] += tail.characters
            for name in ("line_start", "line_end"):
                row[name] += tail.lines
        source["characters"] += tail.characters
    return NewVersion(source, text, new, document.sections, knowledge, tail, came_in)


def replace(tx: Tx, new: NewVersion, rules: BankRules) -> int:
    """Make a version the visible one; the number of the version that is visible afterwards."""
    source_id: str = new.source["source_id"]
    visible = sources.find(tx, source_id)
    same = visible is not None and visible.content_hash == new.source["content_hash"]
    if visible is not None and same and not facts.fills(tx, source_id, new.knowledge):
        return visible.version
    sections.check_model(tx, new.sections.model)
    number = 1 if visible is None else visible.version + 1
    before = _facts(tx, source_id) if visible is not None else {}
    fewer = names.of_source(tx, source_id) if visible is not None else Mentions()
    indexed = facts.indexed_words(tx, source_id) if visible is not None else {}
    at = new.came_in or tx.now()
    sources.put(tx, {**new.source, "retained_at": at.isoformat()}, number)
    sources.put_text(tx, source_id, new.text)
    more_sections = len(new.parsed) - (visible.sections if visible else 0)
    totals.add(tx, {"sources": int(visible is None), "sections": more_sections})
    touched = sections.replace(
        tx, source_id, new.arriving(at), None if visible is None else visible.title
    )
    lost_topics = topics.drop_sections(tx, touched.gone.values())
    topics.count_changes(tx, len(touched.gone) + len(touched.new))
    facts.put(tx, source_id, new.knowledge, new.parsed)
    rows = facts.reindex(tx, indexed, facts.indexed_words(tx, source_id))
    after = _facts(tx, source_id)
    version = Version(source_id, number, at, len(new.parsed))
    stated_otherwise = history.follow(tx, version, before, after)
    history.forget_redacted_past(tx, source_id)
    judgements.drop_of(tx, stated_otherwise)
    leads.drop_of_facts(tx, stated_otherwise)
    change = SourceChange(before, after, fewer, names.of_source(tx, source_id))
    made = derived.follow(tx, rules, change, new.knowledge.judgements, topics=lost_topics)
    rows.update(touched.rows)
    for one in (*change.new, *change.moved):
        rows.add(touched.ids[one.fact.section_id])
    changes.note(tx, rows, made.changed_edges, model=new.sections.model)
    return number


def append(tx: Tx, new: NewVersion, rules: BankRules) -> int:
    """Add to the visible version; the number of the version that is visible afterwards.

    Nothing is read of the sections that the source has, but for the last ones.

    Raises:
        InputError: The source is not what was to be added to.
    """
    source_id: str = new.source["source_id"]
    visible = sources.find(tx, source_id)
    if visible is not None and visible.content_hash == new.source["content_hash"]:
        return visible.version
    tail = new.tail
    if visible is None or tail is None or visible.content_hash != tail.content_hash:
        raise InputError(f"{source_id!r} has changed since something was added to it: add it again")
    sections.check_model(tx, new.sections.model)
    number = visible.version + 1
    parsed, knowledge = new.parsed, new.knowledge
    count, stated = visible.sections + len(parsed), visible.facts + len(knowledge.facts)
    at = new.came_in or tx.now()
    source = {**new.source, "sections": count, "facts": stated, "retained_at": at.isoformat()}
    sources.put(tx, source, number)
    sources.add_text(tx, source_id, new.text[visible.characters - tail.characters :])
    totals.add(tx, {"sections": len(parsed)})
    ids = sections.add(tx, source_id, new.arriving(at), visible.title)
    topics.count_changes(tx, len(parsed))
    facts.add(tx, source_id, knowledge, parsed)
    after = facts.cited_by_id(tx, [fact.fact_id for fact in knowledge.facts])
    history.follow(tx, Version(source_id, number, at, count), {}, after)
    change = SourceChange({}, after, Mentions(), names.counted(knowledge.mentions))
    made = derived.follow(tx, rules, change, knowledge.judgements)
    changes.note(tx, ids.values(), made.changed_edges, model=new.sections.model)
    return number


def remove(tx: Tx, source_id: str, rules: BankRules) -> Derived | None:
    """Remove every trace of the source; what that changed, or None if there was no source."""
    found = sources.find(tx, source_id)
    if found is None:
        return None
    before, fewer = _facts(tx, source_id), names.of_source(tx, source_id)
    facts.reindex(tx, facts.indexed_words(tx, source_id), {})
    facts.clear(tx, source_id)
    history.forget(tx, source_id)
    gone = sections.remove(tx, source_id, found.title)
    lost_topics = topics.drop_sections(tx, gone.values())
    topics.drop_untold(tx, lost_topics)
    topics.count_changes(tx, len(gone))
    totals.add(tx, {"sources": -1, "sections": -found.sections})
    judgements.drop_of(tx, before)
    leads.drop_of_facts(tx, before)
    change = SourceChange(before, {}, fewer, Mentions())
    changed = derived.follow(tx, rules, change, topics=lost_topics, forgets=True)
    changes.note(tx, gone.values(), changed.changed_edges)
    sources.remove(tx, source_id)
    return changed


def remove_facts(tx: Tx, source_id: str, fact_ids: Collection[str], rules: BankRules) -> Derived:
    """Remove facts from a source that is to come in again without them; what that changed."""
    before = _facts(tx, source_id)
    after = {key: one for key, one in before.items() if key not in fact_ids}
    tx.run_many("drop_statements", ({"source_id": source_id, "fact_id": one} for one in fact_ids))
    return derived.follow(tx, rules, SourceChange(before, after))


def redact(
    tx: Tx, source_id: str, fact_id: str, redactions: Iterable[Redaction], rules: BankRules
) -> None:
    """Forget what is kept of a fact beside its source, which comes in again without it."""
    tx.run("mark_for_vacuum")
    history.redact(tx, source_id, redactions)
    judgements.drop_of(tx, [fact_id])
    leads.drop_of_facts(tx, [fact_id])
    history.forget_redacted_past(tx, source_id)
    derived.mark(tx, rules, BankChanges(list(facts.cited_by_id(tx, [fact_id]).values())))


def _facts(tx: Tx, source_id: str) -> dict[str, CitedFact]:
    return {one.fact.fact_id: one for one in facts.cited(tx, source_id)}
