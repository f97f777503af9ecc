"""The page of a person, place, organisation or thing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from retain.memory.model import EntityKind, FactType, Page, Topic
from retain.wiki import dates
from retain.wiki.cast import Cast, Subject, latest, topic_page
from retain.wiki.choosing import chosen
from retain.wiki.escaping import escape
from retain.wiki.leads import paragraph
from retain.wiki.links import citations, title, to_page
from retain.wiki.lists import Write, changed, listed, many, section, sources, times
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
_SAYS_NOTHING_MORE = frozenset(
    [
        "a",
        "an",
        "the",
        "is",
        "are",
        "was",
        "were",
        "am",
        "be",
        "been",
        "has",
        "have",
        "had",
        "of",
        "to",
        "in",
        "at",
        "on",
        "for",
        "and",
        "as",
        "by",
        "from",
        "with",
        "now",
        "currently",
        "still",
        "just",
        "recently",
        "s",
        "lives",
        "live",
        "living",
        "moved",
        "move",
        "relocated",
        "works",
        "work",
        "working",
        "job",
        "joined",
        "started",
        "based",
        "new",
    ]
)


def entity_page(subject: Subject, cast: Cast) -> Page:
    """All that a bank knows of one of its subjects."""
    name = subject.entity.name
    changes, holding = split(subject.facts, cast.newer)
    now, told = _now(subject, [*holding, *(one.newer for one in changes if one.newer)])
    own = [one for one in holding if one not in told and _is_of(one, subject, cast)]
    others = [one for one in holding if one not in told and not _is_of(one, subject, cast)]

    def write(text: str) -> str:
        return cast.linker.statement(text, subject.page_id)

    lines = [f"# {title(name)}", "", *paragraph(subject, cast, write), _about(subject, cast), ""]
    lines += section("Now", now)
    lines += section("What changed", changed(changes, write))
    for kind, heading in _GROUPS:
        of_kind = [one for one in own if one.kind == kind]
        lines += _group(heading, of_kind, subject, write)
    lines += _group("Named elsewhere", others, subject, write)
    lines += section("See also", _see_also(subject, cast))
    lines += section("Sources", sources(subject.facts))
    aliases = tuple(sorted(set(subject.entity.aliases) - {name}))
    text = "\n".join(lines).rstrip("\n") + "\n"
    return Page(subject.page_id, "entity", name, aliases, len(subject.facts), text)


def _group(heading: str, found: Sequence[Statement], subject: Subject, write: Write) -> list[str]:
    """A section of statements; of very many, those that are about the subject itself first."""
    aliases = subject.aliases

    def fit(one: Statement) -> float:
        fact = one.cited[0].fact
        return ((fact.subject or "").casefold() in aliases) + fact.confidence

    shown, left_out = chosen(found, _MOST_STATED, fit)
    by_time = bool(found) and found[0].kind in _TOLD_BY_TIME
    lines = section(heading, listed(shown, write, dated_first=by_time))
    return [*lines, left_out, ""] if left_out else lines


def _about(subject: Subject, cast: Cast) -> str:
    aliases = sorted(set(subject.entity.aliases) - {subject.entity.name})
    also = f", also: {', '.join(map(title, aliases))}" if aliases else ""
    replaced = sum(one.fact.fact_id in cast.newer for one in subject.facts)
    counts = [many(len(subject.facts), "fact")]
    counts += [f"{replaced:,} replaced"] if replaced else []
    counts += [f"named {times(subject.times)}"] if subject.times else []
    return f"{_KINDS[subject.entity.kind]}{also}. {', '.join(counts)}."


def _now(subject: Subject, holding: Iterable[Statement]) -> tuple[list[str], list[Statement]]:
    """What the slots of one value hold, and the statements that say nothing beyond that."""
    aliases = subject.aliases
    slots: dict[str, dict[str, list[Statement]]] = {}
    for one in holding:
        fact = one.cited[0].fact
        value = fact.value or ""
        about = (fact.subject or "").casefold() in aliases
        single = fact.slot is not None and fact.slot not in _MANY_VALUES
        if fact.slot and single and about and value and not value.startswith("not "):
            slots.setdefault(fact.slot, {}).setdefault(same(value), []).append(one)
    lines: list[str] = []
    told: list[Statement] = []
    for slot in sorted(slots):
        values = [_value(those) for those in slots[slot].values()]
        values.sort(key=lambda item: item[0])
        shown = [text for _, text in values[:_MOST_VALUES]]
        lines.append(f"- {escape(slot)}: {'; '.join(shown)}")
        known = _SAYS_NOTHING_MORE | _words(slot, *aliases)
        told += [
            one
            for those in list(slots[slot].values())
            for one in those
            if _words(one.text) <= known | _words(one.cited[0].fact.value or "")
        ]
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


def _is_of(one: Statement, subject: Subject, cast: Cast) -> bool:
    """Whether the statement is about the subject, and not about somebody it is named with.

    What persons do somewhere, or with something, is about that place or thing too.
    """
    about = one.cited[0].fact.subject
    meant = cast.meant(about) if about and subject.entity.kind == "person" else ()
    return not meant or any(other.page_id == subject.page_id for other in meant)


def _see_also(subject: Subject, cast: Cast) -> list[str]:
    together: Counter[str] = Counter()
    by_id: dict[str, Subject] = {}
    topics: Counter[str] = Counter()
    topic_of: dict[str, Topic] = {}
    for one in subject.facts:
        for other in cast.of(one.fact):
            together[other.page_id] += 1
            by_id[other.page_id] = other
        for topic in cast.topics.get((one.source_id, one.fact.section_id), ()):
            topics[topic.topic_id] += 1
            topic_of[topic.topic_id] = topic
    del together[subject.page_id]
    linked = [
        f"{to_page(by_id[page_id].entity.name, page_id)} ({count:,})"
        for page_id, count in _most(together)
    ]
    themes = [
        f"{to_page(topic_of[topic_id].title, topic_page(topic_of[topic_id]))} ({count:,})"
        for topic_id, count in _most(topics)
    ]
    lines = [f"- Named with: {', '.join(linked)}"] if linked else []
    return [*lines, f"- Topics: {', '.join(themes)}"] if themes else lines


def _most(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_MOST_LINKED]
