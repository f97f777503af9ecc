"""The index of a bank: who and what it knows, its topics and its sources."""

from __future__ import annotations

from collections.abc import Sequence

from retain.memory.model import BankView, EntityKind, Page
from retain.wiki.cast import Cast, Subject, cast_of, topic_page
from retain.wiki.links import title, to_page, to_source
from retain.wiki.lists import many, section, times

_FOLDER = "pages/"
_HEADINGS: tuple[tuple[EntityKind, str], ...] = (
    ("person", "People"),
    ("place", "Places"),
    ("organisation", "Organisations"),
    ("thing", "Things"),
    ("unknown", "Other names"),
)
_MOST_ALIASES = 5


def index(view: BankView, pages: Sequence[Page]) -> str:
    """The bank's ``index.md``.

    Args:
        view: The bank.
        pages: What `pages` made of it.
    """
    cast = cast_of(view)
    there = {page.page_id: page for page in pages}
    lines = [f"# Index: {title(view.bank_id)}", "", _counts(view, cast, there), ""]
    for kind, heading in _HEADINGS:
        lines += section(heading, _entities(kind, cast, there))
    lines += section("Topics", _topics(view, there))
    lines += section("Sources", _sources(view))
    return "\n".join(lines).rstrip("\n") + "\n"


def _counts(view: BankView, cast: Cast, there: dict[str, Page]) -> str:
    replaced = sum(one.fact.fact_id in cast.newer for one in cast.facts)
    facts = many(len(cast.facts), "fact") + (f" ({replaced:,} replaced)" if replaced else "")
    return (
        f"{many(len(set(view.sources)), 'source')}, {facts}, {many(len(there), 'page')}. "
        "What came and when: [log](log.md)."
    )


def _entities(kind: EntityKind, cast: Cast, there: dict[str, Page]) -> list[str]:
    listed = [one for one in cast.subjects if one.entity.kind == kind and one.page_id in there]
    listed.sort(key=lambda one: (-len(one.facts), one.entity.name, one.page_id))
    lines = [_entity(one) for one in listed]
    more = sum(one.kind == kind for one in cast.unpaged)
    if more:
        lines.append(f"- {'and ' if lines else ''}{many(more, 'name')} without a page")
    return lines


def _entity(subject: Subject) -> str:
    entity = subject.entity
    aliases = sorted(set(entity.aliases) - {entity.name})[:_MOST_ALIASES]
    also = f" (also {', '.join(map(title, aliases))})" if aliases else ""
    named = f", named {times(subject.times)}" if subject.times else ""
    link = to_page(entity.name, subject.page_id, _FOLDER)
    return f"- {link}{also}: {many(len(subject.facts), 'fact')}{named}"


def _topics(view: BankView, there: dict[str, Page]) -> list[str]:
    topics = {topic_page(one): one for one in sorted(view.topics, key=repr, reverse=True)}
    ranked = sorted(topics.items(), key=lambda item: (-len(item[1].sections), item[1].title))
    return [
        f"- {to_page(one.title, page_id, _FOLDER)}: {many(len(one.sections), 'section')}, "
        f"{many(len({source for source, _ in one.sections}), 'source')}"
        for page_id, one in ranked
        if page_id in there
    ]


def _sources(view: BankView) -> list[str]:
    ranked = sorted(set(view.sources), key=lambda one: (-one.facts, one.source_id, repr(one)))
    return [
        f"- {to_source(one.source_id, 'sources/')}"
        f"{f' ({title(one.title)})' if one.title else ''}: "
        f"{many(one.sections, 'section')}, {many(one.facts, 'fact')}"
        for one in ranked
    ]
