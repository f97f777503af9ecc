"""Where a Postgres database is, from its URL."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict

from retain.errors import InputError

SCHEMA = "retain"

POOL_SIZE = 4
"""How many connections a process has to read, and how many to write, at most."""

_OWN = ("schema", "pool_size", "prepare")
_LONGEST_NAME = 63
_SHOWN = "postgresql://…"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a database is, and how to connect to it.

    Args:
        parameters: What the driver connects with, the password included; never shown.
        shown: The URL for people; no password is in it.
        schema: The schema of Retain's tables.
        pool_size: How many connections read, and how many write, at most.
        prepare: Whether statements are prepared; PgBouncer in transaction mode may not keep them.
    """

    parameters: dict[str, Any] = field(repr=False)
    shown: str
    schema: str = SCHEMA
    pool_size: int = POOL_SIZE
    prepare: bool = True

    @classmethod
    def parsed(cls, url: str, schema: str = SCHEMA) -> Address:
        """The address that a URL such as ``postgresql://user:password@host:5432/name`` names.

        Three parameters are our own: ``schema``, ``pool_size`` and ``prepare=off``. All others are
        those of libpq, such as ``sslmode`` or ``host=/var/run/postgresql``.

        Args:
            url: The URL.
            schema: The schema where the URL names none.

        Raises:
            InputError: The URL cannot be read.
        """
        try:
            parts = urlsplit(url)
        except ValueError:
            raise _unreadable() from None
        own, others = _parameters(parts.query)
        schema = own.get("schema", schema)
        pool_size = _count(own.get("pool_size", str(POOL_SIZE)))
        prepare = own.get("prepare", "on") != "off"
        query = f"?{others}" if others else ""
        try:
            # Without a host, urlunsplit would leave the two slashes out.
            parameters = conninfo_to_dict(f"postgresql://{parts.netloc}{parts.path}{query}")
        except (psycopg.Error, ValueError):
            # The driver's message may hold the password.
            raise _unreadable() from None
        ports = str(parameters.get("port", "")).split(",")  # one for each of several hosts
        if not all(port.isascii() and port.isdecimal() for port in ports if port):
            raise _unreadable()
        if not schema or len(schema.encode()) > _LONGEST_NAME or "\0" in schema:
            raise InputError(
                f"the schema {schema!r} cannot be used: its name must have 1 to {_LONGEST_NAME} "
                "bytes"
            )
        parameters.setdefault("connect_timeout", 10)
        parameters.setdefault("application_name", "retain")
        parameters["client_encoding"] = "utf8"
        return cls(parameters, _shown(parts, parameters), schema, pool_size, prepare)


def _parameters(query: str) -> tuple[dict[str, str], str]:
    """Our own parameters, and the others as they are: libpq reads a plus as it stands."""
    own: dict[str, str] = {}
    others: list[str] = []
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if name in _OWN:
            own[name] = unquote(value)
        else:
            others.append(pair)
    return own, "&".join(others)


def _count(text: str) -> int:
    if text.isascii() and text.isdecimal() and 0 < int(text[:4]) <= 1000:
        return int(text)
    raise InputError(f"pool_size is {text!r} in the database URL: write a number from 1 to 1000")


def _unreadable() -> InputError:
    return InputError(
        f"cannot read the database URL {_SHOWN!r}: write "
        "postgresql://USER:PASSWORD@HOST:5432/NAME, with %40 for @ and %2F for / in a password"
    )


def _shown(parts: SplitResult, parameters: dict[str, Any]) -> str:
    """The URL without its password, with what libpq takes from the environment."""
    user = parameters.get("user") or os.environ.get("PGUSER")
    host = parameters.get("host") or os.environ.get("PGHOST") or "localhost"
    port = parameters.get("port") or os.environ.get("PGPORT") or "5432"
    name = parameters.get("dbname") or os.environ.get("PGDATABASE") or user or ""
    begin = f"postgresql://{user + '@' if user else ''}"
    if str(host).startswith("/"):  # the folder of a socket
        return f"{begin}/{name}?host={host}"
    return f"{begin}{host}:{port}/{name}"
