"""Everything that is derived from a bank's sources, derived again from all of them."""

from __future__ import annotations

from collections.abc import Callable

from retain.bank import (
    changes,
    derived,
    facts,
    judgements,
    names,
    past,
    sections,
    sources,
    topics,
    totals,
)
from retain.bank.derived import BankRules, SourceChange
from retain.memory.model import BankChanges
from retain.memory.ports.store import Tx

Progress = Callable[[str], None]
"""Called with what is done next, such as ``source 3 of 20``."""


def is_due(tx: Tx) -> bool:
    """Whether an older release left the bank without some of its derived data."""
    return bool(tx.rows("is_rebuild_due"))


def rebuild(tx: Tx, rules: BankRules, progress: Progress = lambda place: None) -> None:
    """Derive everything again. A bank that is up to date is afterwards what it was, row by row.

    Args:
        tx: The transaction.
        rules: How to derive.
        progress: Called before each source.
    """
    unindexed = tx.rows("unindexed")
    for number, (source_id,) in enumerate(unindexed, 1):
        progress(f"words of source {number} of {len(unindexed)}")
        sections.index(tx, source_id)
        facts.reindex(tx, {}, facts.indexed_words(tx, source_id))
    tx.run("indexed")
    kept_topics, counts = topics.every(tx), totals.every(tx)
    for table in _DERIVED:
        tx.run(f"clear_{table}")
    tx.run("drop_lost_judgements")
    tx.run("drop_lost_verdicts")
    judgements.index_pairs(tx, rules.names)
    stored = sources.every(tx)
    for number, source in enumerate(stored, 1):
        progress(f"source {number} of {len(stored)}")
        after = {one.fact.fact_id: one for one in facts.cited(tx, source.source_id)}
        more = names.of_source(tx, source.source_id)
        derived.follow(tx, rules, SourceChange({}, after, names.Mentions(), more))
        totals.add(tx, {"sources": 1, "sections": source.sections})
        tx.run("keep_fact_count", {"source_id": source.source_id, "facts": len(after)})
        past.index(tx, source.source_id)
    unclustered = counts["unclustered"] if kept_topics else counts["sections"]
    clustered = {"clustered": counts["clustered"], "unclustered": unclustered}
    totals.add(tx, {**clustered, "topics": len(kept_topics)})
    derived.mark(tx, rules, BankChanges(topics=[topic.topic_id for topic in kept_topics]))
    tx.run("rebuilt")
    changes.note(tx, None)


_DERIVED = (
    "names", "name_keys", "entities", "entity_aliases", "fact_names", "claims", "readings",
    "undoing", "lookups", "edges", "totals", "pages", "marks",
)  # fmt: skip
