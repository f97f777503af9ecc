"""Classes with fields: attrs, and what of them has changed when a run is loaded."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import attrs
import msgspec
import pytest
from pydantic import BaseModel
from tests.unit.checkpoints.test_exact_values import kept, newer, reread

from retain.checkpoints.codec import Codec
from retain.checkpoints.memory import MemoryCheckpoint
from retain.checkpoints.records import SchemaError
from retain.checkpoints.values import ValueCodec, Values
from retain.engine import KeyedContext, RunContext, StepLogEntry
from retain.errors import CheckpointDamagedError, CheckpointError, CheckpointSchemaError

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@attrs.define
class Leg:
    start: str
    stops: list[str] = attrs.Factory(list)
    label: str = attrs.Factory(lambda self: self.start.upper(), takes_self=True)
    km: int = 0


class Model(BaseModel):
    name: str
    tags: list[str] = []


class Place(NamedTuple):
    name: str


class Struct(msgspec.Struct):
    name: str


@dataclass
class Checked:
    name: str

    def __post_init__(self) -> None:
        if self.name == "refused":
            raise ValueError("no such name")


@dataclass
class Trip(RunContext):
    leg: Leg = field(default_factory=lambda: Leg("Rome"))
    thing: Any = None


def changed(monkeypatch: pytest.MonkeyPatch, name: str, kind: type[Any]) -> None:
    """Have a class of this module be another one, as after a release."""
    kind.__name__ = kind.__qualname__ = name
    kind.__module__ = __name__
    monkeypatch.setitem(globals(), name, kind)


def test_an_object_of_attrs_comes_back_with_all_its_fields():
    leg = Leg("Rome", ["Bari"], "R-B", 450)
    ctx = Trip("b", "s", leg=leg, thing=[leg])
    assert kept(ctx) == ctx
    assert type(kept(ctx).thing[0]) is Leg


def test_new_fields_of_attrs_get_their_defaults_and_those_without_are_named(monkeypatch):
    async def load(checkpoint: MemoryCheckpoint[Trip]) -> Any:
        other = MemoryCheckpoint(Trip)  # it has not seen the class before
        other._runs = checkpoint._runs
        ctx = await other.load("b", "s")
        assert ctx is not None
        return ctx.thing

    async def main() -> None:
        checkpoint = MemoryCheckpoint(Trip)
        await checkpoint.save(Trip("b", "s", thing=Leg("Rome", ["Bari"])))

        @attrs.define
        class More:
            start: str
            stops: list[str]
            label: str
            km: int
            via: list[str] = attrs.Factory(list)
            toll: int = 7

        changed(monkeypatch, "Leg", More)
        thing = await load(checkpoint)
        assert (thing.start, thing.via, thing.toll) == ("Rome", [], 7)

        @attrs.define
        class Needs:
            start: str
            stops: list[str]
            label: str
            km: int
            driver: str

        changed(monkeypatch, "Leg", Needs)
        with pytest.raises(CheckpointSchemaError, match="field 'driver' of Leg, which has no"):
            await load(checkpoint)

        @attrs.define
        class Derives:
            start: str
            stops: list[str]
            label: str
            km: int
            title: str = attrs.Factory(lambda self: self.start, takes_self=True)

        changed(monkeypatch, "Leg", Derives)
        with pytest.raises(CheckpointSchemaError, match="field 'title' of Leg, which has no"):
            await load(checkpoint)

    asyncio.run(main())


@pytest.mark.parametrize(
    ("value", "name", "kind", "told"),
    [
        (
            Model(name="a"),
            "Model",
            type("Model", (BaseModel,), {"__annotations__": {"name": str, "age": int}}),
            "field 'age' of Model is new and has no default",
        ),
        (
            Place("a"),
            "Place",
            NamedTuple("Place", [("name", str), ("zip_code", str)]),
            "Place refuses what was kept",
        ),
        (
            Struct("a"),
            "Struct",
            type("Struct", (msgspec.Struct,), {"__annotations__": {"name": str, "size": int}}),
            "Struct refuses what was kept",
        ),
    ],
)
def test_an_object_whose_class_needs_more_is_told_with_its_class(
    value, name, kind, told, monkeypatch
):
    async def main() -> None:
        before, after = MemoryCheckpoint(Trip), MemoryCheckpoint(Trip)
        after._runs = before._runs
        await before.save(Trip("b", "s", thing=value))
        changed(monkeypatch, name, kind)
        with pytest.raises(CheckpointSchemaError, match=told):
            await after.load("b", "s")

    asyncio.run(main())


def test_a_new_field_of_a_model_gets_its_default(monkeypatch):
    async def main() -> None:
        before, after = MemoryCheckpoint(Trip), MemoryCheckpoint(Trip)
        after._runs = before._runs
        await before.save(Trip("b", "s", thing=Model(name="a")))
        hints = {"name": str, "tags": list[str], "seen": list[int]}
        space = {"__annotations__": hints, "tags": [], "seen": [1]}
        changed(monkeypatch, "Model", type("Model", (BaseModel,), space))
        ctx = await after.load("b", "s")
        assert ctx is not None
        assert (ctx.thing.name, ctx.thing.seen) == ("a", [1])

    asyncio.run(main())


def test_a_class_that_refuses_what_was_kept_says_so():
    value = Checked("fine")
    value.name = "refused"
    ctx = Trip("b", "s", thing=value)
    with pytest.raises(CheckpointSchemaError, match=r"__post_init__ of Checked refuses.*no such"):
        kept(ctx)


def test_a_subclass_of_an_annotation_is_found_wherever_it_was_made():
    @dataclass
    class Event:
        at: int = 0

    @dataclass
    class Local(Event):
        what: str = ""

    @dataclass
    class Diary(RunContext):
        events: list[Any] = field(default_factory=list)

    Diary.__annotations__ = {"events": list[Event]}
    codec = Codec(Diary)
    events = [Local(1, "rain"), Event(2)]
    body = codec.encode_field("events", events)
    assert Codec(Diary).decode_field("events", body) == events  # by one that has not seen it


def given_to_an_upgrade(ctx: Any, **more: Any) -> Any:
    """What the upgrade of a newer class is given for the field `thing`."""
    seen: list[Any] = []

    def upgrade(values: dict[str, Any]) -> dict[str, Any]:
        seen.append(values["thing"])
        return {"thing": None}

    version = {"schema_version": (ClassVar[int], 2)}
    upgrades = {"schema_upgrades": (ClassVar[dict], {1: upgrade})}
    reread(ctx, newer(**version, **upgrades, **more, thing=(Any, None)))
    return seen[0]


def test_what_an_upgrade_is_given_is_free_of_classes():
    thing = (Model(name="a", tags=["x"]), Leg("Rome"), Checked("c"))
    assert given_to_an_upgrade(Trip("b", "s", thing=thing)) == (
        {"name": "a", "tags": ["x"]},
        {"start": "Rome", "stops": [], "label": "ROME", "km": 0},
        {"name": "c"},
    )


def test_an_upgrade_is_given_records_of_sets_and_keys_as_lists():
    thing = [{Place("a")}, {Place("a"): 1}, {1, 2}, {(1, 2): 3}]
    plain = [[{"name": "a"}], [[{"name": "a"}, 1]], {1, 2}, {(1, 2): 3}]
    assert given_to_an_upgrade(Trip("b", "s", thing=thing)) == plain


def test_a_member_or_a_codec_that_is_gone_is_a_change_of_the_class():
    class Money:
        def __init__(self, cents: int) -> None:
            self.cents = cents

    codec = ValueCodec(Money, lambda m: m.cents, Money, name="money")
    paid = newer(value_codecs=(ClassVar[tuple], (codec,)), thing=(Any, None))
    with pytest.raises(CheckpointSchemaError, match="ValueCodec 'money', which the context has no"):
        reread(paid("b", "s", thing=Money(5)), newer(thing=(Any, None)))


def test_an_extension_of_somebody_elses_is_damage():
    values = Values(Codec(Trip)._values._classes)
    with pytest.raises(ValueError, match="unknown code 9"):
        values.read(msgspec.msgpack.encode(msgspec.msgpack.Ext(9, b"")))


def test_a_version_that_is_no_number_is_damage():
    async def main() -> None:
        checkpoint = MemoryCheckpoint(Trip)
        await checkpoint.save(Trip("b", "s"))
        for run in checkpoint._runs.values():
            run.version = "two"  # type: ignore[assignment]
        with pytest.raises(CheckpointDamagedError, match="its version is no number"):
            await checkpoint.load("b", "s")

    asyncio.run(main())


def test_what_the_engine_keeps_must_be_what_it_is():
    ctx = Trip("b", "s")
    ctx.completed_at = 2**70  # type: ignore[assignment]
    with pytest.raises(CheckpointError, match="the engine's own fields cannot be kept"):
        kept(ctx)


def test_schema_errors_are_told_apart_from_values():
    assert not issubclass(SchemaError, ValueError)


NUMBERS = [0, 2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 10**40]


@pytest.mark.parametrize("inside", [list, tuple, lambda numbers: {n: -n for n in numbers}])
def test_whole_numbers_of_any_size_come_back(inside):
    value = inside(NUMBERS)
    assert kept(Trip("b", "s", thing=value)).thing == value


KEYED = [
    {(1, 2): 3}, {1.5: "a"}, {b"k": 1}, {None: 0}, {True: 1}, {Place("a"): 1},
    {Place("a"): Place("b")}, {1: {"a": 2}},
]  # fmt: skip


@pytest.mark.parametrize("value", KEYED)
def test_a_dict_by_keys_of_any_kind_comes_back(value):
    again = kept(Trip("b", "s", thing=value)).thing
    assert again == value
    assert list(map(type, again)) == list(map(type, value))


def test_notes_of_a_step_come_back_with_their_types():
    notes = {"pair": (1, 2), "place": Place("a"), "seen": {1, 2}, "plain": [1, {"a": None}]}
    ctx = Trip("b", "s", step_log=[StepLogEntry("A", NOON, NOON, 1.0, None, notes)])
    again = kept(ctx).step_log[0].notes
    assert again == notes
    assert type(again["pair"]) is tuple
    assert type(again["place"]) is Place


def test_a_class_of_the_contexts_own_package_is_imported_when_it_is_needed(tmp_path, monkeypatch):
    package = tmp_path / "trips_of_a_test"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "run.py").write_text(
        "from dataclasses import dataclass\nfrom typing import Any\n"
        "from retain.engine import RunContext\n"
        "@dataclass\nclass Run(RunContext):\n    thing: Any = None\n"
    )
    (package / "legs.py").write_text(
        "from dataclasses import dataclass\n@dataclass\nclass Leg:\n    km: int = 0\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    run, legs = (import_module(f"trips_of_a_test.{name}") for name in ("run", "legs"))

    async def main() -> Any:
        before, after = MemoryCheckpoint(run.Run), MemoryCheckpoint(run.Run)
        after._runs = before._runs
        await before.save(run.Run("b", "s", thing=legs.Leg(5)))
        del sys.modules["trips_of_a_test.legs"]  # as in a process that has not needed it yet
        return await after.load("b", "s")

    assert asyncio.run(main()).thing.km == 5


def test_a_class_of_another_package_is_not_imported(tmp_path, monkeypatch):
    (tmp_path / "elsewhere_of_a_test.py").write_text(
        "from dataclasses import dataclass\n@dataclass\nclass Ferry:\n    km: int = 0\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    elsewhere = import_module("elsewhere_of_a_test")

    async def main() -> None:
        before, after = MemoryCheckpoint(Trip), MemoryCheckpoint(Trip)
        after._runs = before._runs
        await before.save(Trip("b", "s", thing=elsewhere.Ferry(5)))
        del sys.modules["elsewhere_of_a_test"]
        with pytest.raises(CheckpointSchemaError, match="import its module before the run"):
            await after.load("b", "s")
        assert "elsewhere_of_a_test" not in sys.modules

    asyncio.run(main())


def test_a_new_field_that_the_class_itself_sets_needs_no_default():
    dropped = (ClassVar[dict], {"leg": None})
    later = newer(renamed=dropped, thing=(Any, None), size=(int, field(init=False)))
    again = reread(Trip("b", "s", thing=1), later)
    assert again.thing == 1
    assert not hasattr(again, "size")


def test_an_upgrade_gives_plain_values_for_classes_that_are_made_of_them():
    later = newer(
        schema_version=(ClassVar[int], 2),
        schema_upgrades=(ClassVar[dict], {1: lambda values: {"folder": values["thing"]}}),
        folder=(Path, Path()),
    )
    assert reread(Trip("b", "s", thing="a/b"), later).folder == Path("a/b")
    assert reread(Trip("b", "s", thing=Path("a/b")), later).folder == Path("a/b")


def test_an_upgrade_is_given_what_an_own_codec_makes():
    class Money:
        def __init__(self, cents: int) -> None:
            self.cents = cents

    codec = ValueCodec(Money, lambda m: m.cents, Money, name="money")
    codecs = (ClassVar[tuple], (codec,))
    paid = newer(value_codecs=codecs, thing=(Any, None))
    given = given_to_an_upgrade(paid("b", "s", thing=Money(5)), value_codecs=codecs)
    assert type(given) is Money
    assert given.cents == 5


def test_the_items_of_a_map_go_on_in_a_newer_schema():
    ctx = Trip("b", "s")
    ctx.fan_out_items = "[1,2]"
    later = newer(schema_version=(ClassVar[int], 2), thing=(Any, None))
    assert reread(ctx, later).fan_out_items == "[1,2]"


def test_a_key_of_more_strings_than_a_class_names_is_told():
    @dataclass
    class Keyed(KeyedContext):
        thing: Any = None

    async def main() -> None:
        before, after = MemoryCheckpoint(Keyed), MemoryCheckpoint(Trip)
        after._runs = before._runs
        await before.save(Keyed(("a", "b", "c")))
        with pytest.raises(CheckpointSchemaError, match="key has 3 strings"):
            await after.load("a", "b", "c")

    asyncio.run(main())
