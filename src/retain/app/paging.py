"""Pages of lists, by cursors that name the last item of a page."""

from __future__ import annotations

import base64
import json
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from retain.app.entities import KnownEntity
from retain.errors import InputError
from retain.memory.model import CitedFact

T = TypeVar("T")
Key = Callable[[T], tuple[Any, ...]]

SIZE = 100
MOST = 1_000


def page(
    items: Sequence[T], key: Key[T], limit: int, after: str | None
) -> tuple[list[T], str | None]:
    """A page of a list, and the cursor of the next one.

    Items that come or go between two pages move no other item.

    Args:
        items: The list, sorted by `key`.
        key: Strings and numbers that tell an item from all others.
        limit: The size of the page.
        after: The cursor of the page; None: the first page.

    Raises:
        InputError: The cursor is none.
    """
    start = 0
    if after is not None:
        try:
            start = bisect_right(items, _read(after), key=key)
        except TypeError as exc:
            raise _no_cursor(after) from exc
    some = list(items[start : start + limit])
    more = start + limit < len(items)
    return some, _written(key(some[-1])) if more and some else None


def fact_key(one: CitedFact) -> tuple[str, int, str]:
    """Sorts facts by their place."""
    return one.source_id, one.fact.start, one.fact.fact_id


def entity_key(one: KnownEntity) -> tuple[int, str, str]:
    """Sorts entities, the most often named first."""
    return -one.times, one.entity.name, one.entity.entity_id


def _written(key: tuple[Any, ...]) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def _read(cursor: str) -> tuple[Any, ...]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        return tuple(json.loads(base64.b64decode(padded, altchars=b"-_", validate=True)))
    except (ValueError, TypeError, RecursionError) as exc:
        raise _no_cursor(cursor) from exc


def _no_cursor(cursor: str) -> InputError:
    return InputError(f"{cursor[:80]!r} is no cursor: give the `next` of the page before")
