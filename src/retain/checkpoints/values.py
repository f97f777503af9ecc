"""Values that MessagePack has no type for, each with a tag: they come back exactly as they were."""

from __future__ import annotations

import io
import ipaddress
import sys
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from enum import Enum, Flag
from fractions import Fraction
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from types import NoneType
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from retain.checkpoints.records import (
    Classes,
    SchemaError,
    UnkeptError,
    field_names,
    is_pydantic,
    parts,
    rebuild,
    renamed,
)

PLAIN = frozenset({str, int, float, bool, bytes, NoneType})
"""The types that MessagePack has, but for lists and dicts."""

_TAGGED = 1
"""The code of MessagePack's extension type that holds a tag and a content."""

_encoder = msgspec.msgpack.Encoder()


@dataclass(frozen=True, slots=True)
class ValueCodec:
    """How values of a class of your own are kept: for ``value_codecs`` of a context.

    Args:
        kind: The class.
        encode: From a value to one that can be kept.
        decode: Back.
        name: Names the class in what is kept, so that it may be renamed; None: its own name.
    """

    kind: type[Any]
    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any]
    name: str | None = None

    @property
    def tag(self) -> str:
        """What the values are tagged with."""
        return f"own {self.name or self.kind.__qualname__}"


def is_plain(value: Any) -> bool:
    """Whether MessagePack keeps the value exactly, and needs no type to read it back."""
    kind = cast("type[Any]", type(value))
    if kind in PLAIN:
        return True
    if kind is list:
        items = cast("list[Any]", value)
        return set(map(type, items)) <= PLAIN or all(map(is_plain, items))
    if kind is dict:
        table = cast("dict[Any, Any]", value)
        if not set(map(type, table)) <= _PLAIN_KEYS:
            return False
        values = table.values()
        return set(map(type, values)) <= PLAIN or all(map(is_plain, values))
    return False


_PLAIN_KEYS = frozenset({str, int})


class Values:
    """Writes and reads tagged values.

    Args:
        classes: Finds the classes of records.
        codecs: Those of the user's own classes.
    """

    def __init__(self, classes: Classes, codecs: Sequence[ValueCodec] = ()) -> None:
        self._classes = classes
        self._by_kind = {codec.kind: codec for codec in codecs}
        self._by_tag = {codec.tag: codec for codec in codecs}
        self._decoder = msgspec.msgpack.Decoder(ext_hook=self._read)
        self._plain_decoder = msgspec.msgpack.Decoder(ext_hook=self._read_plain)
        self.step_decoder = msgspec.msgpack.Decoder(
            tuple[str, datetime, datetime | None, float | None, str | None, dict[str, Any]],
            ext_hook=self._read,
        )

    def codec_of(self, kind: type[Any]) -> ValueCodec | None:
        """The codec of the user's own for a class, or for one that it inherits from."""
        return next((self._by_kind[k] for k in kind.__mro__ if k in self._by_kind), None)

    def wire(self, value: Any) -> Any:
        """The value as MessagePack can keep it.

        Raises:
            UnkeptError: It holds what cannot be kept.
        """
        kind = cast("type[Any]", type(value))
        if kind is int:
            fits = -(1 << 63) <= value < 1 << 64
            return value if fits else self._tag("int", hex(value))
        if kind in PLAIN:
            return value
        if kind is list:
            return [self.wire(item) for item in value]
        if kind is dict:
            table = cast("dict[Any, Any]", value)
            if set(map(type, table)) <= {str}:
                return {key: self.wire(item) for key, item in table.items()}
            return self._tag("dict", _pairs(table))
        codec = self.codec_of(kind)
        if codec is not None:
            return self._tag(codec.tag, codec.encode(value))
        writer = _WRITERS.get(kind)
        if writer is not None:
            tag, content = writer(value)
            return self._tag(tag, content)
        return self._object(kind, value)

    def _object(self, kind: type[Any], value: Any) -> msgspec.msgpack.Ext:
        if isinstance(value, PurePath):
            return self._tag("path", [_path_kind(value), str(value)])
        if isinstance(value, Enum):
            by = cast("Any", value.value if isinstance(value, Flag) else value.name)
            return self._tag("enum", [self._classes.name(kind), by])
        if is_pydantic(kind):
            return self._tag("pydantic", [self._classes.name(kind), value.__getstate__()])
        if field_names(kind) is not None:
            name = self._classes.name(kind)
            return self._tag("record", [name, parts(value)])
        array = _array(value)
        if array is not None:
            return self._tag(*array)
        raise UnkeptError(
            f"a value of type {kind.__module__}.{kind.__qualname__} cannot be kept: keep numbers, "
            "text, bytes, times, enums, paths, arrays, and lists, tuples, sets, dicts, "
            "dataclasses, structs and models of these, or give the context a ValueCodec for "
            f"{kind.__qualname__} in value_codecs"
        )

    def _tag(self, tag: str, content: Any) -> msgspec.msgpack.Ext:
        return msgspec.msgpack.Ext(_TAGGED, _encoder.encode((tag, self.wire(content))))

    def read(self, body: bytes | memoryview) -> Any:
        """The value that `body` holds."""
        return self._decoder.decode(body)

    def read_plain(self, body: bytes | memoryview) -> Any:
        """The value without its classes: what an upgrade works on.

        A record is a dict; a set of records, and a dict by records, a list.
        """
        return self._plain_decoder.decode(body)

    def _read_plain(self, code: int, data: memoryview) -> Any:
        tag, content = self._plain_decoder.decode(data)
        match tag:
            case "enum" | "record":
                return content[1]
            case "pydantic":
                return content[1]["__dict__"]
            case _ if tag in _READERS:
                try:
                    return _READERS[tag](content)
                except TypeError:  # what were records have no hash, as members of a set and keys
                    return content
            case _:
                return self._read(code, data)

    def _read(self, code: int, data: memoryview) -> Any:
        if code != _TAGGED:
            raise ValueError(f"an extension of unknown code {code}")
        tag, content = self._decoder.decode(data)
        reader = _READERS.get(tag)
        if reader is not None:
            return reader(content)
        if tag in self._by_tag:
            return self._by_tag[tag].decode(content)
        match tag:
            case "enum":
                return _member(self._classes.find(content[0]), content[1])
            case "pydantic":
                return _model(self._classes.find(content[0]), content[1])
            case "record":
                kind = self._classes.find(content[0])
                again = content
                if hasattr(kind, "__post_init__"):
                    _, again = self._decoder.decode(data)
                return rebuild(kind, renamed(kind, content[1]), renamed(kind, again[1]))
            case _:
                raise SchemaError(
                    f"a value was kept by the ValueCodec {tag.removeprefix('own ')!r}, which the "
                    "context has no more: put it back into value_codecs"
                )


def _member(kind: Any, by: Any) -> Any:
    try:
        return kind[by] if isinstance(by, str) else kind(by)
    except (KeyError, ValueError) as exc:
        raise SchemaError(f"{kind.__name__} has no member {by!r}, which was kept") from exc


def _model(kind: Any, state: dict[str, Any]) -> Any:
    """A model of pydantic's with the fields that it had; new fields get their defaults."""
    made = kind.__new__(kind)
    for name, field in kind.__pydantic_fields__.items():
        if name not in state["__dict__"]:
            if field.is_required():
                raise SchemaError(f"field {name!r} of {kind.__name__} is new and has no default")
            state["__dict__"][name] = field.get_default(call_default_factory=True)
    made.__setstate__(state)
    return made


def _pairs(table: dict[Any, Any]) -> list[Any]:
    return [[key, value] for key, value in table.items()]


def _zone(zone: tzinfo | None) -> Any:
    if zone is None:
        return None
    if type(zone) is timezone:
        return list(cast("Any", zone).__getinitargs__())
    if isinstance(zone, ZoneInfo) and zone.key:
        return zone.key
    raise UnkeptError(f"the time zone {zone!r} cannot be kept: use zoneinfo or datetime.timezone")


def _zone_from(content: Any) -> tzinfo | None:
    if isinstance(content, list):
        return timezone(*cast("list[Any]", content))
    return None if content is None else ZoneInfo(content)


def _moment(value: datetime | time) -> Any:
    naive = value.replace(tzinfo=None, fold=0)
    return [naive.isoformat(), value.fold, _zone(value.tzinfo)]


def _moment_from(kind: type[datetime] | type[time]) -> Callable[[Any], datetime | time]:
    def read(content: Any) -> datetime | time:
        text, fold, zone = content
        return kind.fromisoformat(text).replace(fold=fold, tzinfo=_zone_from(zone))

    return read


def _took(value: timedelta) -> list[int]:
    return [value.days, value.seconds, value.microseconds]


def _queue(value: deque[Any]) -> Any:
    return [list(value), value.maxlen]


def _deque(items: list[Any], length: int | None) -> deque[Any]:
    return deque(items, length)


def _path_kind(path: PurePath) -> str:
    if type(path) is type(Path()):
        return "here"
    if type(path) in (PurePosixPath, PureWindowsPath):
        return type(path).__name__
    raise UnkeptError(f"a path of type {type(path).__qualname__} cannot be kept: use pathlib.Path")


_PATHS: dict[str, type[PurePath]] = {
    "here": Path,
    "PurePosixPath": PurePosixPath,
    "PureWindowsPath": PureWindowsPath,
}
_FACTORIES: dict[str, Callable[[], Any]] = {
    kind.__name__: kind for kind in (int, float, str, bool, bytes, list, dict, set, tuple, Counter)
}


def _defaults(value: defaultdict[Any, Any]) -> Any:
    factory = value.default_factory
    if factory is not None and factory not in _FACTORIES.values():
        raise UnkeptError(
            f"a defaultdict of {factory!r} cannot be kept: use one of {', '.join(_FACTORIES)}"
        )
    return [None if factory is None else cast("type", factory).__name__, _pairs(value)]


def _array(value: Any) -> tuple[str, bytes] | None:
    """An array or scalar of numpy's, in the format of ``.npy`` files."""
    numpy = sys.modules.get("numpy")
    if numpy is None or not (type(value) is numpy.ndarray or isinstance(value, numpy.generic)):
        return None
    file = io.BytesIO()
    try:
        numpy.save(file, value, allow_pickle=False)
    except ValueError as exc:
        raise UnkeptError(f"an array of {value.dtype} cannot be kept: {exc}") from exc
    return "array" if type(value) is numpy.ndarray else "scalar", file.getvalue()


def _array_from(content: bytes) -> Any:
    import numpy as np

    return np.load(io.BytesIO(content), allow_pickle=False)


def _tagged(tag: str, content: Callable[[Any], Any]) -> Callable[[Any], tuple[str, Any]]:
    return lambda value: (tag, content(value))


_KINDS: Iterable[tuple[str, type[Any], Callable[[Any], Any], Callable[[Any], Any]]] = (
    ("tuple", tuple, list, tuple),
    ("set", set, list, set),
    ("frozenset", frozenset, list, frozenset),
    ("decimal", Decimal, str, Decimal),
    ("uuid", UUID, str, UUID),
    ("date", date, date.isoformat, date.fromisoformat),
    ("time", time, _moment, _moment_from(time)),
    ("datetime", datetime, _moment, _moment_from(datetime)),
    ("timedelta", timedelta, _took, lambda c: timedelta(*c)),
    ("zone", timezone, _zone, _zone_from),
    ("zone", ZoneInfo, _zone, _zone_from),
    ("counter", Counter, _pairs, lambda c: Counter(dict(c))),
    ("ordered", OrderedDict, _pairs, OrderedDict),
    ("defaultdict", defaultdict, _defaults, lambda c: defaultdict(_FACTORIES.get(c[0]), c[1])),
    ("deque", deque, _queue, lambda c: _deque(*c)),
    ("complex", complex, lambda v: [v.real, v.imag], lambda c: complex(*c)),
    ("fraction", Fraction, str, Fraction),
    ("bytearray", bytearray, bytes, bytearray),
    ("range", range, lambda v: [v.start, v.stop, v.step], lambda c: range(*c)),
    ("ip", ipaddress.IPv4Address, str, ipaddress.ip_address),
    ("ip", ipaddress.IPv6Address, str, ipaddress.ip_address),
)  # fmt: skip
_WRITERS = {kind: _tagged(tag, content) for tag, kind, content, _ in _KINDS}
_READERS: dict[str, Callable[[Any], Any]] = {
    **{tag: read for tag, _, _, read in _KINDS},
    "int": lambda content: int(content, 16),
    "dict": dict,
    "path": lambda content: _PATHS[content[0]](content[1]),
    "array": _array_from,
    "scalar": lambda content: _array_from(content)[()],
}
KEPT = frozenset(_WRITERS)
"""The types of the standard library that are kept with a tag."""
