"""What the facts of a bank claim, read as the rules of superseding read it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from heapq import merge
from itertools import islice
from typing import Any, TypeVar

from retain.bank.facts import fact_of
from retain.bank.rows import Row
from retain.memory.model import (
    Claim,
    Place,
    Reading,
    RivalClaims,
    StoredFact,
    Timing,
    Variant,
    Verdict,
)
from retain.memory.ports.store import Tx

T = TypeVar("T")

_SEPARATOR = "\x1f"
_COLUMNS = (
    *("fact_id", "source_id", "char_start", "char_end", "series", "said", "reach", "since"),
    *("changed", "corrects", "value", "detail", "assistant", "base"),
)
"""Of the statements that read claims."""

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
        self._of_fact: dict[str, list[Claim]] = {}
        self._verdicts: dict[str, set[tuple[Any, ...]]] = {}
        self._series: dict[str, Sequence[str]] = {}

    def prepare(self, facts: Iterable[StoredFact]) -> None:
        """Read at once what is read of each fact to find its successor.

        Claims and verdicts must not change from here on.
        """
        missing = {one.fact.fact_id: one for one in facts if one.fact.fact_id not in self._of_fact}
        given = [{"fact_id": one} for one in missing]
        self._of_fact.update(zip(missing, self._claims("claims_of_fact", given), strict=True))
        self._verdicts.update((one, set()) for one in missing)
        for row in self._tx.rows("verdicts_about", {"ids": list(missing)}):
            for fact_id in missing.keys() & row[:2]:
                self._verdicts[fact_id].add(row)
        subjects = sorted(
            {one.subject for one in missing.values() if one.subject} - {*self._undone}
        )
        undone = self._tx.rows_each("is_undone", [{"subject": one} for one in subjects])
        self._undone.update(zip(subjects, map(bool, undone), strict=True))

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
        if fact_id in self._of_fact:
            return self._of_fact[fact_id]
        return self._claims("claims_of_fact", [{"fact_id": fact_id}])[0]

    def series(self, prefixes: Collection[str]) -> Mapping[str, Collection[str]]:
        """The series whose names begin with each of `prefixes`; each is looked up once."""
        missing = sorted(one for one in prefixes if one not in self._series)
        given = [{"first": one, "last": one + _LAST} for one in missing]
        for one, rows in zip(missing, self._tx.rows_each("series_from", given), strict=True):
            self._series[one] = [row[0] for row in rows]
        return {one: self._series[one] for one in prefixes}

    def together(
        self, asked: Sequence[RivalClaims], *, correcting: bool
    ) -> Sequence[Sequence[Claim]]:
        """The rivals that the source of each claim makes at the same time."""
        given = [
            {"said": when.said, "source_id": when.source_id, "correcting": correcting}
            for when in (one.claim.when for one in asked)
        ]
        groups = self._of_series("claims_together", asked, given)
        return [[claim for claims in some for claim in claims] for some in groups]

    def later(self, asked: Sequence[RivalClaims], limit: int) -> Sequence[Sequence[Claim]]:
        """The first rivals said after each older claim, in the order of their places."""
        given = [
            {
                "said": one.claim.when.said,
                "since": one.claim.when.since,
                "assistant": one.claim.assistant,
                "unlike": _variants(one.variants),
                "limit": limit,
            }
            for one in asked
        ]
        return [
            list(islice(merge(*some, key=lambda claim: claim.when.place), limit))
            for some in self._of_series("claims_later", asked, given)
        ]

    def is_undone(self, subject: str) -> bool:
        """Whether any fact undoes something of a subject."""
        if subject not in self._undone:
            self._undone[subject] = bool(self._tx.rows_each("is_undone", [{"subject": subject}])[0])
        return self._undone[subject]

    def undoing(self, subject: str, words: Collection[str], older: Timing) -> Sequence[StoredFact]:
        """The facts that undo something of a subject and are kept under one of `words`."""
        rows = self._tx.rows("undoing", {"subject": subject, "words": sorted(words)})
        facts = self.facts([row[0] for row in rows]).values() if rows else ()
        when = (older.said, older.source_id)
        return [one for one in facts if _moment(one)[0] > when[0] or _moment(one) == when]

    def verdicts(self, fact_ids: Collection[str]) -> Sequence[Verdict]:
        """What a model sees of any of the facts, on the older side or the newer one."""
        if all(one in self._verdicts for one in fact_ids):
            rows = {row for one in fact_ids for row in self._verdicts[one]}
        else:
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

    def open_variants(self, asked: Sequence[RivalClaims]) -> Sequence[Collection[Variant]]:
        """The different variants among the rivals that are open to each newer claim."""
        given = [_open_to(one.claim) for one in asked]
        groups = _by_asked(asked, self._tx.rows_each("open_variants", _each(asked, given)))
        return [{(row[0], row[1]) for rows in some for row in rows} for some in groups]

    def open_claims(self, asked: Sequence[RivalClaims]) -> Sequence[Sequence[Claim]]:
        """The rivals of the variants asked for that are open to each newer claim."""
        given = [{**_open_to(one.claim), "variants": _variants(one.variants)} for one in asked]
        groups = self._of_series("open_claims", asked, given)
        return [[claim for claims in some for claim in claims] for some in groups]

    def stating(self, subject: str, words: Collection[str], newer: Timing) -> Sequence[StoredFact]:
        """The facts of a subject that may be undone, among them all that have one of `words`.

        Undoing is rare: the facts of the subject are read, so that no word of others is kept.
        """
        when = (newer.said, newer.source_id)
        facts = self.of_subject(subject)
        return [one for one in facts if _moment(one)[0] < when[0] or _moment(one) == when]

    def current(self) -> Iterable[Claim]:
        """The claims of facts that no rule sees superseded, sorted by series."""
        return self._claims("current_claims", [{}])[0]

    def _of_series(
        self, name: str, asked: Sequence[RivalClaims], given: Sequence[Row]
    ) -> list[list[list[Claim]]]:
        """For each of `asked` the claims of each of its series."""
        return _by_asked(asked, self._claims(name, _each(asked, given)))

    def _claims(self, name: str, given: Sequence[Row]) -> list[list[Claim]]:
        return [[_claim(row) for row in rows] for rows in self._tx.rows_each(name, given)]


def put(tx: Tx, readings: Mapping[str, Reading], bases: Mapping[tuple[str, str], int]) -> None:
    """Keep what is read in facts.

    Args:
        tx: The transaction.
        readings: What is read in each, by its id.
        bases: Where sections start in their source, by the ids of both.
    """
    tx.run_many(
        "put_reading",
        (
            {
                "fact_id": fact_id,
                "subject": one.fact.subject,
                "undoes": json.dumps(one.undoes) if one.undoes else None,
                "lookups": json.dumps(sorted(one.lookups), ensure_ascii=False),
            }
            for fact_id, one in readings.items()
        ),
    )
    undoing = ((fact_id, one.undoes) for fact_id, one in readings.items() if one.undoes)
    tx.run_many("put_undoing", (_undoing(fact_id, undoes) for fact_id, undoes in undoing))
    tx.run_many(
        "put_fact_lookup",
        (
            {"fact_id": fact_id, "name": name}
            for fact_id, one in readings.items()
            for name in one.lookups
        ),
    )
    tx.run_many(
        "put_claim",
        (
            _row(claim, n, section_id, bases[one.fact.source_id, section_id])
            for one in readings.values()
            for section_id in (one.fact.fact.section_id,)
            for n, claim in enumerate(one.claims)
        ),
    )


def drop(tx: Tx, fact_ids: Collection[str]) -> None:
    """Remove what is kept of facts."""
    keys: list[Row] = [{"fact_id": fact_id} for fact_id in fact_ids]
    read = [
        (key["fact_id"], undoes, lookups)
        for key, rows in zip(keys, tx.rows_each("reading", keys), strict=True)
        for undoes, lookups in rows
    ]
    if not read:
        return  # they are new
    undoing = ((fact_id, json.loads(undoes)) for fact_id, undoes, _ in read if undoes is not None)
    tx.run_many("drop_undoing", (_undoing(fact_id, undoes) for fact_id, undoes in undoing))
    tx.run_many(
        "drop_fact_lookup",
        (
            {"fact_id": fact_id, "name": name}
            for fact_id, _, lookups in read
            for name in json.loads(lookups)
        ),
    )
    known = [{"fact_id": fact_id} for fact_id, _, _ in read]
    tx.run_many("drop_reading", known)
    tx.run_many("drop_claims", known)


def _undoing(fact_id: str, undoes: Sequence[str]) -> Row:
    subject, word = undoes
    return {"fact_id": fact_id, "subject": subject, "word": word}


def _each(asked: Sequence[RivalClaims], given: Sequence[Row]) -> list[Row]:
    """The parameters for each series of each of `asked`."""
    return [
        {**row, "series": key} for one, row in zip(asked, given, strict=True) for key in one.series
    ]


def _by_asked(asked: Sequence[RivalClaims], answers: Sequence[T]) -> list[list[T]]:
    """What was found for each series, by what was asked."""
    left = iter(answers)
    return [[next(left) for _ in one.series] for one in asked]


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


def _claim(values: Sequence[Any]) -> Claim:
    row = dict(zip(_COLUMNS, values, strict=True))
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
