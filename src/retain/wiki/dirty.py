"""Which pages a write has made stale."""

from __future__ import annotations

from retain.memory.model import BankChanges, DirtyPages, EntityNote
from retain.memory.naming import names_in
from retain.memory.ports import PageReads


def dirty(changes: BankChanges, reads: PageReads) -> DirtyPages:
    """The pages that say something else by now; every other page is as it would be rendered.

    The page of an entity depends on the facts that speak of it, on what replaced these directly,
    and on how what all of these name is linked. So a fact is a matter of the pages of whom it
    names, and of whom the facts name that it replaces; the name of an entity, or its page, is a
    matter of all who are named beside it.

    Args:
        changes: What the write changed.
        reads: The bank after the write.
    """
    renamed = [note for pair in changes.entities if _looks(*pair) for note in pair if note]
    namesakes = _namesakes(renamed, reads)
    fact_ids = {one.fact.fact_id for one in changes.facts}
    fact_ids |= {edge.older for edge in changes.edges}
    touched = reads.touched(
        fact_ids=fact_ids,
        names={alias for note in (*renamed, *namesakes) for alias in note.aliases},
        sections=changes.sections,
    )
    names = touched.names.union(*(names_in(one.fact) for one in changes.facts))
    sections = {*touched.sections, *changes.sections}
    sections |= {(one.source_id, one.fact.section_id) for one in changes.facts}
    of_entities = {note.entity.entity_id for pair in changes.entities for note in pair if note}
    of_entities |= {note.entity.entity_id for note in (*namesakes, *reads.entities_named(names))}
    of_topics = {one.topic_id for those in reads.topics_of(sections).values() for one in those}
    return DirtyPages(frozenset(of_entities), frozenset(of_topics.union(changes.topics)))


def _looks(before: EntityNote | None, after: EntityNote | None) -> bool:
    """Whether other pages link to the entity in another way than before."""

    def look(note: EntityNote | None) -> object:
        if note is None or note.page_id is None:
            return None
        return note.page_id, note.entity.name, frozenset(note.entity.aliases)

    return look(before) != look(after)


def _namesakes(renamed: list[EntityNote], reads: PageReads) -> list[EntityNote]:
    """The entities whose canonical name is one of these: the ids of their pages tell them apart."""
    names = {note.entity.name for note in renamed}
    found = reads.entities_named({name.casefold() for name in names}) if names else ()
    return [note for note in found if note.entity.name in names]
