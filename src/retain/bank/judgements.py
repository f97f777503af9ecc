"""What users and a model decided of a bank's names, and a model of what supersedes what."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict

from retain.bank.names import NameTable
from retain.memory.model import Corrections, Judgement, Verdict
from retain.memory.ports.entities import EntityRules
from retain.memory.ports.store import Tx


def of_names(tx: Tx) -> list[Judgement]:
    """What a model decided of the bank's names, by name."""
    return [Judgement(*row) for row in tx.rows("judgements")]


def of_facts(tx: Tx) -> list[Verdict]:
    """What a model sees of what superseded what, by the ids of the facts."""
    return [Verdict(*row) for row in tx.rows("verdicts")]


def corrections(tx: Tx) -> Corrections:
    """What users, and a model, decided of the bank's names."""
    rows = tx.rows("corrections")
    by_users = Corrections(
        frozenset((name, other) for kind, name, other in rows if kind == "merge"),
        frozenset((name, other) for kind, name, other in rows if kind == "split"),
    )
    return by_users.with_judgements(of_names(tx))


def correct(tx: Tx, rules: EntityRules, kind: str, name: str, other: str) -> set[str]:
    """Keep a user's decision on two names; a later one on the same pair replaces it.

    Returns:
        The folded names.
    """
    first, second = sorted((name, other))
    tx.run("put_correction", {"kind": kind, "name": first, "other": second})
    return _keep_pair(tx, rules, first, second)


def add(tx: Tx, rules: EntityRules, decided: Iterable[Judgement]) -> set[str]:
    """Keep what a model decided of names that sources write; the first on a pair stays.

    Returns:
        The folded names.
    """
    folded: set[str] = set()
    table = NameTable(tx)
    for one in decided:
        pair = {rules.fold(one.name), rules.fold(one.other)}
        written = {count.name for counts in table.counts(pair).values() for count in counts}
        if {one.name, one.other} <= written:
            tx.run("put_judgement", asdict(one))
            folded |= _keep_pair(tx, rules, one.name, one.other)
    return folded


def drop_named(
    tx: Tx, rules: EntityRules, unwritten: Mapping[str, Collection[str]], *, corrections: bool
) -> set[str]:
    """Remove what a model decided of names that no source writes any more.

    Args:
        tx: The transaction.
        rules: What folds names.
        unwritten: The names by their folded form.
        corrections: Whether users' decisions on them go, too.

    Returns:
        The folded names of the pairs that were decided on.
    """
    folded: set[str] = set()
    for form, names in unwritten.items():
        for name in sorted(names):
            for first, second in tx.rows("pairs_about", {"folded": form, "name": name}):
                pair = {"name": first, "other": second}
                tx.run("drop_judgement", pair)
                if corrections:
                    tx.run("drop_correction", pair)
                both = {rules.fold(first), rules.fold(second)}
                tx.run_many("drop_decided_pair", ({**pair, "folded": one} for one in both))
                folded |= both
    return folded


def put_verdicts(tx: Tx, verdicts: Iterable[Verdict]) -> None:
    """Keep what a model sees of facts that the bank holds; the first on a pair stays."""
    for one in verdicts:
        ids = sorted({one.older, one.newer})
        if len(tx.rows("stored_facts", {"ids": ids})) == len(ids):
            tx.run("put_verdict", asdict(one))


def drop_of(tx: Tx, fact_ids: Iterable[str]) -> None:
    """Remove what a model sees of facts."""
    given = [{"fact_id": fact_id} for fact_id in fact_ids]
    tx.run_many("drop_verdicts_on", given)
    tx.run_many("drop_verdicts_for", given)


def index_pairs(tx: Tx, rules: EntityRules) -> None:
    """Find every pair by its folded names again, for a rebuild."""
    tx.run("clear_decided_pairs")
    pairs = [(row[1], row[2]) for row in tx.rows("corrections")]
    pairs += [(one.name, one.other) for one in of_names(tx)]
    for first, second in pairs:
        _keep_pair(tx, rules, first, second)


def _keep_pair(tx: Tx, rules: EntityRules, first: str, second: str) -> set[str]:
    folded = {rules.fold(first), rules.fold(second)}
    rows = ({"folded": one, "name": first, "other": second} for one in sorted(folded))
    tx.run_many("put_decided_pair", rows)
    return folded
