"""What users and a model decided of a bank's names, and a model of what supersedes what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from retain.memory.model import Corrections, Judgement, Verdict
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


def correct(tx: Tx, kind: str, name: str, other: str) -> None:
    """Keep a user's decision on two names; a later one on the same pair replaces it."""
    first, second = sorted((name, other))
    tx.run("put_correction", {"kind": kind, "name": first, "other": second})


def put(tx: Tx, decided: Iterable[Judgement | Verdict]) -> None:
    """Keep decisions of a model; the first on a pair stays."""
    for one in decided:
        tx.run("put_judgement" if isinstance(one, Judgement) else "put_verdict", asdict(one))


def drop_lost(tx: Tx) -> None:
    """Remove the decisions on names and facts that are gone."""
    tx.run("drop_lost_judgements")
    tx.run("drop_lost_verdicts")


def drop_of(tx: Tx, fact_ids: Iterable[str]) -> None:
    """Remove the decisions on facts."""
    tx.run_many("drop_verdicts_of", ({"fact_id": fact_id} for fact_id in fact_ids))
