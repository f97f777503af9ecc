"""Copies of all tables in schemas of their own, and the schemas that killed processes left."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from psycopg import sql

from retain.db.pgconnections import Connection

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY tablename"

_REFERENCES = """
SELECT DISTINCT referring.relname, referred.relname
FROM pg_constraint
JOIN pg_class AS referring ON referring.oid = conrelid
JOIN pg_class AS referred ON referred.oid = confrelid
WHERE contype = 'f' AND connamespace = %s::regnamespace
"""

_SEQUENCES = """
SELECT class.relname, attribute.attname
FROM pg_attribute AS attribute
JOIN pg_class AS class ON class.oid = attrelid
WHERE attidentity <> '' AND relnamespace = %s::regnamespace
"""


def fill(db: Connection, source: str, target: str, leaving_out: Collection[str]) -> None:
    """Copy every row of the tables of one schema into those of another, which are empty.

    Args:
        db: The connection, in a transaction.
        source: The schema to copy from.
        target: The schema to copy to, with the same tables.
        leaving_out: Tables whose rows are left out.
    """
    kept = {"retain_schema", *leaving_out}
    for table in _in_order(db, target):
        if table not in kept:
            db.execute(
                sql.SQL("INSERT INTO {} OVERRIDING SYSTEM VALUE SELECT * FROM {}").format(
                    sql.Identifier(target, table), sql.Identifier(source, table)
                )
            )
    for table, column in db.execute(_SEQUENCES, (_quoted(target),)).fetchall():
        name = _quoted(target) + "." + _quoted(table)
        db.execute(
            sql.SQL(
                "SELECT setval(pg_get_serial_sequence({name}, {label}), max({column})) FROM {table}"
            ).format(
                name=sql.Literal(name),
                label=sql.Literal(column),
                column=sql.Identifier(column),
                table=sql.Identifier(target, table),
            )
        )


def _in_order(db: Connection, schema: str) -> Sequence[str]:
    """The tables of a schema, each behind those that it refers to."""
    left = {name for (name,) in db.execute(_TABLES, (schema,))}
    references = db.execute(_REFERENCES, (_quoted(schema),)).fetchall()
    found: list[str] = []
    while left:
        waiting = {table for table, other in references if table in left and other in left}
        ready = sorted(left - (waiting - {t for t, other in references if t == other}))
        found += ready
        left -= set(ready)
    return found


def _quoted(name: str) -> str:
    return sql.Identifier(name).as_string()


def named(db: Connection, prefix: str) -> list[str]:
    """The schemas whose names begin so, and whose owner the role is."""
    rows = db.execute(
        "SELECT nspname FROM pg_namespace"
        " WHERE starts_with(nspname, %s) AND pg_has_role(nspowner, 'USAGE') ORDER BY nspname",
        (prefix,),
    )
    return [name for (name,) in rows]


def drop(db: Connection, schema: str) -> None:
    """Drop a schema with all that is in it."""
    db.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))
