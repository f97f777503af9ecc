"""Values of any shape as text, exactly: items of a map, payloads of questions and their answers."""

from __future__ import annotations

import base64
import dataclasses
import json
import sys
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from operator import attrgetter
from typing import Any, cast
from uuid import UUID

_TAG = "$"
"""The key of a JSON object that stands for a value that JSON does not have."""


def pack(value: object) -> str:
    """`value` as text that `unpack` turns into an equal value of the same type.

    Raises:
        TypeError: It holds something that would not come back as it is; the message says where.
    """
    return json.dumps(_plain(value, ""), separators=(",", ":"))


def unpack(text: str) -> Any:
    """The value that `pack` made `text` of.

    Raises:
        ValueError: The text is damaged, or a class that it names does not fit any more.
        LookupError: A class that it names is no longer there.
    """
    return json.loads(text, object_hook=_restored)


def shown(text: str) -> Any:
    """The value that `pack` made `text` of, for people and JSON: its classes are not needed."""
    return json.loads(text, object_hook=lambda found: _shown(found) if _TAG in found else found)


def _shown(found: dict[str, Any]) -> Any:
    match found[_TAG], found["v"]:
        case "dict", pairs:
            return {str(key): value for key, value in pairs}
        case (("datetime" | "time"), [str(text), _, zone]):
            return f"{text} {zone}" if zone else text
        case "timedelta", parts:
            return str(timedelta(*parts))
        case _:
            return found["v"]


def _plain(value: Any, path: str) -> Any:
    kind = cast("Any", type(value))
    if kind in (str, int, float, bool, type(None)):
        return value
    if kind is list:
        return [_plain(item, f"{path}[{n}]") for n, item in enumerate(value)]
    if kind is dict and _TAG not in value and all(type(key) is str for key in value):
        return {key: _plain(item, f"{path}[{key!r}]") for key, item in value.items()}
    if kind is dict:
        return {_TAG: "dict", "v": [_plain(list(pair), path) for pair in value.items()]}
    return _tagged(kind, value, path)


def _tagged(kind: Any, value: Any, path: str) -> Any:
    """A value that JSON does not have."""
    if kind in _PACKERS:
        return {_TAG: kind.__name__, "v": _PACKERS[kind](value)}
    if kind in (tuple, set, frozenset):
        return {_TAG: kind.__name__, "v": [_plain(v, f"{path}[{n}]") for n, v in enumerate(value)]}
    if issubclass(kind, Enum) and _found(kind):
        return {_TAG: "enum", "of": _name(kind), "v": value.name}
    if _keeps_its_fields(kind) and _found(kind):
        fields = {
            field.name: _plain(getattr(value, field.name), f"{path}.{field.name}")
            for field in dataclasses.fields(value)
        }
        return {_TAG: "dataclass", "of": _name(kind), "v": fields}
    where = f" at {path}" if path else ""
    raise TypeError(
        f"a value of type {kind.__name__}{where} cannot be kept: give plain values, times, "
        "enums, or lists, tuples, sets, dicts and module-level dataclasses of these"
    )


def _restored(found: dict[str, Any]) -> Any:
    if _TAG not in found:
        return found
    tag, value = found[_TAG], found["v"]
    match tag:
        case "dict":
            return dict(value)
        case "enum":
            return _class(found["of"], Enum)[value]
        case "dataclass":
            return _class(found["of"], object)(**value)
        case _:
            return _UNPACKERS[tag](value)


def _keeps_its_fields(kind: type[Any]) -> bool:
    return dataclasses.is_dataclass(kind) and all(field.init for field in dataclasses.fields(kind))


def _name(kind: type[Any]) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"


def _found(kind: type[Any]) -> bool:
    """Whether the class is found again by its name; one made in a function is not."""
    try:
        return _class(_name(kind), object) is kind
    except (LookupError, ValueError):
        return False


def _class(name: str, base: Any) -> Any:
    """A class of a module that is imported; text that was kept never imports one."""
    module, _, path = name.partition(":")
    try:
        found: Any = attrgetter(path)(sys.modules[module])
    except (KeyError, AttributeError) as exc:
        raise LookupError(f"there is no class {path!r} in module {module!r}") from exc
    if not (isinstance(found, type) and _keeps_values(found, base)):
        raise ValueError(f"{path!r} in module {module!r} is no class of values")
    return cast("Any", found)


def _keeps_values(kind: type[Any], base: Any) -> bool:
    return issubclass(kind, base) and (dataclasses.is_dataclass(kind) or issubclass(kind, Enum))


def _moment(value: datetime | time) -> list[Any]:
    zone = getattr(value.tzinfo, "key", None)  # of a ZoneInfo
    text = value.replace(tzinfo=None).isoformat() if zone else value.isoformat()
    return [text, value.fold, zone]


def _moment_of(kind: type[Any]) -> Callable[[list[Any]], Any]:
    def restored(value: list[Any]) -> Any:
        text, fold, zone = value
        moment = kind.fromisoformat(text).replace(fold=fold)
        if not zone:
            return moment
        from zoneinfo import ZoneInfo  # it loads the settings of the build of Python

        return moment.replace(tzinfo=ZoneInfo(zone))

    return restored


_PACKERS: dict[type[Any], Callable[[Any], Any]] = {
    bytes: lambda value: base64.b64encode(value).decode(),
    datetime: _moment,
    time: _moment,
    date: date.isoformat,
    timedelta: lambda value: [value.days, value.seconds, value.microseconds],
    Decimal: str,
    UUID: str,
}
_UNPACKERS: dict[str, Callable[[Any], Any]] = {
    "bytes": base64.b64decode,
    "datetime": _moment_of(datetime),
    "time": _moment_of(time),
    "date": date.fromisoformat,
    "timedelta": lambda value: timedelta(*value),
    "Decimal": Decimal,
    "UUID": UUID,
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
}
