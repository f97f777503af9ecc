"""Contexts to bytes and back: schema versions, what cannot be kept, what cannot change."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any, ClassVar, Literal
from uuid import UUID

import msgspec
import pytest

from retain.checkpoints.codec import Codec, Stored, decode_head, head_of
from retain.checkpoints.unchanged import immutable, items_of, shallow_copy, trace
from retain.engine.context import RunContext, StepLogEntry, key_of
from retain.errors import (
    CheckpointDamagedError,
    CheckpointError,
    CheckpointSchemaError,
    CheckpointVersionError,
)
from retain.memory.context import RetainContext
from retain.memory.model import Fact, Section
from retain.testing.checkpoints import Second, Slotted, whole

NOON = datetime(2024, 2, 29, 12, tzinfo=UTC)


class Colour(Enum):
    RED = "red"


@dataclass(frozen=True)
class Tree:
    name: str
    children: tuple[Tree, ...] = ()


@dataclass(frozen=True)
class Box:
    items: list[int]


@dataclass(frozen=True)
class Holds:
    """Frozen, but not what it holds."""

    box: Box | None
    children: tuple[Holds, ...] = ()


@dataclass(frozen=True, slots=True)
class Atoms:
    kind: Literal["a", "b"]
    colour: Colour
    words: frozenset[str]
    when: datetime | None
    pair: tuple[int, ...]
    known: ClassVar[int] = 1


@dataclass
class Mutable:
    n: int = 0


@dataclass
class Everything(RunContext):
    """A field of every type that a context may hold."""

    flag: bool = True
    number: int = -(1 << 63)
    share: float = 0.1
    data: bytes = b"\0\xff"
    day: date = date(2024, 2, 29)
    at: time = time(23, 59, 59, 999999)
    naive: datetime = datetime(2024, 2, 29, 12)
    east: datetime = datetime(1, 1, 2, tzinfo=timezone(timedelta(hours=14)))
    took: timedelta = timedelta(days=-1, microseconds=1)
    price: Decimal = Decimal("0.10")
    name: UUID = field(default_factory=lambda: UUID(int=7))
    colour: Colour = Colour.RED
    kind: Literal["a", "b"] = "b"
    words: set[str] = field(default_factory=lambda: {"b", "a"})
    fixed: frozenset[int] = frozenset({1})
    pairs: list[tuple[int, str]] = field(default_factory=lambda: [(1, "a")])
    by_number: dict[int, list[Mutable]] = field(default_factory=lambda: {1: [Mutable(2)]})
    tree: Tree = field(default_factory=lambda: Tree("a", (Tree("b"),)))
    atoms: Atoms = Atoms("a", Colour.RED, frozenset({"x"}), None, (1, 2))
    made: int = field(default=3, init=False)
    many: list[int] = field(default_factory=lambda: list(range(70_000)))


def stored(codec: Codec[Any], ctx: Any, **fields: Any) -> Stored:
    encoded = {name: codec.encode_field(name, getattr(ctx, name)) for name in codec.names}
    encoded |= {name: msgspec.msgpack.encode(value) for name, value in fields.items()}
    steps = [codec.encode_step(entry) for entry in ctx.step_log]
    return Stored(codec.version, codec.encode_head(head_of(ctx)), encoded, steps)


def round_trip(ctx: Any) -> Any:
    codec = Codec(type(ctx))
    return codec.decode(key_of(ctx), stored(codec, ctx), "here")


@pytest.mark.parametrize("ctx", [whole(), Everything("b", "s"), Slotted("b", "s", "text")])
def test_every_type_comes_back(ctx):
    assert round_trip(ctx) == ctx
    assert type(round_trip(ctx)) is type(ctx)


def test_a_field_that_init_does_not_take_comes_back():
    ctx = Everything("b", "s")
    ctx.made = 9
    assert round_trip(ctx).made == 9


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 65_535, 65_536, 70_000])
def test_a_list_encodes_alike_at_every_length(size):
    codec = Codec(Everything)
    items = list(range(size))
    assert codec.encode_field("many", items) == msgspec.msgpack.encode(items)


def test_only_a_dataclass_is_a_context():
    with pytest.raises(TypeError, match="int is not a dataclass"):
        Codec(int)  # type: ignore[type-var]


def test_a_newer_schema_is_refused():
    codec = Codec(RetainContext)
    with pytest.raises(CheckpointVersionError, match="checkpoint here has schema version 3"):
        codec.decode(("b", "s"), replace(stored(codec, whole()), version=3), "here")


def test_an_older_schema_is_upgraded_step_by_step():
    @dataclass
    class Third(RunContext):
        schema_version: ClassVar[int] = 4
        schema_upgrades: ClassVar[dict[int, Any]] = {
            1: lambda values: values | {"seen": [1]},
            3: lambda values: values | {"seen": [*values["seen"], 3]},
        }
        seen: list[int] = field(default_factory=list)

    codec = Codec(Third)
    head = codec.encode_head(head_of(Third("b", "s")))
    old = Stored(1, head, {"gone": b"\x01"}, [])
    assert codec.decode(("b", "s"), old, "here").seen == [1, 3]


def test_what_an_upgrade_gives_is_checked():
    codec = Codec(Second)
    head = codec.encode_head(head_of(Second("b", "s")))
    for fields in ({"name": b"\xa1a", "kept": b"\x01"}, {"name": b"\xa1a"}):
        with pytest.raises(CheckpointSchemaError, match=r"upgrade"):
            codec.decode(("b", "s"), Stored(1, head, fields, []), "here")
    with pytest.raises(CheckpointDamagedError, match=r"^damaged checkpoint here"):
        codec.decode(("b", "s"), Stored(1, head, {"name": b"\xc1"}, []), "here")


@pytest.mark.parametrize("bad", [b"", b"\xc1", b"\xdc", b"\xa1\xff"])
def test_what_does_not_read_back_is_damage(bad):
    codec = Codec(RetainContext)
    good = stored(codec, whole())
    for damaged in (
        replace(good, head=bad),
        replace(good, steps=[bad]),
        replace(good, fields={**good.fields, "facts": bad}),
    ):
        with pytest.raises(CheckpointDamagedError, match=r"^damaged checkpoint here"):
            codec.decode(("b", "s"), damaged, "here")
    with pytest.raises(CheckpointDamagedError, match="here"):
        decode_head(bad, "here")
    with pytest.raises(CheckpointDamagedError, match="field 'facts'"):
        codec.decode(("b", "s"), replace(good, fields={**good.fields, "facts": bad}), "here")


def test_a_missing_field_takes_its_default_or_is_named():
    codec = Codec(RetainContext)
    good = stored(codec, whole())
    few = {"md_text": good.fields["md_text"]}
    assert codec.decode(("b", "s"), replace(good, fields=few), "here").title is None
    with pytest.raises(CheckpointSchemaError, match="md_text"):
        codec.decode(("b", "s"), replace(good, fields={}), "here")


def test_an_unknown_field_is_let_go():
    codec = Codec(RetainContext)
    extra = stored(codec, whole(), unheard_of=1)
    assert codec.decode(("bank", "source"), extra, "here") == whole()


@pytest.mark.parametrize("bad", [object(), {"x": {1: print}}, "\ud800", [print] * 300])
def test_what_cannot_be_kept_names_its_field(bad):
    with pytest.raises(CheckpointError, match="field 'meta' of RetainContext cannot be kept"):
        Codec(RetainContext).encode_field("meta", bad)


@pytest.mark.parametrize("bad", [object(), print, "\ud800"])
def test_notes_that_cannot_be_kept_name_their_step(bad):
    entry = StepLogEntry("READ", NOON, error="no", notes={"bad": bad})
    with pytest.raises(CheckpointError, match="notes of step 'READ' cannot be kept"):
        Codec(RetainContext).encode_step(entry)


def test_notes_that_are_no_text_name_their_step_without_an_error_too():
    entry = StepLogEntry("READ", NOON, notes={"bad": "\udc80"})
    with pytest.raises(CheckpointError, match="'READ'"):
        Codec(RetainContext).encode_step(entry)


@pytest.mark.parametrize(
    "kind", [str, int, bool, bytes, type(None), datetime, Decimal, UUID, Colour, Section, Fact]
)
def test_values_that_cannot_change(kind):
    assert immutable(kind)


@pytest.mark.parametrize("kind", [Tree, Atoms])
def test_frozen_dataclasses_of_such_cannot_change(kind):
    assert immutable(kind)


@pytest.mark.parametrize("kind", [list, dict, set, Mutable, Box, Holds, object])
def test_values_that_may_change(kind):
    assert not immutable(kind)


def test_a_type_that_cannot_be_seen_may_change():
    class Hidden: ...

    @dataclass(frozen=True)
    class Local:
        thing: Hidden

    assert not immutable(Local)


def unchanged(value: Any, change: Any) -> bool:
    """Whether `value` seems to be the one that it was before `change`."""
    traced = trace(items_of(value).copy())
    change(value)
    return traced is not None and traced.begins(items_of(value))


def nothing(value: Any) -> None:
    """Leave it as it is."""


@pytest.mark.parametrize(
    "value",
    ["text", [], [1, "a"], {"a": [1]}, [{"a": 1}], {"a": {1}}, (1, [2]), Mutable(), Box([1]),
     [Holds(Box([1]))], [{"a": [Mutable()]}], [1, [2, (3, {4})]], whole().facts],
)  # fmt: skip
def test_what_did_not_change_is_seen_without_encoding_it(value):
    assert unchanged(value, nothing)


@pytest.mark.parametrize(
    ("value", "change"),
    [
        ([1], lambda v: v.__setitem__(0, True)),
        ([{"a": 1}], lambda v: v[0].update(a=2)),
        ([{"a": 1}], lambda v: v[0].update(a=True)),
        ([{"a": 1}], lambda v: v[0].update(b=2)),
        ([{"a": [1]}], lambda v: v[0]["a"].append(2)),
        ({"a": {1}}, lambda v: v["a"].add(2)),
        ({"a": 1}, lambda v: v.update(a=1.0)),
        ([Mutable()], lambda v: setattr(v[0], "n", 1)),
        ([Box([1])], lambda v: v[0].items.append(1)),
        ([(1, [2])], lambda v: v[0][1].clear()),
        ([[1], [2]], lambda v: v.reverse()),
    ],
)
def test_any_change_is_seen(value, change):
    assert not unchanged(value, change)


def test_what_holds_more_than_can_be_seen_may_have_changed():
    deep: list[Any] = []
    for _ in range(100):
        deep = [deep]
    for value in ([object()], [{"a": bytearray(b"a")}], deep):
        assert trace(value) is None


def test_a_copy_does_not_follow_its_value():
    for value in ([1], {"a": 1}):
        copy = shallow_copy(value)
        assert copy == value
        assert copy is not value
    text = "text"
    assert shallow_copy(text) is text
