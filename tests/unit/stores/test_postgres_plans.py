"""What concerns one document, fact or query reads rows by their keys in a large Postgres bank.

A bank is grown in SQL: each row of its tables is copied with other ids and names. Then statements
run there as the server plans them, and the rows that they visit are counted.
"""

import asyncio
from dataclasses import replace

from psycopg import sql
from psycopg.errors import IntegrityError
from tests import postgres as servers
from tests.commandline import ANA, CHAT

from retain import Memory
from retain.config import Settings
from retain.db import queries
from retain.db.pgurl import Address
from retain.db.postgres import PostgresDatabase
from retain.stores.postgres.tx import PostgresTx

COPIES = 1_000
GROWN = (
    "source", "source_text", "source_version", "section", "vector", "word", "word_row",
    "statement", "mention", "outcome", "name", "name_key", "entity", "entity_alias", "fact_name",
    "fact_claim", "fact_reading", "fact_lookup",
)  # fmt: skip
NAMED = (
    "source_id", "section_id", "fact_id", "folded", "name", "entity_id", "page_id", "subject",
    "series",
)  # fmt: skip
"""The columns of texts that name a row."""
NUMBERED = ("id", "section", "block", "key")
"""The columns of numbers that name a row."""

FEW = 100
"""No statement may visit more rows of a grown table."""
OF_A_BANK = {"sources", "vectors", "bank_vectors", "bank_passages"}
"""What reads a bank as a whole."""


def grow(schema):
    """Copy every row of the bank, with other ids; the sizes of the tables."""
    sizes = {}
    with servers.connect() as db:
        for table in GROWN:
            columns = db.execute(
                "SELECT column_name, data_type FROM information_schema.columns"
                " WHERE table_schema = %s AND table_name = %s ORDER BY ordinal_position",
                (schema, table),
            )
            copy = sql.SQL("INSERT INTO {0} SELECT {1} FROM {0}, generate_series(1, {2}) AS nth")
            chosen = sql.SQL(", ").join(copied(table, *column) for column in columns)
            name = sql.Identifier(schema, table)
            db.execute(copy.format(name, chosen, sql.Literal(COPIES)))
            rows = db.execute(sql.SQL("SELECT count(*) FROM {}").format(name))
            sizes[table] = rows.fetchone()[0]
        db.execute("ANALYZE")
    return sizes


def copied(table, name, kind):
    """A column of a copied row."""
    column = sql.Identifier(name)
    if kind == "text" and name in NAMED:
        return sql.SQL("{} || '~' || nth").format(column)
    if kind == "bigint" and name in NUMBERED:
        # The number of a word's row holds others, so it moves by more than any of these.
        step = 10**15 if (table, name) == ("word_row", "id") else 10**6
        return sql.SQL("{} + nth * {}::bigint").format(column, sql.Literal(step))
    return column


def recorded(monkeypatch):
    """The parameters that each statement is given first, from here on."""
    found = {}
    execute, rows_each, run_many = PostgresTx._execute, PostgresTx.rows_each, PostgresTx.run_many

    def note(tx, name, rows):
        if rows:
            columns = queries.columns(tx._sql[name])
            given = tx._arrays(columns, rows) if columns else tx._values(rows[0])
            found.setdefault(name, given)

    def of_one(tx, name, given):
        note(tx, name, [given])
        return execute(tx, name, given)

    def of_each(tx, name, given):
        rows = [*given]
        note(tx, name, rows)
        return rows_each(tx, name, rows)

    def of_many(tx, name, given):
        rows = [*given]
        note(tx, name, rows)
        run_many(tx, name, rows)

    monkeypatch.setattr(PostgresTx, "_execute", of_one)
    monkeypatch.setattr(PostgresTx, "rows_each", of_each)
    monkeypatch.setattr(PostgresTx, "run_many", of_many)
    return found


async def work(url, schema, monkeypatch):
    """Change and ask a grown bank; the sizes of its tables, and what statements were given."""
    settings = replace(Settings.from_environment(), db=url, durability="process")
    async with Memory.open(settings=settings) as memory:
        for name, text in (("ana.md", ANA), ("chat.jsonl", CHAT)):
            await memory.retain_text(text, source_id=name, bank_id="b")
        sizes = grow(schema)
        found = recorded(monkeypatch)
        await memory.retain_text(ANA.replace("Lisbon", "Porto"), source_id="ana.md", bank_id="b")
        await memory.forget("chat.jsonl", bank_id="b")
        await memory.recall("Where does Ana live?", bank_id="b")
    monkeypatch.undo()
    return sizes, found


async def scans(url, given):
    """The scans of tables by each statement, with how many rows they have visited."""
    statements = queries.load("bank", "postgres")
    database = PostgresDatabase(Address.parsed(url))
    database.require("bank")
    try:
        return {
            name: await database.write(
                lambda db, name=name, values=values: explained(db, statements[name], values)
            )
            for name, values in given.items()
        }
    finally:
        await database.close()


def explained(db, statement, values):
    try:
        rows = db.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}".encode(), values)
        return [scan for plan in rows.fetchone()[0] for scan in visited(plan["Plan"])]
    except IntegrityError:  # what it adds is there by now
        return []
    finally:
        db.rollback()


def visited(plan):
    if "Relation Name" in plan:
        left_out = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
        rows = plan["Actual Rows"] + sum(plan.get(name, 0) for name in left_out)
        yield plan["Relation Name"], plan["Node Type"], rows * plan["Actual Loops"]
    for part in plan.get("Plans", ()):
        yield from visited(part)


def test_statements_on_one_document_visit_few_rows_of_a_large_bank(postgres, tmp_path, monkeypatch):
    url = postgres.url(tmp_path)
    sizes, given = asyncio.run(work(url, postgres.name(tmp_path), monkeypatch))
    found = asyncio.run(scans(url, given))
    large = {table for table, size in sizes.items() if size > 10 * FEW}
    assert len(large) >= 15, sizes
    assert len(found) > 80, sorted(found)
    walks = {
        name: [scan for scan in some if scan[0] in large and scan[2] > FEW]
        for name, some in found.items()
        if name not in OF_A_BANK
    }
    assert not {name: some for name, some in walks.items() if some}
