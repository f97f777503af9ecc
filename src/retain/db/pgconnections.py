"""Connections to a Postgres database, which are opened when they are first needed."""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

import psycopg
from psycopg.types.numeric import Int8BinaryDumper, Int8Dumper
from psycopg.types.string import StrBinaryDumper, StrDumper

from retain.db.pgserver import LocalServer
from retain.db.pgurl import Address
from retain.errors import DatabaseError

_SECOND_ERROR = "error ignored terminating"


def _is_first(record: logging.LogRecord) -> bool:
    """Whether a record tells more than that a pipeline ended whose error is raised already."""
    return _SECOND_ERROR not in str(record.msg)


logging.getLogger("psycopg").addFilter(_is_first)

Connection: TypeAlias = "psycopg.Connection[tuple[Any, ...]]"

PLANS_S = 3.0
"""How long a connection keeps the plans of its statements, in seconds."""

_PREPARED = 500
"""How many statements a connection keeps prepared: more than there are."""


class Connections:
    """The connections that no thread uses; threads bound how many there are.

    Args:
        address: What to connect to.
        server: The server to start first, where it is one of our own.

    Attributes:
        reached: Whether the server has answered before.
    """

    def __init__(self, address: Address, server: LocalServer | None) -> None:
        self.reached = False
        self._address = address
        self._server = server
        self._idle: list[Connection] = []
        self._ended = False
        self._planned: WeakKeyDictionary[Connection, float] = WeakKeyDictionary()

    def take(self) -> Connection:
        """A connection that nobody else uses.

        Raises:
            psycopg.Error: The server cannot be reached, or refuses the connection.
            DatabaseError: The database cannot keep every text.
        """
        while self._idle:
            with suppress(IndexError):  # another thread took the last one
                connection = self._idle.pop()
                if not connection.closed:
                    return connection
        return self.open()

    def give_back(self, connection: Connection) -> None:
        """Keep a connection for the next transaction, without what it left open."""
        if not connection.closed and connection.info.transaction_status:
            with suppress(psycopg.Error):
                connection.execute("ROLLBACK", prepare=False)
        if self._ended or connection.closed or connection.info.transaction_status:
            connection.close()
        else:
            self._idle.append(connection)

    def has_old_plans(self, connection: Connection) -> bool:
        """Whether the connection should plan its statements again; it is expected to do so.

        A plan that was made while a table was empty may use any of its indexes, and the server
        would keep it while the table grows.
        """
        now = time.monotonic()
        old = now - self._planned.setdefault(connection, now) > PLANS_S
        if old:
            self._planned[connection] = now
        return old

    def end(self) -> None:
        """Close the connections: those that are in use, once they are given back."""
        self._ended = True
        self.close()

    def close(self) -> None:
        """Close the connections that are not in use."""
        while self._idle:
            self._idle.pop().close()

    def open(self) -> Connection:
        """A new connection; see `take`."""
        local = {} if self._server is None else self._server.started()
        connection = psycopg.connect(
            **{**self._address.parameters, **local},
            autocommit=True,
            prepare_threshold=5 if self._address.prepare else None,
        )
        self.reached = True
        connection.prepared_max = _PREPARED
        encoding = connection.info.parameter_status("server_encoding")
        if encoding != "UTF8":
            connection.close()
            raise DatabaseError(
                f"{self._address.shown}: its encoding is {encoding}, which cannot keep every text: "
                "make a database with encoding UTF8 (createdb --encoding UTF8 --template template0)"
            )
        for kind in (int, bool):  # one type each, so that a statement is prepared once
            connection.adapters.register_dumper(kind, Int8Dumper)
            connection.adapters.register_dumper(kind, Int8BinaryDumper)
        connection.adapters.register_dumper(str, StrDumper)
        connection.adapters.register_dumper(str, StrBinaryDumper)
        return connection
