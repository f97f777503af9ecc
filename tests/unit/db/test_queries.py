import re
import sqlite3
from contextlib import closing

import pytest

from retain.db import queries

COMPONENTS = ["journal", "store"]


@pytest.mark.parametrize("component", COMPONENTS)
def test_every_statement_is_described_and_valid(component):
    with closing(sqlite3.connect(":memory:")) as db:
        for script in queries.migrations(component):
            db.executescript(script)
        statements = queries.load(component)
        assert statements
        for name, statement in statements.items():
            assert statement.startswith("-- "), name
            given = dict.fromkeys(_parameters(statement), "1")
            db.execute(f"EXPLAIN {_without_comments(statement)}", given)


def test_migrations_are_in_order():
    assert "CREATE TABLE source" in queries.migrations("store")[0]


def _without_comments(statement):
    return "\n".join(line for line in statement.splitlines() if not line.startswith("--"))


def _parameters(statement):
    return re.findall(r":(\w+)", _without_comments(statement))
