"""Contexts to bytes, field by field, and back: any dataclass, with a schema version."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from operator import is_
from time import sleep
from types import NoneType, UnionType
from typing import Any, ClassVar, Generic, Literal, TypeVar, Union, cast, get_args, get_origin
from typing import get_type_hints as _hints
from uuid import UUID

import msgspec

from retain.engine.context import EngineContext, EngineState, FanOut, StepLogEntry
from retain.errors import CheckpointDamagedError, CheckpointError, CheckpointVersionError
from retain.status import RunStatus

C = TypeVar("C", bound=EngineContext)

Upgrade = Callable[[dict[str, Any]], dict[str, Any]]
"""From the field values of one schema version, as plain values, to those of the next."""

_ATOMS = (
    str, int, float, bool, bytes, NoneType, datetime, date, time, timedelta, Decimal, UUID,
)  # fmt: skip
_CHUNK = 256
_encoder = msgspec.msgpack.Encoder()


@dataclass(slots=True)
class Head:
    """The engine's own part of a context: small, and written with every save."""

    last_state: str
    status: RunStatus
    errors: list[str]
    fan_out: FanOut | None
    started_at: datetime | None
    completed_at: datetime | None
    duration_ms: float = 0.0
    steps: int = 0
    engine_state: EngineState | None = None

    NAMES: ClassVar[tuple[str, ...]] = (
        "last_state", "status", "errors", "fan_out", "engine_state", "started_at", "completed_at",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stored:
    """A context as bytes.

    Args:
        version: The schema version that it was written with.
        head: The engine's own part.
        fields: Every other field.
        steps: The step log, oldest first.
    """

    version: int
    head: bytes
    fields: Mapping[str, bytes]
    steps: Sequence[bytes]

    def size(self) -> int:
        """How many bytes it holds."""
        return len(self.head) + sum(map(len, self.fields.values())) + sum(map(len, self.steps))


_REPEATED = (
    b"retain forget fact EMBED STORE LINK INIT READ COMPLETE parallel:EXTRACT_FACTS"
    b"parallel:EXTRACT_ENTITIES parallel:NORMALIZE_ENTITIES DEDUPE_FACTS BUILD_SUPERSEDES_GRAPH"
    b"supersedes_edges unchanged merged content_hash given_hash document_id reference_date model"
    b"md_text title origin task outcomes attempt section_id kind no facts facts said_at detail"
    b"\xc0\xa6reused\xc2\x86\xaasection_id\xb0\xa4kind\xa5facts\xa5facts\xa7said_at\xd7\xff"
)
"""What most runs hold. A packed run refers to it, so another one takes another format."""


def packed(fields: Mapping[str, bytes], steps: Sequence[bytes]) -> bytes:
    """The fields and the step log of a context as one compressed value."""
    packer = zlib.compressobj(zdict=_REPEATED)
    return packer.compress(_encoder.encode((fields, steps))) + packer.flush()


def unpacked(body: bytes, where: str) -> tuple[dict[str, bytes], list[bytes]]:
    """The fields and the step log of a `packed` context.

    Raises:
        CheckpointDamagedError: They do not read back; `where` names them.
    """
    try:
        unpacker = zlib.decompressobj(zdict=_REPEATED)
        return _packed_decoder.decode(unpacker.decompress(body) + unpacker.flush())
    except (zlib.error, msgspec.MsgspecError, UnicodeDecodeError) as exc:
        raise CheckpointDamagedError(where, f"{type(exc).__name__}: {exc}") from exc


_packed_decoder = msgspec.msgpack.Decoder(tuple[dict[str, bytes], list[bytes]])
_head_decoder = msgspec.msgpack.Decoder(Head)
_step_decoder = msgspec.msgpack.Decoder(
    tuple[str, datetime, datetime | None, float | None, str | None, dict[str, Any]]
)


class Codec(Generic[C]):
    """Encodes and decodes the contexts of one dataclass.

    The class may carry ``schema_version: ClassVar[int]`` (1 if it does not),
    ``schema_upgrades: ClassVar[dict[int, Upgrade]]``, from each old version to the one after it,
    and ``working_fields: ClassVar[frozenset[str]]``, the fields that only a run needs that has yet
    to complete: a completed run is kept without them, and read with their defaults. One without a
    default is then empty; where the run has not completed, it is damage that it is missing.

    Args:
        context_type: The dataclass. Its fields hold what msgspec can encode: numbers, text,
            bytes, times, enums, and lists, tuples, dicts and dataclasses of these.
    """

    def __init__(self, context_type: type[C]) -> None:
        if not dataclasses.is_dataclass(context_type):
            raise TypeError(f"{context_type.__name__} is not a dataclass")
        self.context_type = context_type
        self.version: int = getattr(context_type, "schema_version", 1)
        self._upgrades: dict[int, Upgrade] = getattr(context_type, "schema_upgrades", {})
        hints = _hints(context_type)
        own = {"bank_id", "source_id", "step_log", *Head.NAMES}
        self._types = {
            f.name: hints[f.name] for f in dataclasses.fields(context_type) if f.name not in own
        }
        self._init = {f.name for f in dataclasses.fields(context_type) if f.init}
        self._decoders = {name: msgspec.msgpack.Decoder(kind) for name, kind in self._types.items()}
        self.names: tuple[str, ...] = tuple(self._types)
        self.working: frozenset[str] = getattr(context_type, "working_fields", frozenset())
        if unknown := self.working.difference(self.names):
            raise TypeError(f"{context_type.__name__} has no fields {sorted(unknown)} to leave out")
        required = {
            f.name
            for f in dataclasses.fields(context_type)
            if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
        }
        self._empty = {name: self._types[name]() for name in self.working & required}

    def encode_head(self, head: Head) -> bytes:
        """The head as bytes."""
        try:
            return _encoder.encode(head)
        except UnicodeEncodeError:
            return _encoder.encode(dataclasses.replace(head, errors=[*map(_text, head.errors)]))

    def encode_step(self, entry: StepLogEntry) -> bytes:
        """One entry of the step log as bytes.

        Raises:
            CheckpointError: Its notes hold what cannot be kept.
        """
        row = (
            entry.state, entry.started_at, entry.completed_at, entry.duration_ms, entry.error,
            entry.notes,
        )  # fmt: skip
        try:
            try:
                return _encoder.encode(row)
            except UnicodeEncodeError:
                error = None if entry.error is None else _text(entry.error)
                return _encoder.encode((*row[:4], error, entry.notes))
        except (TypeError, ValueError, OverflowError, RecursionError) as exc:
            raise CheckpointError(
                f"the notes of step {entry.state!r} cannot be kept: {exc}"
            ) from exc

    def encode_field(self, name: str, value: Any) -> bytes:
        """The value of a field as bytes.

        A long list is encoded in many short calls, each of which lets other threads go on.

        Raises:
            CheckpointError: It holds what cannot be kept.
        """
        try:
            if isinstance(value, list) and len(cast("list[Any]", value)) > _CHUNK:
                return _encode_list(cast("list[Any]", value))
            return _encoder.encode(value)
        except (TypeError, ValueError, OverflowError, RecursionError) as exc:
            raise CheckpointError(
                f"field {name!r} of {self.context_type.__name__} cannot be kept: {exc}; keep "
                "numbers, text, bytes, times, enums, and lists, dicts and dataclasses of these"
            ) from exc

    def decode(self, bank_id: str, source_id: str, stored: Stored, where: str) -> C:
        """The context that `stored` holds.

        Args:
            bank_id: The run's bank.
            source_id: The run's source.
            stored: What was kept.
            where: Names the checkpoint in errors.

        Raises:
            CheckpointDamagedError: It does not read back.
            CheckpointVersionError: It was written by a newer release.
        """
        if stored.version > self.version:
            raise CheckpointVersionError(where, stored.version, self.version)
        try:
            values = self._values(stored, where)
            head = _head_decoder.decode(stored.head)
            steps = [StepLogEntry(*_step_decoder.decode(raw)) for raw in stored.steps]
        except (msgspec.MsgspecError, UnicodeDecodeError, KeyError, TypeError) as exc:
            raise CheckpointDamagedError(where, f"{type(exc).__name__}: {exc}") from exc
        if head.status == RunStatus.COMPLETED:
            values = {**self._empty, **values}
        values |= {name: getattr(head, name) for name in Head.NAMES}
        values |= {"bank_id": bank_id, "source_id": source_id, "step_log": steps}
        return self._build(values, where)

    def _values(self, stored: Stored, where: str) -> dict[str, Any]:
        if stored.version == self.version:
            return {
                name: self._value(name, body, where)
                for name, body in stored.fields.items()
                if name in self._decoders
            }
        plain = {name: msgspec.msgpack.decode(body) for name, body in stored.fields.items()}
        for version in range(stored.version, self.version):
            upgrade = self._upgrades.get(version)
            plain = plain if upgrade is None else upgrade(plain)
        return {
            name: msgspec.convert(value, self._types[name])
            for name, value in plain.items()
            if name in self._types
        }

    def _value(self, name: str, body: bytes, where: str) -> Any:
        try:
            return self._decoders[name].decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError) as exc:
            raise CheckpointDamagedError(where, f"field {name!r}: {exc}") from exc

    def _build(self, values: dict[str, Any], where: str) -> C:
        try:
            ctx = self.context_type(**{n: v for n, v in values.items() if n in self._init})
        except TypeError as exc:
            raise CheckpointDamagedError(where, str(exc)) from exc
        for name in values.keys() - self._init:
            # A class with slots has no place for the engine's fields that it does not declare.
            with suppress(AttributeError):
                setattr(ctx, name, values[name])
        return ctx


def head_of(ctx: EngineContext) -> Head:
    """The engine's own part of `ctx`; a context that declares less than it is complete too."""
    return Head(
        ctx.last_state,
        getattr(ctx, "status", RunStatus.RUNNING),
        list(ctx.errors),
        getattr(ctx, "fan_out", None),
        getattr(ctx, "started_at", None),
        ctx.completed_at,
        engine_state=getattr(ctx, "engine_state", None),
    )


def decode_head(head: bytes, where: str) -> Head:
    """The head from its bytes.

    Raises:
        CheckpointDamagedError: It does not read back; `where` names it.
    """
    try:
        return _head_decoder.decode(head)
    except (msgspec.MsgspecError, UnicodeDecodeError) as exc:
        raise CheckpointDamagedError(where, str(exc)) from exc


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
    if kind in above or issubclass(kind, (*_ATOMS, Enum)):
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


def _text(error: str) -> str:
    """An error as text that every backend keeps: a file's name in it may hold odd bytes."""
    return error.encode("utf-8", "backslashreplace").decode()


def _all_immutable(items: list[Any]) -> bool:
    return all(immutable(kind) for kind in set(map(type, items)))


def _encode_list(items: list[Any]) -> bytes:
    """The MessagePack array of `items` (https://github.com/msgpack/msgpack/blob/master/spec.md)."""
    size = len(items)
    head = (
        b"\xdc" + size.to_bytes(2, "big") if size < 1 << 16 else b"\xdd" + size.to_bytes(4, "big")
    )
    parts = [head]
    for n in range(0, size, _CHUNK):
        parts.append(b"".join(map(_encoder.encode, items[n : n + _CHUNK])))
        sleep(0)  # hands over the interpreter, which a thread keeps for 5 ms otherwise
    return b"".join(parts)
