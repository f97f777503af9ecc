"""What concerns one thing is found through an index, never by a walk through its bank."""

import asyncio
import re

import pytest

from retain.db import queries
from retain.db.sqlite import Database
from retain.stores.sqlite import SQLiteStore


def plan_of(path, component, name):
    """What SQLite would do for a statement, one line a step."""

    async def explain():
        database = Database(path)
        SQLiteStore(database)
        database.require("checkpoint")
        sql = queries.load(component)[name]
        given = dict.fromkeys(re.findall(r":(\w+)", sql), "[]")
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
        ("bank", "section_rows_of_facts"),
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
    assert all("statement_by_fact (bank=? AND fact=?)" in step for step in reading), steps


def test_writers_of_a_name_are_looked_up_in_the_sources_alone(tmp_path):
    steps = plan_of(tmp_path / "bank.db", "bank", "writers_among")
    assert "SEARCH mention USING COVERING INDEX mention_by_name (name=? AND section=?)" in steps


OF_A_BANK = {
    "lint and doctor": {
        "current_claims", "drop_lost_judgements", "drop_lost_names", "drop_lost_verdicts",
        "idle_corrections", "lost_edges", "lost_facts", "lost_names", "misquoted_facts",
        "unexplained_facts", "unindexed_sections",
    },
    "rebuild": {
        "clear_changes", "clear_claims", "clear_decided_pairs", "clear_edges", "clear_entities",
        "clear_entity_aliases", "clear_fact_names", "clear_lookups", "clear_marks",
        "clear_name_keys", "clear_names", "clear_pages", "clear_readings", "clear_totals",
        "clear_undoing", "corrections", "indexed", "is_rebuild_due", "judgements", "rebuilt",
        "unindexed", "verdicts",
    },
    "export and import": {
        "dump_corrections", "dump_sources", "filled", "lead_facts", "leads",
    },
    "embedding again": {"count_unembedded", "delete_others"},
    "clustering topics": {"bank_passages", "bank_vectors", "every_entity", "every_topic", "named"},
    "whoever asks for all of it": {"edges", "names", "sources", "vectors"},
    "the first of an order": {"ranked_sources", "ranked_topics"},
    "looking for what no index has": {"sections_with"},
    "one row, or few": {
        "drop_bank", "exports", "totals", "is_vacuum_due", "vector_bytes",
    },
}  # fmt: skip
"""What walks through a bank, by what does so."""


@pytest.mark.parametrize("name", sorted(queries.load("bank")))
def test_no_statement_about_one_thing_walks_through_its_bank(tmp_path, name):
    walks = [
        step
        for step in plan_of(tmp_path / "bank.db", "bank", name)
        if re.search(r"\(bank(_id)?=\?\)|^SCAN (?!.* VIRTUAL TABLE|one\b|CONSTANT|\()", step)
        and not step.startswith("SEARCH bank USING")
    ]
    expected = any(name in names for names in OF_A_BANK.values())
    assert bool(walks) == expected, walks
