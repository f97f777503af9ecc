"""Whether a value is surely the one that was kept, without encoding it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from itertools import chain, zip_longest
from operator import is_, methodcaller
from time import sleep
from types import NoneType, UnionType
from typing import Any, ClassVar, Literal, TypeAlias, Union, cast, get_args, get_origin
from typing import get_type_hints as _hints
from uuid import UUID

from retain.checkpoints.records import field_names
from retain.checkpoints.values import PLAIN

_ATOMS = (
    str, int, float, bool, bytes, NoneType, datetime, date, time, timedelta, Decimal, UUID,
)  # fmt: skip


CHUNK = 8192
"""So many objects are looked at before other threads get a turn."""

MAX_DEPTH = 50
"""Values that are nested deeper are encoded at every save."""


@dataclass(slots=True)
class _Level:
    """The objects that stand equally deep in a value.

    Args:
        items: All of them, in order.
        containers: Those that may hold other objects than they do.
        sizes: How many objects each container holds.
    """

    items: list[Any]
    containers: list[Any]
    sizes: list[int]


class Rows:
    """Flat dicts of plain values, as the messages of a chat are: compared with copies of them.

    That is several times as fast as a `Trace`. It takes a value for unchanged that another of an
    equal value has replaced, such as 1 and True, unless it is asked to be strict.

    Args:
        rows: The dicts.

    Attributes:
        copies: The dicts as they were then.
    """

    def __init__(self, rows: list[dict[Any, Any]]) -> None:
        if not set(map(type, rows)) == {dict}:
            raise ValueError("they are no dicts")
        for row in rows:
            if not (set(map(type, row)) | set(map(type, row.values()))) <= PLAIN:
                raise ValueError("they are not flat")
        self._rows = rows
        self.copies = [row.copy() for row in rows]

    @property
    def size(self) -> int:
        """About how many objects it names, as fast as it looks at them."""
        return len(self._rows)

    def begins(self, items: Iterable[Any], *, strict: bool = True) -> bool:
        """Whether `items` begin with these dicts, unchanged."""
        if not _identical(self._rows, items):
            return False
        for n in range(0, len(self._rows), CHUNK):
            rows, copies = self._rows[n : n + CHUNK], self.copies[n : n + CHUNK]
            if rows != copies:
                return False
            if strict and not all(map(is_, _inside(rows), _inside(copies))):
                return False
            sleep(0)
        return True

    def extend(self, more: Rows) -> None:
        """Take in the dicts that follow."""
        self._rows += more._rows
        self.copies += more.copies


class Trace:
    """The objects that a value consists of, level by level, down to those that cannot change.

    A value has not changed if every object on the way is the same object. What cannot change in
    itself is held, so that no other object takes its place in memory. That is all done by loops in
    C, since it is done at every save, for every list and dict.

    Args:
        items: The value; of a list, its items.
    """

    def __init__(self, items: list[Any]) -> None:
        self.levels: list[_Level] = []
        for _ in range(MAX_DEPTH):
            kinds = set(map(type, items))
            closed = {kind for kind in kinds if immutable(kind)}
            containers = [item for item in items if type(item) not in closed]
            if not all(map(_is_open, kinds - closed)):
                break
            self.levels.append(_Level(items, containers, _sizes(containers)))
            if not containers:
                return
            items = list(_inside(containers))
        raise ValueError("it may change unseen")

    @property
    def size(self) -> int:
        """How many objects it names."""
        return sum(len(level.items) for level in self.levels)

    def begins(self, items: Iterable[Any], *, strict: bool = True) -> bool:
        """Whether `items` begin with the objects that are traced, unchanged."""
        for level in self.levels:
            if not _identical(level.items, items):
                return False
            if _sizes(level.containers) != level.sizes:
                return False
            items = _inside(level.containers)
        return True

    def extend(self, more: Trace) -> None:
        """Take in the trace of items that follow."""
        for mine, theirs in zip_longest(self.levels, more.levels):
            if mine is None:
                self.levels.append(theirs)
            elif theirs is not None:
                mine.items += theirs.items
                mine.containers += theirs.containers
                mine.sizes += theirs.sizes


class AppendOnly:
    """A list or dict that only grows, by the promise of its owner: looked at in no time.

    Args:
        value: The list or dict.
    """

    size = 0

    def __init__(self, value: Any) -> None:
        self._count = len(value)
        self._ends = _ends(value)

    def is_all_of(self, value: Any) -> bool:
        """Whether `value` has nothing more, if the promise is kept."""
        return len(value) == self._count and all(map(is_, _ends(value), self._ends))

    def begins(self, items: Sequence[Any], *, strict: bool = True) -> bool:
        """Whether `items`, of a list, begin with these, if the promise is kept."""
        count = self._count
        return count == 0 or (items[0] is self._ends[0] and items[count - 1] is self._ends[1])

    def extend(self, more: AppendOnly) -> None:
        """Take in the items that follow, of a list."""
        self._ends = ((self._ends or more._ends)[0], more._ends[1])
        self._count += more._count


def _ends(value: Any) -> tuple[Any, ...]:
    """The first and the last of what a list or dict holds."""
    if not value:
        return ()
    if type(value) is dict:
        table = cast("dict[Any, Any]", value)
        first, last = next(iter(table)), next(reversed(table))
        return (first, last, table[first], table[last])
    return (value[0], value[-1])


def _identical(mine: list[Any], theirs: Iterable[Any]) -> bool:
    """Whether `theirs` begin with the objects of `mine`; other threads get their turns."""
    if len(mine) <= CHUNK:
        return all(map(is_, mine, theirs))
    ahead = iter(theirs)
    for n in range(0, len(mine), CHUNK):
        if not all(map(is_, mine[n : n + CHUNK], ahead)):
            return False
        sleep(0)
    return True


def trace(items: list[Any]) -> Trace | Rows | None:
    """What `items` consist of; None if something in it may change unseen."""
    for kind in (Rows, Trace):
        with suppress(ValueError):
            return kind(items)
    return None


Traced: TypeAlias = Trace | Rows | AppendOnly


def joined(one: Traced | None, more: Traced | None) -> Traced | None:
    """The trace of items and of those that follow them; the first is extended."""
    if isinstance(one, Rows) and isinstance(more, Rows):
        one.extend(more)
        return one
    if isinstance(one, Trace) and isinstance(more, Trace):
        one.extend(more)
        return one
    if isinstance(one, AppendOnly) and isinstance(more, AppendOnly):
        one.extend(more)
        return one
    return None


def items_of(value: Any) -> list[Any]:
    """What is traced of a value: of a list, its items; of a dict, its keys and values."""
    if type(value) is list:
        return cast("list[Any]", value)
    if type(value) is dict:
        table = cast("dict[Any, Any]", value)
        return [*table, *table.values()]
    return [value]


@cache
def _is_open(kind: type[Any]) -> bool:
    """Whether all that an object of this type holds can be seen."""
    return kind in (dict, list, tuple, set, frozenset) or dataclasses.is_dataclass(kind)


def _sizes(containers: list[Any]) -> list[int]:
    try:
        return list(map(len, containers))
    except TypeError:  # dataclasses
        return [len(_objects(item)) for item in containers]


def _inside(containers: list[Any]) -> Iterator[Any]:
    """The objects that containers hold, one container after the other."""
    kinds = set(map(type, containers))
    if kinds == {dict}:  # the keys of each, and then its values
        values = map(methodcaller("values"), containers)
        return chain.from_iterable(chain.from_iterable(zip(containers, values, strict=True)))
    if dict not in kinds and all(kind in (list, tuple, set, frozenset) for kind in kinds):
        return chain.from_iterable(containers)
    return chain.from_iterable(map(_objects, containers))


def _objects(item: Any) -> list[Any]:
    """The objects that one container holds."""
    kind = cast("type[Any]", type(item))
    if kind is dict:
        return [*item, *item.values()]
    if not dataclasses.is_dataclass(kind):
        return list(item)
    if kind.__dictoffset__:
        own = cast("dict[str, Any]", item.__dict__)
        return [*own, *own.values()]
    return [getattr(item, name, None) for name in field_names(kind) or ()]


def shallow_copy(value: Any) -> Any:
    """`value` as it is now, should its owner go on to add to it or take from it."""
    if type(value) is list:
        return cast("list[Any]", value).copy()
    return cast("dict[Any, Any]", value).copy() if type(value) is dict else value


@cache
def immutable(kind: type[Any]) -> bool:
    """Whether a value of this type cannot change: an atom, or a frozen dataclass of such."""
    return _immutable(kind, frozenset())


def _immutable(kind: type[Any], above: frozenset[type[Any]]) -> bool:
    """As `immutable`; a type that stands inside itself is as immutable as the rest of it."""
    if kind in above or kind in _ATOMS or issubclass(kind, Enum):
        return True
    if not dataclasses.is_dataclass(kind) or not kind.__dataclass_params__.frozen:  # type: ignore[attr-defined]
        return False
    try:
        hints = _hints(kind)
    except NameError:  # it names a type that cannot be seen from here
        return False
    return all(_immutable_hint(hint, above | {kind}) for hint in hints.values())


def _immutable_hint(hint: Any, above: frozenset[type[Any]]) -> bool:
    origin = get_origin(hint)
    if origin is Literal:
        return True
    if origin in (Union, UnionType, tuple, frozenset, ClassVar):
        return all(_immutable_hint(arg, above) for arg in get_args(hint) if arg is not Ellipsis)
    return isinstance(hint, type) and _immutable(hint, above)
