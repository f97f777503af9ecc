"""What is saved reads back exactly, or is refused by name before it is kept."""
# ruff: noqa: E501, RUF009 - tables of values, which are read line by line

from __future__ import annotations

import asyncio
import collections.abc as abc
from collections import Counter, OrderedDict, defaultdict, deque
from dataclasses import InitVar, dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntFlag, StrEnum
from fractions import Fraction
from functools import cached_property
from pathlib import Path, PureWindowsPath
from typing import (
    Annotated,
    Any,
    ClassVar,
    Generic,
    Literal,
    NamedTuple,
    NewType,
    TypedDict,
    TypeVar,
)
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pytest
from pydantic import BaseModel, PrivateAttr

from retain.checkpoints.memory import MemoryCheckpoint
from retain.checkpoints.values import ValueCodec
from retain.engine import RunContext
from retain.errors import CheckpointError, CheckpointSchemaError, ContextTypeError

T = TypeVar("T")
Cents = NewType("Cents", int)


class Kind(StrEnum):
    A = "a"


class Rights(IntFlag):
    READ = 1
    WRITE = 2


class Odd(Enum):
    PAIR = (1, 2)


class Point(NamedTuple):
    x: int
    y: int = 0


class Person(TypedDict, total=False):
    name: str
    age: int


class Packed(msgspec.Struct, frozen=True):
    n: int
    tags: tuple[str, ...] = ()


class Model(BaseModel):
    at: datetime
    extra: dict[str, Any] = {}
    _seen: int = PrivateAttr(default=0)


@dataclass
class Event:
    at: int


@dataclass
class Charged(Event):
    receipt: str = ""
    price: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Sealed:
    days: frozenset[date]


@dataclass
class Box(Generic[T]):
    value: T


@dataclass
class Normal:
    name: str
    seen: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.name = self.name.lower()
        self.seen.append(self.name)

    @cached_property
    def length(self) -> int:
        return len(self.name)


class Money:
    def __init__(self, cents: int) -> None:
        self.cents = cents

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Money) and self.cents == other.cents

    __hash__ = None


@dataclass
class Loose(RunContext):
    v: Any = None


@dataclass
class Typed(RunContext):
    """A field of every kind of annotation that needs a tag, or might."""

    text: str = ""
    share: float = 0.0
    number: int = 0
    price: Decimal | None = None
    when: datetime = datetime(2026, 1, 1)
    clock: time = time(0)
    kind: Kind = Kind.A
    odd: Odd = Odd.PAIR
    rights: Rights = Rights.READ
    words: Counter[str] = field(default_factory=Counter)
    by: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    order: OrderedDict[str, int] = field(default_factory=OrderedDict)
    line: deque[int] = field(default_factory=deque)
    path: Path = Path("a/b")
    paths: dict[str, Path] = field(default_factory=dict)
    point: Point = Point(1)
    person: Person = field(default_factory=Person)
    packed: Packed = Packed(1)
    model: Model | None = None
    event: Event | str | None = None
    either: Charged | Sealed | Box[int] | None = None
    moment: str | datetime | UUID = ""
    listed: list[int] | tuple[int, ...] = ()
    items: abc.Sequence[Event] = ()
    table: abc.Mapping[str, int] = field(default_factory=dict)
    vector: np.ndarray = field(default_factory=lambda: np.zeros(2, np.float32))
    normal: Normal = field(default_factory=lambda: Normal("a"))
    cents: Cents = Cents(1)
    limited: Annotated[int, msgspec.Meta(ge=0)] = 0
    mode: Literal["a", 1, None] = None
    keys: dict[tuple[int, int], Decimal] = field(default_factory=dict)


def kept(ctx: Any) -> Any:
    """`ctx` as another process would load it."""

    async def there_and_back() -> Any:
        checkpoint = MemoryCheckpoint(type(ctx))
        await checkpoint.save(ctx)
        return await checkpoint.load(ctx.bank_id, ctx.source_id)

    return asyncio.run(there_and_back())


def alike(a: Any, b: Any) -> bool:
    """Whether two values are equal and of equal types, all through."""
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, dict):
        return alike([*a], [*b]) and alike([*a.values()], [*b.values()])
    if isinstance(a, (list, tuple, deque)):
        return len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, (datetime, time)):
        return repr(a) == repr(b)
    if hasattr(a, "__dataclass_fields__"):
        return all(alike(getattr(a, n), getattr(b, n)) for n in a.__dataclass_fields__)
    return a == b and repr(a) == repr(b)


LISBON = ZoneInfo("Europe/Lisbon")
VALUES = [
    Decimal("19.90"), Decimal("-0"), UUID(int=5), date(2026, 1, 2), timedelta(days=-3, microseconds=1),
    datetime(2026, 1, 2), datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=LISBON, fold=1),
    datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=-3), "BRT")), time(1, 2, tzinfo=LISBON), LISBON, UTC,
    Kind.A, Odd.PAIR, Rights.READ | Rights.WRITE, (1, (2, [3])), {1, "a", (2,)}, frozenset({b"x"}),
    {3: "int", (1, 2): Kind.A, None: 1.0, True: 2}, 1 << 70, -(1 << 70), 1 << 64, 3 + 4j, Fraction(1, 3),
    bytearray(b"\0"), range(1, 9, 2), Counter("aab"), OrderedDict(b=1, a=2), defaultdict(list, a=[1]),
    deque([1, 2], maxlen=2), Path("a/é"), PureWindowsPath("c:/a"), Point(1, 2), Packed(3, ("a",)),
    Charged(1, "r", Decimal(1)), Sealed(frozenset({date(2026, 1, 1)})), Box(Box((1,))), float("inf"),
    np.arange(6, dtype=np.int16).reshape(2, 3), np.float32(1.5), np.float64(2.5), np.array(["a", "bc"]),
    np.datetime64("2026-01-01"), [Decimal(1)] * 600, {str(n): (n,) for n in range(600)},
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES)
def test_a_value_of_any_kind_comes_back_as_it_was(value):
    assert alike(kept(Loose("b", "s", v=value)).v, value)
    assert alike(kept(Loose("b", "s", v={"deep": [value]})).v, {"deep": [value]})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("text", Kind.A), ("share", 3), ("share", np.float64(0.5)), ("share", True), ("number", True),
        ("number", 1 << 80), ("price", Decimal("1.10")), ("when", datetime(2026, 7, 1, tzinfo=LISBON)),
        ("when", datetime(2026, 7, 1, tzinfo=UTC)), ("clock", time(1, tzinfo=UTC)),
        ("rights", Rights(3)), ("words", Counter(a=2)), ("by", defaultdict(list, a=[1])),
        ("order", OrderedDict(b=1, a=2)), ("line", deque([1])), ("paths", {"a": Path("b")}),
        ("point", Point(3, 4)), ("person", {"name": "Ana"}), ("person", {"name": "Ana", "more": (1,)}),
        ("packed", Packed(2, ("x",))), ("event", Charged(1, "r", Decimal(2))), ("event", Event(1)),
        ("event", "text"), ("either", Sealed(frozenset())), ("either", Box(1)), ("moment", "2026-01-01"),
        ("moment", datetime(2026, 1, 1)), ("moment", UUID(int=1)), ("listed", [1]), ("listed", (1,)),
        ("items", [Event(1), Charged(2, "r")]), ("items", (Event(1),)), ("table", {"a": 1}),
        ("vector", np.ones((2, 2), np.float16)), ("cents", Cents(7)), ("limited", -1), ("mode", 1),
        ("keys", {(1, 2): Decimal("0.1")}),
    ],
)  # fmt: skip
def test_a_field_of_any_annotation_comes_back_as_it_was(name, value):
    back = kept(Typed("b", "s", **{name: value}))
    assert alike(getattr(back, name), value)


def test_a_model_of_pydantic_comes_back_with_all_that_it_holds():
    model = Model(at=datetime(2026, 1, 1, tzinfo=LISBON), extra={"a": (1, Decimal(2))})
    model._seen = 3
    back = kept(Typed("b", "s", model=model)).model
    assert back == model
    assert (back._seen, back.extra["a"], back.model_fields_set) == (
        3,
        (1, Decimal(2)),
        {"at", "extra"},
    )
    assert back.at.tzinfo is LISBON


def test_what_a_class_computes_when_it_is_made_is_not_computed_again():
    ctx = Typed("b", "s", normal=Normal("Ana"))
    ctx.normal.name = "Ana"
    assert ctx.normal.length == 3
    back = kept(ctx)
    assert (back.normal.name, back.normal.seen) == ("Ana", ["ana"])


@dataclass
class Counted(RunContext):
    n: int = 0
    log: list[str] = field(default_factory=list)
    start: InitVar[int] = 0

    def __post_init__(self, start: int) -> None:
        self.n += start


@dataclass
class Logged(RunContext):
    log: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.log.append("made")


def test_a_context_is_not_made_anew_when_it_is_loaded():
    assert kept(Counted("b", "s", start=5)).n == 5
    assert kept(Logged("b", "s")).log == ["made"]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"text": None}, "None where str is declared"),
        ({"number": 19.5}, "float 19.5 where int is declared"),
        ({"number": np.int64(3)}, "int64"),
        ({"price": "1.10"}, "str '1.10' where Decimal or NoneType is declared"),
        ({"kind": "a"}, "where Kind is declared"),
        ({"event": Normal("a")}, "where Event or str or NoneType is declared"),
        ({"event": Charged("one")}, "str 'one' where int is declared, in Charged.at"),
        ({"mode": "b"}, "Literal"),
        ({"mode": True}, "Literal"),
        ({"items": [Event(1), Event("2")]}, "Event.at"),
        ({"words": Counter({1: 2})}, "where str is declared"),
        ({"keys": {(1,): Decimal(1)}}, "tuple"),
        ({"by": defaultdict(lambda: 1)}, "defaultdict"),
        ({"person": {"name": 3}}, "int 3 where str is declared"),
        ({"packed": Packed("x")}, "Packed.n"),
        ({"when": datetime(2026, 1, 1, tzinfo=type("Zone", (ZoneInfo,), {})("UTC"))}, None),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_name(fields, told):
    (name,) = fields
    if told is None:  # it has a key, so it is kept as the zone of that key
        assert kept(Typed("b", "s", **fields)).when.tzinfo.key == "UTC"
        return
    with pytest.raises(CheckpointError, match=f"field '{name}' of Typed cannot be kept") as caught:
        kept(Typed("b", "s", **fields))
    assert told in str(caught.value)


class Text(str):
    __slots__ = ()


@pytest.mark.parametrize("value", [Text("a"), object(), print, np.array([object()]), iter([])])
def test_a_value_of_no_known_kind_is_refused_by_name(value):
    with pytest.raises(CheckpointError, match="field 'v' of Loose cannot be kept"):
        kept(Loose("b", "s", v=[value]))


def test_a_class_that_nobody_could_find_again_is_refused():
    @dataclass
    class Local:
        n: int = 0

    with pytest.raises(CheckpointError, match="define it at the top of its module"):
        kept(Loose("b", "s", v=Local()))


def test_an_attribute_that_is_no_field_is_refused():
    ctx = Loose("b", "s")
    ctx.recipt = "r-17"
    with pytest.raises(CheckpointError, match="Loose has no field 'recipt'"):
        kept(ctx)
    event = Event(1)
    event.paid = True
    with pytest.raises(CheckpointError, match="Event with 'paid', which is no field"):
        kept(Typed("b", "s", event=event))
    with pytest.raises(CheckpointError, match="no field 'paid'"):
        kept(Loose("b", "s", v=event))


def test_a_context_of_another_class_is_refused():
    with pytest.raises(CheckpointError, match="keeps RunContext, not Loose"):
        asyncio.run(MemoryCheckpoint(RunContext).save(Loose("b", "s")))


def test_a_codec_of_your_own_keeps_a_class_of_your_own():
    @dataclass
    class Purse(RunContext):
        value_codecs: ClassVar = (ValueCodec(Money, lambda m: (m.cents,), lambda c: Money(*c)),)
        money: Money = field(default_factory=lambda: Money(1))
        every: list[Any] = field(default_factory=list)

    back = kept(Purse("b", "s", money=Money(5), every=[Money(6), (Money(7),)]))
    assert back.money == Money(5)
    assert back.every == [Money(6), (Money(7),)]


class Client:
    pass


def context(hint: Any) -> type[Any]:
    return dataclass(
        type(
            "Ctx",
            (RunContext,),
            {"__annotations__": {"x": hint}, "__module__": __name__, "x": None},
        )
    )


@pytest.mark.parametrize(
    ("hint", "told"),
    [
        (Client, "values of Client cannot be kept"),
        (list[Client], "values of Client"),
        (dict[str, Client | None], "values of Client"),
        ("Missing", "'Missing' cannot be resolved"),
        (abc.Callable[[int], int], "Callable"),
        (abc.Iterator[int], "Iterator"),
        (asyncio.Lock, "values of Lock"),
        (Box["Missing"], "cannot be resolved"),
        (type[Event], "values of"),
        (list[[]], "is no type of values"),
    ],
)
def test_a_type_that_cannot_be_kept_is_one_error_before_anything_runs(hint, told):
    with pytest.raises(ContextTypeError, match="field 'x' of Ctx") as caught:
        MemoryCheckpoint(context(hint))
    assert told in str(caught.value)
    assert isinstance(caught.value, TypeError)


def test_a_context_with_slots_needs_a_place_for_what_the_engine_keeps():
    @dataclass(slots=True)
    class Small:
        bank_id: str
        source_id: str
        last_state: str = "INIT"

    with pytest.raises(ContextTypeError, match="none for status and fan_out"):
        MemoryCheckpoint(Small)


def reread(old: Any, kind: type[Any]) -> Any:
    """What `old` is after its class has become `kind`."""

    async def change() -> Any:
        before, after = MemoryCheckpoint(type(old)), MemoryCheckpoint(kind)
        after._runs = before._runs
        await before.save(old)
        return await after.load("b", "s")

    return asyncio.run(change())


@dataclass
class Old(RunContext):
    paid: list[str] = field(default_factory=list)
    note: Any = None


def newer(**fields: Any) -> type[Any]:
    space = {name: value for name, (_, value) in fields.items()}
    hints = {name: hint for name, (hint, _) in fields.items()}
    return dataclass(
        type("New", (RunContext,), {**space, "__annotations__": hints, "__module__": __name__})
    )


def test_a_renamed_field_keeps_its_value_where_the_class_says_so():
    again = newer(receipts=(list[str], field(default_factory=list)), note=(Any, None))
    with pytest.raises(CheckpointSchemaError, match=r"renamed = \{'paid': 'receipts'\}") as caught:
        reread(Old("b", "s", paid=["r"]), again)
    assert "backup" not in str(caught.value)
    assert reread(Old("b", "s"), again).receipts == []  # nothing would be lost

    said = newer(
        renamed=(ClassVar[dict], {"paid": "receipts"}),
        receipts=(list[str], field(default_factory=list)),
        note=(Any, None),
    )
    assert reread(Old("b", "s", paid=["r"]), said).receipts == ["r"]
    dropped = newer(renamed=(ClassVar[dict], {"paid": None}), other=(int, 0), note=(Any, None))
    assert reread(Old("b", "s", paid=["r"]), dropped).other == 0


def test_what_changed_is_told_as_what_it_is():
    for kind, told in (
        (
            newer(paid=(dict[str, int], field(default_factory=dict)), note=(Any, None)),
            "declared dict",
        ),
        (
            newer(paid=(list[Decimal], field(default_factory=list)), note=(Any, None)),
            "field 'paid'",
        ),
    ):
        with pytest.raises(CheckpointSchemaError, match=told):
            reread(Old("b", "s", paid=["r"]), kind)
    with pytest.raises(CheckpointSchemaError, match="field 'note' was kept, and is declared list"):
        reread(
            Old("b", "s", note=(1, 2)),
            newer(
                paid=(list[str], field(default_factory=list)),
                note=(list[int], field(default_factory=list)),
            ),
        )


def test_an_upgrade_sees_values_and_what_it_gives_is_converted():
    kind = newer(
        schema_version=(ClassVar[int], 2),
        schema_upgrades=(
            ClassVar[dict],
            {1: lambda v: {"event": {"at": 2}, "price": v["note"][0]}},
        ),
        event=(Event | None, None),
        price=(Decimal, Decimal(0)),
    )
    back = reread(Old("b", "s", note=(Decimal("1.5"),)), kind)
    assert (back.event, back.price) == (Event(2), Decimal("1.5"))
    with pytest.raises(
        CheckpointSchemaError, match="upgrade from schema version 1 raised TypeError"
    ):
        reread(Old("b", "s", note=None), kind)
    with pytest.raises(CheckpointSchemaError, match="field 'price', as the upgrades leave it"):
        reread(Old("b", "s", note=("dear",)), kind)


def test_a_name_in_what_is_kept_imports_nothing_and_makes_no_other_object():
    codec = MemoryCheckpoint(Loose).codec
    body = codec.encode_field("v", Event(1))
    for name in (b"subprocess:Popen", b"antigravity:Event", b"os:environ"):
        old = f"{__name__}:Event".encode()
        spoilt = body.replace(old, name.ljust(len(old), b"x"))
        with pytest.raises(Exception, match="there is no class"):
            codec.decode_field("v", spoilt)
