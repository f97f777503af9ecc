"""The page of a person, place, organisation or thing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from retain.english.wordlists import word_set
from retain.memory.model import EntityKind, EntityNote, FactType, Page
from retain.memory.naming import topic_page_id
from retain.memory.ports import PageReads
from retain.wiki import dates
from retain.wiki.choosing import chosen
from retain.wiki.escaping import escape
from retain.wiki.leads import paragraph
from retain.wiki.links import Linker, citations, most_linked, title
from retain.wiki.lists import Write, changed, listed, many, section, sources, times
from retain.wiki.pagefacts import MOST_READ, PageFacts, gathered, latest
from retain.wiki.statements import Statement, same, split

_KINDS: dict[EntityKind, str] = {
    "person": "Person",
    "place": "Place",
    "organisation": "Organisation",
    "thing": "Thing",
    "unknown": "Name",
}
_GROUPS: tuple[tuple[FactType, str], ...] = (
    ("experience", "Experiences"),
    ("plan", "Plans"),
    ("preference", "Preferences"),
    ("opinion", "Opinions"),
    ("world", "About"),
    ("assistant_statement", "What the assistant said"),
)
_TOLD_BY_TIME = frozenset[FactType](["experience", "plan"])
_MANY_VALUES = frozenset(
    ["likes", "dislikes", "owns", "visited", "speaks", "allergic to", "prefers", "studies"]
)
"""Slots that hold several values at once, so that none of them is what holds now."""

_MOST_STATED = 100
"""No section of a page has more statements."""

_MOST_VALUES = 3
_MOST_LINKED = 10
_WORD = re.compile(r"\w+")
_SAYS_NOTHING_MORE = word_set("""
    a an the is are was were am be been has have had of to in at on for and as by from with now
    currently still just recently s lives live living moved move relocated works work working job
    joined started based new
    """)


def entity_page(entity_id: str, reads: PageReads) -> Page | None:
    """All that a bank knows of an entity; None where it knows too little of it.

    Args:
        entity_id: Who or what it is.
        reads: The bank.
    """
    subject = reads.entity(entity_id)
    if subject is None or subject.page_id is None:
        return None
    page_id, name, aliases = subject.page_id, subject.entity.name, subject.aliases
    found = gathered(reads.facts_naming(aliases, MOST_READ), reads)
    changes, holding = split(found.facts, found.newer)
    now, told = _now(aliases, [*holding, *(one.newer for one in changes if one.newer)])
    own: list[Statement] = []
    others: list[Statement] = []
    for one in holding:
        if one.text not in told:
            (own if _is_of(one, subject, found.linker) else others).append(one)

    def write(one: Statement) -> str:
        return found.linker.statement(one.text, one.names, page_id)

    lead = paragraph(subject, found, reads.lead(page_id))
    lines = [f"# {title(name)}", "", *lead, _about(subject, found), ""]
    lines += section("Now", now)
    lines += section("What changed", changed(changes, write))
    for kind, heading in _GROUPS:
        of_kind = [one for one in own if one.kind == kind]
        lines += _group(heading, of_kind, aliases, write)
    lines += _group("Named elsewhere", others, aliases, write)
    lines += section("See also", _see_also((page_id, name), found, reads))
    lines += section("Sources", sources(found.facts))
    text = "\n".join(lines).rstrip("\n") + "\n"
    also = tuple(sorted(set(subject.entity.aliases) - {name}))
    return Page(page_id, "entity", name, also, subject.facts, text)


def _group(
    heading: str, found: Sequence[Statement], aliases: Collection[str], write: Write
) -> list[str]:
    """A section of statements; of very many, those that are about the subject itself first."""

    def fit(one: Statement) -> float:
        fact = one.cited[0].fact
        return ((fact.subject or "").casefold() in aliases) + fact.confidence

    shown, left_out = chosen(found, _MOST_STATED, fit)
    by_time = bool(found) and found[0].kind in _TOLD_BY_TIME
    lines = section(heading, listed(shown, write, dated_first=by_time))
    return [*lines, left_out, ""] if left_out else lines


def _about(subject: EntityNote, found: PageFacts) -> str:
    aliases = sorted(set(subject.entity.aliases) - {subject.entity.name})
    also = f", also: {', '.join(map(title, aliases))}" if aliases else ""
    counts = [many(subject.facts, "fact")]
    counts += [f"{len(found.newer):,} replaced"] if found.newer else []
    counts += [f"named {times(subject.times)}"] if subject.times else []
    read = len(found.facts)
    newest = f" This page tells the newest {read:,}." if read < subject.facts else ""
    return f"{_KINDS[subject.entity.kind]}{also}. {', '.join(counts)}.{newest}"


def _now(aliases: Collection[str], holding: Iterable[Statement]) -> tuple[list[str], set[str]]:
    """What the slots of one value hold, and the texts that say nothing beyond that."""
    slots: dict[str, dict[str, list[Statement]]] = {}
    for one in holding:
        fact = one.cited[0].fact
        value = fact.value or ""
        about = (fact.subject or "").casefold() in aliases
        single = fact.slot is not None and fact.slot not in _MANY_VALUES
        if fact.slot and single and about and value and not value.startswith("not "):
            slots.setdefault(fact.slot, {}).setdefault(same(value), []).append(one)
    lines: list[str] = []
    told: set[str] = set()
    for slot in sorted(slots):
        values = [_value(those) for those in slots[slot].values()]
        values.sort(key=lambda item: item[0])
        shown = [text for _, text in values[:_MOST_VALUES]]
        lines.append(f"- {escape(slot)}: {'; '.join(shown)}")
        known = _SAYS_NOTHING_MORE | _words(slot, *aliases)
        told |= {
            one.text
            for those in slots[slot].values()
            for one in those
            if _words(one.text) <= known | _words(one.cited[0].fact.value or "")
        }
    return lines, told


def _value(those: Sequence[Statement]) -> tuple[tuple[object, ...], str]:
    """A value with since when and who says it, and what sorts the newest first."""
    cited = [one for statement in those for one in statement.cited]
    newest = latest(cited)[0].fact
    first = min(cited, key=lambda one: dates.order(one.fact)).fact
    since = ""
    if first.occurred_start is not None:
        since = f", since {dates.label(first).removeprefix('since ')}"
    elif first.mentioned_at is not None:
        since = f", said {dates.day(first.mentioned_at)}"
    when = dates.moment(newest)
    rank = (when is None, -when.timestamp() if when else 0.0, same(newest.value or ""))
    return rank, f"{escape(newest.value or '')}{since} ({citations(cited)})"


def _words(*texts: str) -> set[str]:
    return {word for text in texts for word in _WORD.findall(text.casefold())}


def _is_of(one: Statement, subject: EntityNote, linker: Linker) -> bool:
    """Whether the statement is about the subject, and not about somebody it is named with.

    What persons do somewhere, or with something, is about that place or thing too.
    """
    about = one.cited[0].fact.subject
    if not about or subject.entity.kind != "person":
        return True
    meant = linker.meant([about.casefold()])
    return not meant or subject.page_id in meant


def _see_also(own: tuple[str, str], found: PageFacts, reads: PageReads) -> list[str]:
    named = found.named()
    del named[own]
    sections = Counter((one.source_id, one.fact.section_id) for one in found.facts)
    topics = Counter[tuple[str, str]]()
    for key, those in reads.topics_of(sections.keys()).items():
        for topic in those:
            topics[topic_page_id(topic.topic_id), topic.title] += sections[key]
    lines = [f"- Named with: {most_linked(named, _MOST_LINKED)}"] if named else []
    return [*lines, f"- Topics: {most_linked(topics, _MOST_LINKED)}"] if topics else lines
