"""Facts are found by their id through an index, never by a walk through their bank."""

import asyncio

import pytest

from retain.db import queries
from retain.db.sqlite import Database
from retain.stores.sqlite import SQLiteStore


def plan_of(path, component, name):
    """What SQLite would do for a statement, one line a step."""

    async def explain():
        database = Database(path)
        SQLiteStore(database)
        sql = queries.load(component)[name]
        given = dict.fromkeys(("bank_id", "fact_id", "ids"), "[]")
        try:
            return await database.read(
                lambda db: [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {sql}", given)]
            )
        finally:
            await database.close()

    return asyncio.run(explain())


@pytest.mark.parametrize(
    ("component", "name"),
    [
        ("bank", "replaced"),
        ("bank", "cited_facts"),
        ("bank", "stored_facts"),
        ("bank", "given_names"),
        ("bank", "lost_edges"),
        ("bank", "drop_lost_verdicts"),
    ],
)
def test_a_statement_is_found_by_its_fact(tmp_path, component, name):
    steps = plan_of(tmp_path / "bank.db", component, name)
    reading = [step for step in steps if " statement " in step and "LEFT" not in step]
    assert reading
    assert all("statement_by_fact (bank_id=? AND fact_id=?)" in step for step in reading), steps
