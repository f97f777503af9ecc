"""What every store does around work on a bank."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from msgspec import MsgspecError

from retain.errors import DatabaseDamagedError, RetainError

_UNREADABLE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, MsgspecError)
"""What values raise that are of another type or form than those that are written."""


class Rehearsed(Exception):  # noqa: N818 - it ends a rehearsal, which is no error
    """Undoes a transaction and carries what it came to."""

    def __init__(self, result: Any) -> None:
        super().__init__()
        self.result = result


@contextmanager
def readable(location: object, bank_id: str) -> Generator[None, None, None]:
    """Tell values that no release writes as damage.

    Args:
        location: The database, for people.
        bank_id: The bank that is read.

    Raises:
        DatabaseDamagedError: The block met such values.
    """
    try:
        yield
    except (RetainError, UnicodeError):
        raise
    except _UNREADABLE as exc:
        raise DatabaseDamagedError(
            f"{location}: damaged: what it holds of bank {bank_id!r} cannot be read "
            f"({type(exc).__name__}: {exc}): restore it from a backup"
        ) from exc
