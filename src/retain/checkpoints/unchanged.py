"""Whether a value is surely the one that was kept, without encoding it."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from operator import is_
from types import NoneType, UnionType
from typing import Any, ClassVar, Literal, Union, cast, get_args, get_origin
from typing import get_type_hints as _hints
from uuid import UUID

_ATOMS = (
    str, int, float, bool, bytes, NoneType, datetime, date, time, timedelta, Decimal, UUID,
)  # fmt: skip


def same(value: Any, kept: Any) -> bool:
    """Whether `value` surely equals `kept`, the `snapshot` of an earlier one, without encoding it.

    False means only that it may have changed.
    """
    if isinstance(kept, tuple) and type(value) is list:
        items, old = cast("list[Any]", value), cast("tuple[Any, ...]", kept)
        return len(items) == len(old) and all(map(is_, items, old)) and _all_immutable(items)
    kind = cast("type[Any]", type(value))
    return value is kept and immutable(kind)


def snapshot(value: Any) -> Any:
    """What of `value` later values are compared with: itself, or the elements of a list."""
    return tuple(cast("list[Any]", value)) if type(value) is list else value


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


def _all_immutable(items: list[Any]) -> bool:
    return all(immutable(kind) for kind in set(map(type, items)))
