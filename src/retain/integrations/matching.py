"""How LangGraph compares values with filters, and namespaces with conditions."""

# pyright: basic

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from retain.errors import InputError

_ORDERED: Mapping[str, Callable[[float, float], bool]] = {
    "$gt": operator.gt,
    "$gte": operator.ge,
    "$lt": operator.lt,
    "$lte": operator.le,
}


def fits(value: Any, wanted: Any) -> bool:
    """Whether a value has what a filter asks for.

    Raises:
        InputError: The filter has an unknown operator, or compares what is no number.
    """
    if isinstance(wanted, Mapping):
        if any(str(name).startswith("$") for name in wanted):
            return all(_holds(value, name, operand) for name, operand in wanted.items())
        return isinstance(value, Mapping) and all(
            fits(value.get(name), one) for name, one in wanted.items()
        )
    if isinstance(wanted, (list, tuple)):
        return (
            isinstance(value, (list, tuple))
            and len(value) == len(wanted)
            and all(fits(one, other) for one, other in zip(value, wanted, strict=True))
        )
    return value == wanted


def _holds(value: Any, name: str, operand: Any) -> bool:
    if name in ("$eq", "$ne"):
        return (value == operand) is (name == "$eq")
    compare = _ORDERED.get(name)
    if compare is None:
        raise InputError(f"{name} is no operator: use $eq, $ne, $gt, $gte, $lt or $lte")
    try:
        return value is not None and compare(float(value), float(operand))
    except (TypeError, ValueError) as exc:
        raise InputError(f"{name} compares numbers, not {value!r} and {operand!r}") from exc


def in_namespace(namespace: Sequence[str], match_type: str, path: Sequence[str]) -> bool:
    """Whether a namespace begins (``prefix``) or ends (``suffix``) with a path; ``*`` is any part.

    Raises:
        InputError: There is no such way to match.
    """
    if match_type not in ("prefix", "suffix"):
        raise InputError(f"{match_type!r} is no way to match: use prefix or suffix")
    if len(namespace) < len(path):
        return False
    parts = namespace[: len(path)] if match_type == "prefix" else namespace[-len(path) :]
    return all(one in ("*", part) for part, one in zip(parts, path, strict=False))
