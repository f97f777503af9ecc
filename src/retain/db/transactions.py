"""A transaction as code sees it that runs statements of any dialect, with parameters by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol, TypeAlias

Values: TypeAlias = Mapping[str, Any]
"""The parameters of a statement, by name."""


class Rows(Protocol):
    """What a statement gives."""

    @property
    def rowcount(self) -> int:
        """How many rows it changed."""
        ...

    def fetchone(self) -> Any:
        """The next row, or None."""
        ...

    def fetchall(self) -> list[Any]:
        """The rows that are left."""
        ...

    def __iter__(self) -> Iterator[Any]: ...


class Transaction(Protocol):
    """A transaction that is open."""

    def execute(self, statement: str, values: Values = ..., /) -> Rows:
        """Run a statement."""
        ...

    def executemany(self, statement: str, rows: Iterable[Values], /) -> Any:
        """Run a statement that writes, once for each of `rows`."""
        ...
