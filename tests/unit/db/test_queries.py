import re
import sqlite3
from contextlib import closing

import pytest

from retain.db import queries
from retain.db.sqlite import msgpack_value, packed_id

TABLES = {"journal": ["journal"], "checkpoint": ["checkpoint"]}
TABLES["bank"] = ["store", "knowledge", "wiki", "bank", "checkpoint"]


@pytest.mark.parametrize("component", sorted(TABLES))
def test_every_statement_is_valid(component):
    with closing(sqlite3.connect(":memory:")) as db:
        db.create_function("packed_id", 1, packed_id)
        db.create_function("msgpack_value", 2, msgpack_value)
        for tables in TABLES[component]:
            for script in queries.migrations(tables):
                db.executescript(script)
        statements = queries.load(component)
        assert statements
        for name, statement in statements.items():
            sql = _without_comments(statement)
            named = dict.fromkeys(re.findall(r":(\w+)", sql), "1")
            db.execute(f"EXPLAIN {sql}", named or ["1"] * _positional(sql)), name


def test_migrations_are_in_order():
    assert "CREATE TABLE source" in queries.migrations("store")[0]


def _without_comments(statement):
    return "\n".join(line for line in statement.splitlines() if not line.startswith("--"))


def _positional(sql):
    numbered = [int(n) for n in re.findall(r"\?(\d+)", sql)]
    return max(numbered) if numbered else sql.count("?")
