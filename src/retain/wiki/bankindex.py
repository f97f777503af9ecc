"""The index of a bank: who and what it knows, its topics and its sources."""

from __future__ import annotations

from retain.memory.model import BankTotals, EntityKind, EntityNote, SourceNote, TopicNote
from retain.memory.naming import topic_page_id
from retain.memory.ports import PageReads
from retain.wiki.links import title, to_page, to_source
from retain.wiki.lists import many, section, times

MOST = 100
"""No section of the index lists more; whoever wants all has commands that list them."""

_FOLDER = "pages/"
_HEADINGS: tuple[tuple[EntityKind, str], ...] = (
    ("person", "People"),
    ("place", "Places"),
    ("organisation", "Organisations"),
    ("thing", "Things"),
    ("unknown", "Other names"),
)
_MOST_ALIASES = 5


def index(reads: PageReads) -> str:
    """The bank's ``index.md``."""
    totals = reads.totals()
    lines = [f"# Index: {title(reads.bank_id)}", "", _counts(totals), ""]
    for kind, heading in _HEADINGS:
        lines += section(heading, _entities(kind, totals, reads))
    topics = [_topic(one) for one in reads.ranked_topics(MOST)]
    lines += section("Topics", [*topics, *_more(totals.topics - len(topics), "retain pages")])
    sources = [_source(one) for one in reads.ranked_sources(MOST)]
    lines += section("Sources", [*sources, *_more(totals.sources - len(sources), "retain runs")])
    return "\n".join(lines).rstrip("\n") + "\n"


def _counts(totals: BankTotals) -> str:
    replaced = f" ({totals.replaced:,} replaced)" if totals.replaced else ""
    pages = sum(totals.paged.values()) + totals.topics
    return (
        f"{many(totals.sources, 'source')}, {many(totals.facts, 'fact')}{replaced}, "
        f"{many(pages, 'page')}. What came and when: [log](log.md)."
    )


def _entities(kind: EntityKind, totals: BankTotals, reads: PageReads) -> list[str]:
    lines = [_entity(one) for one in reads.ranked_entities(kind, MOST)]
    lines += _more(totals.paged.get(kind, 0) - len(lines), "retain entities")
    if unpaged := totals.unpaged.get(kind, 0):
        lines.append(f"- {'and ' if lines else ''}{many(unpaged, 'name')} without a page")
    return lines


def _more(count: int, command: str) -> list[str]:
    return [f"- and {count:,} more: `{command}`"] if count > 0 else []


def _entity(note: EntityNote) -> str:
    entity = note.entity
    aliases = sorted(set(entity.aliases) - {entity.name})[:_MOST_ALIASES]
    also = f" (also {', '.join(map(title, aliases))})" if aliases else ""
    named = f", named {times(note.times)}" if note.times else ""
    link = to_page(entity.name, note.page_id or "", _FOLDER)
    return f"- {link}{also}: {many(note.facts, 'fact')}{named}"


def _topic(note: TopicNote) -> str:
    link = to_page(note.title, topic_page_id(note.topic_id), _FOLDER)
    return f"- {link}: {many(note.sections, 'section')}, {many(note.sources, 'source')}"


def _source(note: SourceNote) -> str:
    called = f" ({title(note.title)})" if note.title else ""
    link = to_source(note.source_id, "sources/")
    return f"- {link}{called}: {many(note.sections, 'section')}, {many(note.facts, 'fact')}"
