"""SQL from its files: named statements and numbered migrations."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

_NAME = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)
_PARAMETER = re.compile(r"(?<![:\w]):([a-z_]+)")  # neither ::cast nor 00:00
_ROWS = re.compile(r":rows \(([^)]*)\)")
_UNNESTED = re.compile(r"unnest\(.*?\) WITH ORDINALITY AS given")
_ARRAY = re.compile(r"%\((\w+)\)s")
_TABLE = re.compile(r"^CREATE TABLE (\w+)", re.MULTILINE)
_MIGRATION = re.compile(r"\d{4}_\w+\.sql")
_INCLUDE = re.compile(r"^-- include: (\S+) (\S+)$", re.MULTILINE)


@cache
def load(component: str, dialect: str = "sqlite") -> dict[str, str]:
    """The statements of the files in ``sql/DIALECT/COMPONENT`` by the names in their comments."""
    found: dict[str, str] = {}
    for name, text in _scripts(component, dialect):
        if not _MIGRATION.fullmatch(name):
            parts = _NAME.split(text)
            for statement, sql in zip(parts[1::2], parts[2::2], strict=True):
                if statement in found:
                    raise ValueError(f"two statements of {component} are named {statement}")
                found[statement] = _driven(sql.strip()) if dialect == "postgres" else sql.strip()
    return found


@cache
def migrations(component: str, dialect: str = "sqlite") -> tuple[str, ...]:
    """The scripts ``sql/DIALECT/COMPONENT/0001_….sql`` and on, in order.

    A line ``-- include: PACKAGE FILE`` stands for the SQL that a library brings for its tables.
    """
    scripts = _scripts(component, dialect)
    return tuple(
        _INCLUDE.sub(_included, text) for name, text in scripts if _MIGRATION.fullmatch(name)
    )


def tables(component: str, dialect: str) -> list[str]:
    """The tables that the migrations of a component make."""
    return [name for script in migrations(component, dialect) for name in _TABLE.findall(script)]


@cache
def columns(sql: str) -> tuple[str, ...]:
    """The parameters that a statement takes as arrays, an item a row; see `_with_rows`."""
    rows = _UNNESTED.search(sql)
    return tuple(_ARRAY.findall(rows[0])) if rows else ()


def _driven(sql: str) -> str:
    """A statement with its parameters as psycopg writes them, ``%(name)s`` for ``:name``."""
    return _PARAMETER.sub(r"%(\1)s", _ROWS.sub(_with_rows, sql.replace("%", "%%")))


def _with_rows(found: re.Match[str]) -> str:
    """``:rows (name type, …)`` as a table `given` of rows that come as an array for each column.

    Its last column, `nth`, counts the rows from 1.
    """
    declared = [column.split() for column in found[1].split(",")]
    arrays = ", ".join(f":{name.strip(chr(34))}::{kind}[]" for name, kind in declared)
    names = ", ".join(name for name, _ in declared)
    return f"unnest({arrays}) WITH ORDINALITY AS given ({names}, nth)"


def _included(line: re.Match[str]) -> str:
    return (files(line[1]) / line[2]).read_text(encoding="utf-8")


def _scripts(component: str, dialect: str) -> list[tuple[str, str]]:
    folder = files("retain.db") / "sql" / dialect / component
    names = sorted(f.name for f in folder.iterdir() if f.name.endswith(".sql"))
    return [(name, (folder / name).read_text(encoding="utf-8")) for name in names]
