"""What the facts of a bank claim, read as the rules of superseding read it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from heapq import merge
from itertools import islice
from typing import Any

from retain.bank.facts import fact_of
from retain.bank.rows import Row
from retain.memory.model import Claim, Place, Reading, StoredFact, Timing, Variant, Verdict
from retain.memory.ports.store import Tx

_SEPARATOR = "\x1f"
_LAST = "\U0010ffff"
"""Sorts behind whatever a series may go on with."""


class ClaimTable:
    """An `EdgeReads` over a transaction.

    Args:
        tx: The transaction.
    """

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self._facts: dict[str, StoredFact | None] = {}
        self._undone: dict[str, bool] = {}

    def facts(self, fact_ids: Collection[str]) -> Mapping[str, StoredFact]:
        """Those of the facts that the bank holds, by id."""
        missing = [one for one in fact_ids if one not in self._facts]
        if missing:
            self._facts.update(dict.fromkeys(missing))
            for row in self._tx.dicts("stored_facts", {"ids": missing}):
                fact = fact_of(row)
                self._facts[fact.fact_id] = StoredFact(row["source_id"], fact, row["comparable"])
        known = ((one, self._facts[one]) for one in fact_ids)
        return {fact_id: fact for fact_id, fact in known if fact is not None}

    def of_subject(self, subject: str) -> Sequence[StoredFact]:
        """The facts of a comparable subject."""
        rows = self._tx.rows("facts_of_subject", {"subject": subject})
        return list(self.facts([row[0] for row in rows]).values())

    def claims(self, fact_id: str) -> Sequence[Claim]:
        """What a fact claims."""
        return self._claims("claims_of_fact", {"fact_id": fact_id})

    def series(self, prefix: str) -> Collection[str]:
        """The series whose names begin with `prefix`."""
        rows = self._tx.rows("series_from", {"first": prefix, "last": prefix + _LAST})
        return [row[0] for row in rows]

    def together(
        self, series: Collection[str], claim: Claim, *, correcting: bool
    ) -> Sequence[Claim]:
        """The claims of these series that the source of `claim` makes at the same time."""
        when = claim.when
        given = {"said": when.said, "source_id": when.source_id, "correcting": correcting}
        return [
            one
            for key in series
            for one in self._claims("claims_together", {**given, "series": key})
        ]

    def later(
        self, series: Collection[str], older: Claim, unlike: Collection[Variant], limit: int
    ) -> Sequence[Claim]:
        """The first claims of these series said after `older`, in the order of their places."""
        given = {
            "said": older.when.said,
            "since": older.when.since,
            "assistant": older.assistant,
            "unlike": _variants(unlike),
            "limit": limit,
        }
        groups = [self._claims("claims_later", {**given, "series": key}) for key in series]
        return list(islice(merge(*groups, key=lambda one: one.when.place), limit))

    def is_undone(self, subject: str) -> bool:
        """Whether any fact undoes something of a subject."""
        if subject not in self._undone:
            self._undone[subject] = bool(self._tx.rows("is_undone", {"subject": subject}))
        return self._undone[subject]

    def undoing(self, subject: str, words: Collection[str], older: Timing) -> Sequence[StoredFact]:
        """The facts that undo something of a subject and are kept under one of `words`."""
        rows = self._tx.rows("undoing", {"subject": subject, "words": sorted(words)})
        facts = self.facts([row[0] for row in rows]).values() if rows else ()
        when = (older.said, older.source_id)
        return [one for one in facts if _moment(one)[0] > when[0] or _moment(one) == when]

    def verdicts(self, fact_ids: Collection[str]) -> Sequence[Verdict]:
        """What a model sees of any of the facts, on the older side or the newer one."""
        rows = {*self._tx.rows("verdicts_about", {"ids": list(fact_ids)})}
        return [Verdict(*row) for row in sorted(rows)]

    def superseded_by(self, fact_ids: Collection[str]) -> Collection[str]:
        """The ids of the facts whose edges lead to one of these."""
        return [row[0] for row in self._tx.rows("superseded_by", {"ids": list(fact_ids)})]

    def successors(self, fact_ids: Collection[str]) -> Mapping[str, Place]:
        """The places of what supersedes the facts by rules."""
        newer = dict(self._tx.rows("ruled_successors", {"ids": list(fact_ids)}))
        facts = self.facts(set(newer.values()))
        return {older: _place(facts[one]) for older, one in newer.items() if one in facts}

    def open_variants(self, series: Collection[str], newer: Claim) -> Collection[Variant]:
        """The different variants among the claims of these series that are open to `newer`."""
        given = _open_to(newer)
        return {
            (value, detail)
            for key in series
            for value, detail in self._tx.rows("open_variants", {**given, "series": key})
        }

    def open_claims(
        self, series: Collection[str], variants: Collection[Variant], newer: Claim
    ) -> Sequence[Claim]:
        """The claims of these series and variants that are open to `newer`."""
        given = {**_open_to(newer), "variants": _variants(variants)}
        return [
            one for key in series for one in self._claims("open_claims", {**given, "series": key})
        ]

    def stating(self, subject: str, words: Collection[str], newer: Timing) -> Sequence[StoredFact]:
        """The facts of a subject that may be undone, among them all that have one of `words`.

        Undoing is rare: the facts of the subject are read, so that no word of others is kept.
        """
        when = (newer.said, newer.source_id)
        facts = self.of_subject(subject)
        return [one for one in facts if _moment(one)[0] < when[0] or _moment(one) == when]

    def current(self) -> Iterable[Claim]:
        """The claims of facts that no rule sees superseded, sorted by series."""
        return self._claims("current_claims", {})

    def _claims(self, name: str, given: Row) -> list[Claim]:
        return [_claim(row) for row in self._tx.dicts(name, given)]


def put(tx: Tx, reading: Reading, base: int) -> None:
    """Keep what is read in a fact.

    Args:
        tx: The transaction.
        reading: What is read.
        base: Where the fact's section starts in the source.
    """
    fact = reading.fact.fact
    key = {"fact_id": fact.fact_id}
    given = {
        "subject": reading.fact.subject,
        "undoes": json.dumps(reading.undoes) if reading.undoes else None,
        "lookups": json.dumps(sorted(reading.lookups), ensure_ascii=False),
    }
    tx.run("put_reading", {**key, **given})
    if reading.undoes is not None:
        subject, word = reading.undoes
        tx.run("put_undoing", {**key, "subject": subject, "word": word})
    tx.run_many("put_fact_lookup", ({**key, "name": name} for name in reading.lookups))
    tx.run_many(
        "put_claim",
        (_row(claim, n, fact.section_id, base) for n, claim in enumerate(reading.claims)),
    )


def drop(tx: Tx, fact_id: str) -> None:
    """Remove what is kept of a fact."""
    key = {"fact_id": fact_id}
    for undoes, lookups in tx.rows("reading", key):
        if undoes is not None:
            subject, word = json.loads(undoes)
            tx.run("drop_undoing", {**key, "subject": subject, "word": word})
        tx.run_many("drop_fact_lookup", ({**key, "name": name} for name in json.loads(lookups)))
    tx.run("drop_reading", key)
    tx.run("drop_claims", key)


def _row(claim: Claim, n: int, section_id: str, base: int) -> Row:
    when = claim.when
    return {
        "fact_id": when.fact_id,
        "n": n,
        "source_id": when.source_id,
        "section_id": section_id,
        "char_start": when.start - base,
        "char_end": when.end - base,
        "series": claim.series,
        "said": when.said,
        "reach": when.reach,
        "since": when.since,
        "changed": when.changed,
        "corrects": when.corrects,
        "value": claim.value,
        "detail": claim.detail,
        "assistant": claim.assistant,
    }


def _claim(row: Row) -> Claim:
    base = row["base"]
    when = Timing(
        fact_id=row["fact_id"],
        source_id=row["source_id"],
        said=row["said"],
        start=base + row["char_start"],
        end=base + row["char_end"],
        reach=row["reach"],
        since=row["since"],
        changed=row["changed"],
        corrects=bool(row["corrects"]),
    )
    return Claim(when, row["series"], row["value"], row["detail"], bool(row["assistant"]))


def _place(stored: StoredFact) -> Place:
    fact = stored.fact
    return (*_moment(stored), fact.start, fact.end, fact.fact_id)


def _moment(stored: StoredFact) -> tuple[float, str]:
    said = stored.fact.moment
    return (float("-inf") if said is None else said.timestamp(), stored.source_id)


def _open_to(newer: Claim) -> dict[str, Any]:
    when = newer.when
    return {
        "said": when.said,
        "source_id": when.source_id,
        "reach": when.reach,
        "assistant": newer.assistant,
    }


def _variants(variants: Iterable[Variant]) -> list[str]:
    return sorted(value + _SEPARATOR + detail for value, detail in variants)
