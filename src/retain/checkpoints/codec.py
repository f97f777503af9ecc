"""Contexts to bytes, field by field, and back: exactly, or refused by the field's name."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from time import sleep
from typing import Any, ClassVar, Generic, TypeVar, cast, get_args

import msgspec

from retain.checkpoints.records import (
    Classes,
    SchemaError,
    UnkeptError,
    rebuild,
    renamed,
    undeclared,
)
from retain.checkpoints.shapes import MisfitError, Shapes, UnkeepableError, resolved, shown
from retain.checkpoints.values import Values, is_plain
from retain.engine.context import EngineContext, EngineState, FanOut, RunContext, StepLogEntry
from retain.engine.run_ids import derived_run_id
from retain.engine.step import text_of
from retain.errors import (
    CheckpointDamagedError,
    CheckpointError,
    CheckpointSchemaError,
    CheckpointVersionError,
    ContextTypeError,
)
from retain.keys import RunKey
from retain.status import ENDED, RunStatus

C = TypeVar("C", bound=EngineContext)

Upgrade = Callable[[dict[str, Any]], dict[str, Any]]
"""From the field values of one schema version, as plain values, to those of the next."""

_CHUNK = 256
_TAGGED = b"\xc1"
"""Begins a value with tags: MessagePack never uses this byte."""
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

    def run_id(self, key: RunKey) -> str:
        """The id of the run; see `retain.engine.run_ids.run_id_of`."""
        state = self.engine_state
        if state is not None and state.run_id:
            return state.run_id
        return derived_run_id(key, self.started_at)

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
        added: What was added to lists since they were kept in `fields`, oldest first.
    """

    version: int
    head: bytes
    fields: Mapping[str, bytes]
    steps: Sequence[bytes]
    added: Mapping[str, Sequence[bytes]] = field(default_factory=dict[str, Sequence[bytes]])

    def size(self) -> int:
        """How many bytes it holds."""
        added = (len(part) for parts in self.added.values() for part in parts)
        fields = sum(map(len, self.fields.values())) + sum(added)
        head = cast("object", self.head)  # damage may be anything
        size = len(head) if isinstance(head, bytes) else 0
        return size + fields + sum(map(len, self.steps))

    def parts(self) -> dict[str, tuple[bytes, ...]]:
        """The bodies that each field is kept in."""
        return {name: (body, *self.added.get(name, ())) for name, body in self.fields.items()}


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
    except (TypeError, zlib.error, msgspec.MsgspecError, UnicodeDecodeError) as exc:
        raise CheckpointDamagedError(where, f"{type(exc).__name__}: {exc}") from exc


RUN_KEY = ("run_key",)
BANK_AND_SOURCE = ("bank_id", "source_id")

ITEMS = "fan_out_items"
"""The engine's field that is kept beside the head: the items of a map may be large."""

_packed_decoder = msgspec.msgpack.Decoder(tuple[dict[str, bytes], list[bytes]])
_head_decoder = msgspec.msgpack.Decoder(Head)


class Codec(Generic[C]):
    """Encodes and decodes the contexts of one dataclass, exactly.

    The class may carry, each as a ``ClassVar``:

    ``schema_version: int`` (1 if it does not) and ``schema_upgrades: dict[int, Upgrade]``, from
    each old version to the one after it; ``renamed: dict[str, str | None]``, from an old name of a
    field to its new one, or to None where what was kept is to be dropped; ``value_codecs:
    tuple[ValueCodec, ...]`` for classes of your own; ``append_only: frozenset[str]``, large lists
    and dicts that are only added to and whose items do not change, so that a save looks at new
    items alone (a dict that grew is written whole); and ``working_fields: frozenset[str]``, the
    fields that only a run needs that has yet to complete: a completed run is kept without them,
    and read with their defaults. One without a default is then empty.

    Args:
        context_type: The dataclass.

    Raises:
        ContextTypeError: It is no dataclass, or a field could not be kept.
    """

    def __init__(self, context_type: type[C]) -> None:
        if not dataclasses.is_dataclass(context_type):
            raise ContextTypeError(f"{context_type.__name__} is not a dataclass")
        self.context_type = context_type
        self.version: int = getattr(context_type, "schema_version", 1)
        self._upgrades: dict[int, Upgrade] = getattr(context_type, "schema_upgrades", {})
        fields = dataclasses.fields(context_type)
        self._key_fields = _key_fields(context_type)
        own = {*self._key_fields, "step_log", *Head.NAMES}
        self.names: tuple[str, ...] = tuple(f.name for f in fields if f.name not in own)
        self._own_names = tuple(name for name in self.names if name != ITEMS)
        self._declared = frozenset(own).union(self.names)
        self._check_slots()
        classes = Classes(context_type)
        self._values = Values(classes, getattr(context_type, "value_codecs", ()))
        try:
            self._shapes = Shapes(self._values, classes).fields(context_type, self.names)
            self._hints = resolved(context_type)
        except UnkeepableError as exc:
            raise ContextTypeError(str(exc)) from exc
        self._decoders = {name: _decoder(self._hints[name]) for name in self.names}
        self.working = self._named("working_fields")
        self.append_only = self._named("append_only")
        self.history = self._history()
        required = {
            f.name
            for f in fields
            if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
        }
        if left_out := sorted(required & set(self.names) - self.history - self.working):
            raise ContextTypeError(
                f"history_fields of {context_type.__name__} leaves out {left_out[0]!r}, which has "
                "no default: name it too, or give it a default"
            )
        self._empty = {name: self._hints[name]() for name in self.working & required}

    def _named(self, attribute: str) -> frozenset[str]:
        names = frozenset[str](getattr(self.context_type, attribute, ()))
        if unknown := sorted(names.difference(self.names)):
            raise ContextTypeError(
                f"{attribute} of {self.context_type.__name__} names {unknown[0]!r}, which is no "
                "field of it"
            )
        return names

    def _history(self) -> frozenset[str]:
        """The fields that an earlier run is kept with."""
        if hasattr(self.context_type, "history_fields"):
            return self._named("history_fields")
        return frozenset(self._own_names) - self.working

    def _check_slots(self) -> None:
        kind = self.context_type
        missing = [name for name in ("status", "fan_out") if not hasattr(kind, name)]
        if missing and not kind.__dictoffset__:
            raise ContextTypeError(
                f"{kind.__name__} has slots, and none for {' and '.join(missing)}: declare them, "
                "as retain.engine.RunContext does, or leave slots=True out"
            )

    def admit(self, ctx: C) -> None:
        """See that `ctx` is what this codec keeps, and holds nothing that would be lost.

        Raises:
            CheckpointError: It is of another class, or has an attribute that is no field.
        """
        kind = type(ctx)
        if kind is not self.context_type:
            raise CheckpointError(
                f"this checkpoint keeps {self.context_type.__qualname__}, not {kind.__qualname__}: "
                f"make it with context_type={kind.__name__}"
            )
        if extra := undeclared(ctx, self._declared):
            raise CheckpointError(
                f"{kind.__name__} has no field {extra[0]!r}, so its value would be lost: declare "
                "it, or keep it in the services"
            )

    def encode_head(self, head: Head) -> bytes:
        """The head as bytes.

        Raises:
            CheckpointError: A field of the engine's holds what is none of its values.
        """
        try:
            try:
                return _encoder.encode(head)
            except UnicodeEncodeError:
                return _encoder.encode(dataclasses.replace(head, errors=[*map(_text, head.errors)]))
        except (TypeError, ValueError, OverflowError) as exc:
            raise CheckpointError(f"the engine's own fields cannot be kept: {exc}") from exc

    def encode_step(self, entry: StepLogEntry) -> bytes:
        """One entry of the step log as bytes.

        Raises:
            CheckpointError: Its notes hold what cannot be kept.
        """
        error, notes = entry.error, entry.notes
        try:
            if not is_plain(notes):
                notes = self._values.wire(notes)
            row = (entry.state, entry.started_at, entry.completed_at, entry.duration_ms)
            try:
                return _encoder.encode((*row, error, notes))
            except UnicodeEncodeError:
                error = None if error is None else _text(error)
                return _encoder.encode((*row, error, notes))
        except (UnkeptError, TypeError, ValueError, OverflowError, RecursionError) as exc:
            raise CheckpointError(
                f"the notes of step {entry.state!r} cannot be kept: {exc}"
            ) from exc

    def encode_field(self, name: str, value: Any) -> bytes:
        """The value of a field as bytes, from which `decode` makes the same value.

        A long list or dict is encoded in many short calls, each of which lets other threads go on.

        Raises:
            CheckpointError: It does not fit its annotation, or holds what cannot be kept.
        """
        try:
            if self._shapes[name].check(value) and self._decoders[name] is not None:
                # A number of more than 64 bits is kept with a tag.
                with suppress(OverflowError):
                    return _encode(value)
            return _TAGGED + _encode(self._values.wire(value))
        except RecursionError:
            reason = "it is nested too deeply, or holds itself"
        except MisfitError as exc:
            reason = f"{exc}: assign what is declared, or declare what is assigned"
        except (UnkeptError, TypeError, ValueError, OverflowError) as exc:
            reason = str(exc)
        raise CheckpointError(
            f"field {name!r} of {self.context_type.__name__} cannot be kept: {reason}"
        )

    def decode(self, key: RunKey, stored: Stored, where: str, *, earlier: bool = False) -> C:
        """The context that `stored` holds.

        Args:
            key: The run's key.
            stored: What was kept.
            where: Names the checkpoint in errors.
            earlier: Whether another run has replaced this one, which has its history fields alone.

        Raises:
            CheckpointDamagedError: It does not read back.
            CheckpointSchemaError: It is sound, and does not fit the class any more.
            CheckpointVersionError: It was written by a newer release.
        """
        try:
            newer = stored.version > self.version
        except TypeError as exc:
            raise CheckpointDamagedError(where, f"its version is no number: {exc}") from exc
        if newer:
            raise CheckpointVersionError(where, stored.version, self.version)
        head = decode_head(stored.head, where)
        try:
            values = self._own(key, head, stored) | self._fields(stored, head, earlier)
            again = values
            if hasattr(self.context_type, "__post_init__"):
                again = self._own(key, head, stored) | self._fields(stored, head, earlier)
            return rebuild(self.context_type, values, again)
        except SchemaError as exc:
            raise CheckpointSchemaError(where, str(exc)) from exc
        except Exception as exc:  # a value with a tag may be damaged in any way
            raise CheckpointDamagedError(where, f"{type(exc).__name__}: {exc}") from exc

    def _own(self, key: RunKey, head: Head, stored: Stored) -> dict[str, Any]:
        """The engine's fields. One whose class has a default is new each time."""
        own: dict[str, Any] = {name: getattr(head, name) for name in Head.NAMES}
        steps = [StepLogEntry(*self._values.step_decoder.decode(raw)) for raw in stored.steps]
        return own | self._key_values(key) | {"step_log": steps}

    def _key_values(self, key: RunKey) -> dict[str, Any]:
        """The fields that name the run."""
        if self._key_fields == RUN_KEY:
            hint = self._hints["run_key"]
            as_text = len(key) == 1 and (hint is str or str in get_args(hint))
            return {"run_key": key[0] if as_text else key}
        if self._key_fields and len(key) != len(self._key_fields):
            raise SchemaError(
                f"{self.context_type.__name__} names its runs by bank_id and source_id, and this "
                f"key has {len(key)} strings: load it with its own context class"
            )
        return dict(zip(self._key_fields, key, strict=False))

    def _fields(self, stored: Stored, head: Head, earlier: bool) -> dict[str, Any]:
        read = self._current if stored.version == self.version else self._upgraded
        values = read(stored)
        return {**self._empty, **values} if earlier or head.status in ENDED else values

    def _current(self, stored: Stored) -> dict[str, Any]:
        parts = stored.parts()
        items = parts.pop(ITEMS, None)  # the engine's: no new name of a field that is gone
        kept = renamed(self.context_type, parts, self._own_names, self._plain_whole)
        if items is not None and ITEMS in self.names:
            kept[ITEMS] = items
        return {
            name: _whole([self.decode_field(name, body) for body in bodies])
            for name, bodies in kept.items()
        }

    def _upgraded(self, stored: Stored) -> dict[str, Any]:
        plain = {name: self._plain_whole(bodies) for name, bodies in stored.parts().items()}
        items = plain.pop(ITEMS, None)
        for version in range(stored.version, self.version):
            upgrade = self._upgrades.get(version)
            try:
                plain = plain if upgrade is None else upgrade(plain)
            except Exception as exc:
                raise SchemaError(
                    f"its upgrade from schema version {version} raised {type(exc).__name__}: {exc}"
                ) from exc
        values = renamed(self.context_type, plain, self._own_names)
        if items is not None and ITEMS in self.names:
            values[ITEMS] = items
        return {name: self._converted(name, value) for name, value in values.items()}

    def _plain_whole(self, bodies: Sequence[bytes]) -> Any:
        return _whole([self._plain(body) for body in bodies])

    def _plain(self, body: bytes) -> Any:
        if body.startswith(_TAGGED):
            return self._values.read_plain(memoryview(body)[1:])
        return msgspec.msgpack.decode(body)

    def joined(self, name: str, bodies: Sequence[bytes]) -> bytes:
        """The bytes of a list that is kept in several parts, as one.

        Raises:
            CheckpointError: They do not read back as what the field declares.
        """
        try:
            return self.encode_field(name, _whole([self.decode_field(name, b) for b in bodies]))
        except (SchemaError, ValueError) as exc:
            raise CheckpointError(f"field {name!r} of an earlier run: {exc}") from exc

    def decode_field(self, name: str, body: bytes) -> Any:
        """The value that `encode_field` made `body` of.

        Raises:
            SchemaError: It is sound, and does not fit the annotation of this class.
            ValueError: It does not read back.
        """
        try:
            try:
                return self._value(name, body)
            except (msgspec.ValidationError, MisfitError) as exc:
                self._plain(body)  # what is damaged is no change of the class
                raise SchemaError(
                    f"field {name!r} was kept, and is declared {shown(self._hints[name])}: {exc}; "
                    "raise schema_version, and say in schema_upgrades how to convert what was kept"
                ) from exc
        except SchemaError:
            raise
        except Exception as exc:  # a damaged value with a tag may raise anything
            raise ValueError(f"field {name!r}: {type(exc).__name__}: {exc}") from exc

    def _value(self, name: str, body: bytes) -> Any:
        decoder = self._decoders[name]
        if body.startswith(_TAGGED):
            value = self._values.read(memoryview(body)[1:])
        elif decoder is not None:
            return decoder.decode(body)
        else:
            value = msgspec.msgpack.decode(body)
        self._shapes[name].check(value)
        return value

    def _converted(self, name: str, value: Any) -> Any:
        """A value of an upgrade's as its annotation says."""
        with suppress(MisfitError):
            self._shapes[name].check(value)
            return value
        try:
            return msgspec.convert(value, self._hints[name], dec_hook=_made)
        except (msgspec.ValidationError, TypeError, ValueError) as exc:
            raise SchemaError(f"field {name!r}, as the upgrades leave it: {exc}") from exc


def _key_fields(kind: type[Any]) -> tuple[str, ...]:
    """The fields of a context that its run's key stands for; none where it computes its key."""
    names = {f.name for f in dataclasses.fields(kind)}
    if "run_key" in names:
        return RUN_KEY
    if getattr(kind, "run_key", RunContext.run_key) is not RunContext.run_key:
        return ()
    if names.issuperset(BANK_AND_SOURCE):
        return BANK_AND_SOURCE
    raise ContextTypeError(
        f"{kind.__name__} does not name its run: let it inherit from KeyedContext, or give it a "
        "field run_key: str"
    )


def _whole(parts: list[Any]) -> Any:
    """A value of its parts: a list and what was added to it."""
    return parts[0] if len(parts) == 1 else [item for part in parts for item in part]


def _made(kind: type[Any], value: Any) -> Any:
    return value if isinstance(value, kind) else kind(value)


def _decoder(hint: Any) -> msgspec.msgpack.Decoder[Any] | None:
    """What reads values of an annotation; None for one that msgspec cannot read by itself.

    Such as a union that does not tell its types apart, or a class of attrs whose defaults are made
    of the object.
    """
    try:
        return msgspec.msgpack.Decoder(hint)
    except (TypeError, NotImplementedError):
        return None


def head_of(ctx: EngineContext) -> Head:
    """The engine's own part of `ctx`; a context that declares less than it is complete too."""
    return Head(
        str.__str__(ctx.last_state),
        getattr(ctx, "status", RunStatus.RUNNING),
        [*map(text_of, ctx.errors)],
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
    except (msgspec.MsgspecError, UnicodeDecodeError, TypeError) as exc:
        raise CheckpointDamagedError(where, str(exc)) from exc


def _text(error: str) -> str:
    """An error as text that every backend keeps: a file's name in it may hold odd bytes."""
    return error.encode("utf-8", "backslashreplace").decode()


def _encode(value: Any) -> bytes:
    """As MessagePack (https://github.com/msgpack/msgpack/blob/master/spec.md), in short calls."""
    kind = cast("type[Any]", type(value))
    if kind is list and len(value) > _CHUNK:
        return _many(b"\xdc", len(value), value, _encoder.encode)
    if kind is dict and len(value) > _CHUNK:
        return _many(b"\xde", len(value), value.items(), _encode_pair)
    return _encoder.encode(value)


def _encode_pair(pair: tuple[Any, Any]) -> bytes:
    return _encoder.encode(pair[0]) + _encoder.encode(pair[1])


def _many(code: bytes, size: int, items: Iterable[Any], encode: Callable[[Any], bytes]) -> bytes:
    wide = size >= 1 << 16
    parts = [bytes([code[0] + wide]) + size.to_bytes(4 if wide else 2, "big")]
    ahead = iter(items)
    while some := list(islice(ahead, _CHUNK)):
        parts.append(b"".join(map(encode, some)))
        sleep(0)  # hands over the interpreter, which a thread keeps for 5 ms otherwise
    return b"".join(parts)
