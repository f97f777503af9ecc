"""The topics of a bank and their sections, as they were clustered last."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from retain.bank import totals
from retain.bank.rows import entity_of
from retain.bank.word_index import SECTIONS
from retain.bank.words import wanted
from retain.memory.model import Passage, SectionKey, Topic
from retain.memory.ports.entities import EntityRules
from retain.memory.ports.store import Tx

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FEWEST = 3
"""A topic of fewer sections is none."""

GROWTH = 0.2
"""Topics are clustered again when so large a part of the bank has come, gone or changed since."""


def every(tx: Tx) -> list[Topic]:
    """All topics with their sections, by id."""
    found: list[Topic] = []
    for topic_id, title, terms in tx.rows("every_topic"):
        rows = tx.rows("topic_sections", {"topic_id": topic_id})
        sections = tuple((row[0], row[1]) for row in rows)
        found.append(Topic(topic_id, title, tuple(json.loads(terms)), sections))
    return found


def is_due(tx: Tx) -> bool:
    """Whether so much has changed that topics are to be clustered again."""
    counts = totals.every(tx)
    least = max(FEWEST, GROWTH * counts["clustered"])
    return counts["unclustered"] >= least or (counts["unclustered"] > 0 and not counts["sections"])


def count_changes(tx: Tx, sections: int) -> None:
    """Count sections that came, went or changed since topics were clustered."""
    totals.add(tx, {"unclustered": sections})


def replace(tx: Tx, clustered: Iterable[Topic]) -> tuple[set[str], set[SectionKey]]:
    """Make `clustered` the topics of the bank.

    Returns:
        The ids of the topics that came, went or changed, and the sections that belong to another
        topic than before, or to one with another title.
    """
    before = {topic.topic_id: topic for topic in every(tx)}
    after = {topic.topic_id: topic for topic in clustered}
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    sections: set[SectionKey] = set()
    for topic_id in sorted(changed):
        old, new = before.get(topic_id), after.get(topic_id)
        was, is_ = set(old.sections if old else ()), set(new.sections if new else ())
        retitled = old is None or new is None or old.title != new.title
        sections |= was | is_ if retitled else was ^ is_
        _drop(tx, topic_id)
        if new is not None:
            _put(tx, new)
    counts = totals.every(tx)
    totals.add(
        tx,
        {
            "topics": len(after) - counts["topics"],
            "clustered": counts["sections"] - counts["clustered"],
            "unclustered": -counts["unclustered"],
        },
    )
    return changed, sections


def drop_sections(tx: Tx, rows: Collection[int]) -> set[str]:
    """Take sections that are gone out of their topics; the ids of these.

    Args:
        tx: The transaction.
        rows: The rows that the sections had.
    """
    ids = sorted(rows)
    changed: set[str] = set()
    if ids:
        changed.update(row[0] for row in tx.rows("topics_of_rows", {"ids": ids}))
    if changed:
        tx.run_many("drop_section_topics", ({"id": row} for row in ids))
    for topic_id in sorted(changed):
        tx.run("recount_topic", {"topic_id": topic_id})
        if tx.rows("topic_size", {"topic_id": topic_id})[0][0] < FEWEST:
            _remove(tx, topic_id)
    return changed


def drop_untold(tx: Tx, topic_ids: Collection[str]) -> None:
    """Remove those of the topics that are named with words that the bank has lost."""
    for topic_id in sorted(topic_ids):
        for _, terms in tx.rows("topic", {"topic_id": topic_id}):
            words = [word for term in json.loads(terms) for word in wanted(term)]
            if not all(SECTIONS.has_word(tx, word, "text") for word in words):
                _remove(tx, topic_id)


def _put(tx: Tx, topic: Topic) -> None:
    key = {"topic_id": topic.topic_id}
    given = {
        "title": topic.title,
        "terms": json.dumps(topic.terms, ensure_ascii=False),
        "sections": len(topic.sections),
        "sources": len({source_id for source_id, _ in topic.sections}),
    }
    tx.run("put_topic", {**key, **given})
    rows = ({**key, "source_id": one[0], "section_id": one[1]} for one in topic.sections)
    tx.run_many("put_topic_section", rows)


def _drop(tx: Tx, topic_id: str) -> None:
    tx.run("drop_topic", {"topic_id": topic_id})


def _remove(tx: Tx, topic_id: str) -> None:
    _drop(tx, topic_id)
    totals.add(tx, {"topics": -1})


@dataclass(frozen=True, slots=True)
class Passages:
    """The sections of a bank as topics are clustered from them.

    Args:
        texts: Each section, with the entities that it names.
        vectors: (n, d) float32, L2-normalised; zero where a section has none.
    """

    texts: Sequence[Passage]
    vectors: NDArray[np.float32]


def passages(tx: Tx, rules: EntityRules) -> Passages:
    """Every section of the bank, by source and place."""
    import numpy as np

    canonical = rules.canonical(entity_of(row) for row in tx.dicts("every_entity"))
    named: dict[SectionKey, set[str]] = {}
    for source_id, section_id, name in tx.rows("named"):
        named.setdefault((source_id, section_id), set()).add(canonical.get(name, name))
    vectors = dict(tx.rows("bank_vectors"))
    size = max(map(len, vectors.values()), default=0) // 2
    rows = tx.rows("bank_passages")
    found = np.zeros((len(rows), size), dtype=np.float32)
    texts: list[Passage] = []
    for n, (id_, source_id, section_id, path, text) in enumerate(rows):
        names = tuple(sorted(named.get((source_id, section_id), ())))
        texts.append(Passage(source_id, section_id, tuple(json.loads(path)), text, names))
        if len(vectors.get(id_, b"")) == 2 * size:
            found[n] = np.frombuffer(vectors[id_], dtype="<f2")
    return Passages(texts, found)
