"""The versions of a bank's sources, how long each fact has been there, and what superseded what."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict
from datetime import datetime

from retain.bank import facts, past
from retain.memory.model import CitedFact, FactLifetime, Replaced, Version
from retain.memory.ports.store import Tx
from retain.memory.redaction import Redaction, redaction_of

FIRST = 1
"""The first version of a source; that a fact came with it is not kept."""


def follow(
    tx: Tx, version: Version, before: Mapping[str, CitedFact], after: Mapping[str, CitedFact]
) -> list[str]:
    """Note what a source's new version states beside or instead of what it stated before.

    Returns:
        The ids of the facts that it does not state, or states otherwise.
    """
    key = {"source_id": version.source_id}
    at = {"retained_at": version.retained_at.isoformat(), "sections": version.sections}
    tx.run("put_version", {**key, "version": version.version, **at})
    since = {row[1]: row[2] for row in tx.rows("lives", key)} if before else {}
    gone: list[FactLifetime] = []
    kept: set[str] = set()
    for fact_id, one in before.items():
        if fact_id in after and _said(after[fact_id]) == _said(one):
            kept.add(fact_id)
            continue
        gone.append(FactLifetime(one, since.get(fact_id, FIRST), version.version))
    past.put(tx, version.source_id, gone)
    left = [one.cited.fact.fact_id for one in gone]
    tx.run_many("end_life", ({**key, "fact_id": fact_id} for fact_id in left))
    if version.version > FIRST:
        came = ({**key, "fact_id": fact_id} for fact_id in after if fact_id not in kept)
        tx.run_many("put_life", ({**row, "since": version.version} for row in came))
    return left


def forget(tx: Tx, source_id: str) -> None:
    """Remove a source's versions and all that any of them stated."""
    for name in (
        "forget_versions",
        "forget_lives",
        "forget_past",
        "forget_redactions",
    ):
        tx.run(name, {"source_id": source_id})


def redactions(tx: Tx, source_id: str | None = None) -> dict[str, tuple[Redaction, ...]]:
    """What is kept of forgotten statements of the bank, or of one source, by source."""
    found: dict[str, tuple[Redaction, ...]] = {}
    for source, length, rolling, digest in tx.rows("redactions", {"source_id": source_id}):
        one = Redaction(length, int(rolling), digest)
        found[source] = (*found.get(source, ()), one)
    return found


def redact(tx: Tx, source_id: str, redacted: Iterable[Redaction]) -> None:
    """Keep what is needed to know forgotten statements again."""
    rows = (
        {"source_id": source_id, **asdict(one), "rolling": str(one.rolling)} for one in redacted
    )
    tx.run_many("redact", rows)


def forget_redacted_past(tx: Tx, source_id: str) -> None:
    """Remove what earlier versions of a source stated in words that are redacted."""
    digests = {one.digest for one in redactions(tx, source_id).get(source_id, ())}
    if not digests:
        return
    stated = (one.cited.fact for one in past.of(tx, source_id))
    past.remove(
        tx,
        source_id,
        {fact.fact_id for fact in stated if redaction_of(fact.quote).digest in digests},
    )


def lifetimes(tx: Tx, source_id: str | None = None) -> list[FactLifetime]:
    """Every fact that any version of the bank's sources, or of one of them, states, by place."""
    given = {"source_id": source_id}
    since = {(row[0], row[1]): row[2] for row in tx.rows("lives", given)}
    found = [
        FactLifetime(one, since.get((one.source_id, one.fact.fact_id), FIRST))
        for one in facts.cited(tx, source_id)
    ]
    return sorted([*found, *past.of(tx, source_id)], key=_place)


def lifetimes_about(tx: Tx, names: Collection[str]) -> list[FactLifetime]:
    """The facts of every version that give one of the names, by source and place.

    Args:
        tx: The transaction.
        names: Without case.
    """
    given = {"names": sorted(names)}
    ids = [row[0] for row in tx.rows("facts_naming", given)]
    found: list[FactLifetime] = []
    for one in facts.cited_by_id(tx, ids).values():
        key = {"source_id": one.source_id, "fact_id": one.fact.fact_id}
        rows = tx.rows("life", key)
        found.append(FactLifetime(one, rows[0][0] if rows else FIRST))
    return sorted([*found, *past.naming(tx, names)], key=_place)


def versions(tx: Tx, source_id: str | None = None) -> list[Version]:
    """The versions of the bank's sources, or of one of them, in the order they came in."""
    return [
        Version(row[0], int(row[1]), datetime.fromisoformat(row[2]), int(row[3]))
        for row in tx.rows("versions", {"source_id": source_id})
    ]


def replaced(tx: Tx, rows: Collection[int]) -> dict[int, tuple[Replaced, ...]]:
    """The facts of sections that others supersede, in their order, by the ids of their rows."""
    found: dict[int, list[Replaced]] = {}
    for row in tx.rows("replaced", {"ids": list(rows)}):
        id_, source_id, section_id, fact_id, start, end, newer, since = row
        one = Replaced(source_id, section_id, fact_id, start, end, newer, _time(since))
        found.setdefault(id_, []).append(one)
    return {id_: tuple(those) for id_, those in found.items()}


def _said(one: CitedFact) -> tuple[object, ...]:
    """What a fact states, wherever it stands."""
    fact = one.fact
    return (
        fact.type,
        fact.text,
        fact.entities,
        fact.subject,
        fact.slot,
        fact.value,
        fact.mentioned_at,
        fact.occurred_start,
        fact.occurred_end,
    )


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _place(one: FactLifetime) -> tuple[str, int, int, str]:
    fact = one.cited.fact
    return one.cited.source_id, one.cited.line, fact.start, fact.fact_id
