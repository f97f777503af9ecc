"""What annotations ask of values: odd annotations, and values that do not fit them."""

from __future__ import annotations

import asyncio
import collections.abc as abc
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from enum import Enum
from pathlib import PurePosixPath
from typing import Annotated, Any, Final, Never, Protocol, TypedDict

import pytest
from tests.unit.checkpoints.test_exact_values import kept
from typing_extensions import TypeAliasType

from retain.checkpoints.codec import Codec
from retain.checkpoints.memory import MemoryCheckpoint
from retain.engine import RunContext
from retain.errors import CheckpointError, CheckpointSchemaError, ContextTypeError

Names = TypeAliasType("Names", list[str])


class Speaks(Protocol):
    word: str


class Message(TypedDict):
    role: str
    text: str


@dataclass
class Dog:
    word: str = "wuff"


@dataclass(slots=True)
class Slim:
    word: str = ""


class Silent:
    def __repr__(self) -> str:
        raise ValueError("no words")


class Colour(Enum):
    RED = 1
    BLUE = 2


class Zone(tzinfo):
    def utcoffset(self, moment: Any) -> timedelta:
        return timedelta(hours=1)


class Trail(PurePosixPath):
    """A path of somebody's own."""


def context(hint: Any, value: Any = None) -> Any:
    """A context with one field `x`."""
    space = {"x": field(default_factory=lambda: value), "__annotations__": {"x": hint}}
    kind: Any = dataclass(type("Ctx", (RunContext,), {**space, "__module__": __name__}))
    return kind("b", "s")


def without_word() -> Slim:
    value = Slim()
    del value.word
    return value


@pytest.mark.parametrize(
    ("hint", "value"),
    [
        (Annotated[int, ["no hash"]], 5),
        (Annotated[list[int], ["no hash"]], [5]),
        (list[None], [None]),
        (Final[int], 5),
        (Names, ["a"]),
        (Speaks, Dog()),
        (abc.Mapping, {"a": 1}),
        (abc.Sequence, [1, "a"]),
        (abc.Sequence[str], "text"),
        (deque, deque([1])),
        (Counter, Counter("aab")),
    ],
)
def test_a_value_of_an_odd_annotation_comes_back(hint, value):
    again = kept(context(hint, value)).x
    assert again == value
    assert type(again) is type(value)


@pytest.mark.parametrize(
    ("hint", "value", "told"),
    [
        (Message, ["no dict"], "list ['no dict'] where Message is declared"),
        (Message, {"role": "user"}, "Message without its key 'text'"),
        (Counter, {"a": 1}, "dict {'a': 1} where Counter is declared"),
        (datetime, "today", "str 'today' where datetime is declared"),
        (int, Silent(), "Silent a value where int is declared"),
        (Slim, without_word(), "Slim without its field 'word'"),
        (datetime, datetime(2024, 1, 1, tzinfo=Zone()), "the time zone"),
        (PurePosixPath, Trail("a"), "a path of type Trail cannot be kept"),
    ],
)
def test_a_value_that_does_not_fit_is_told_with_its_field(hint, value, told):
    with pytest.raises(CheckpointError, match="field 'x' of Ctx cannot be kept") as caught:
        kept(context(hint, value))
    assert told in str(caught.value)


def test_an_annotation_without_values_is_refused():
    with pytest.raises(ContextTypeError, match=r"field 'x' of Ctx: .*Never is no type of values"):
        MemoryCheckpoint(type(context(Never)))


def test_an_annotation_that_its_own_class_hides_is_refused():
    space = {"int": 5, "y": None, "__module__": __name__}
    space["__annotations__"] = {"int": Any, "y": "int | None"}  # where `int` is 5
    hides = dataclass(type("Hides", (RunContext,), space))
    with pytest.raises(ContextTypeError, match="the annotations of Hides"):
        MemoryCheckpoint(hides)


def test_an_annotation_of_a_base_that_cannot_be_resolved_names_its_field():
    class Empty(type(context("Nowhere"))):  # type: ignore[misc]
        pass

    with pytest.raises(ContextTypeError, match=r"field 'x' of .*: its type 'Nowhere' cannot be"):
        MemoryCheckpoint(dataclass(Empty))


def test_a_member_of_an_enum_that_is_gone_is_a_change_of_the_class(monkeypatch):
    async def main() -> None:
        kind = type(context(Any))
        before, after = MemoryCheckpoint(kind), MemoryCheckpoint(kind)
        after._runs = before._runs
        ctx = kind("b", "s")
        ctx.x = Colour.BLUE
        await before.save(ctx)
        fewer = Enum("Colour", {"RED": 1}, module=__name__, qualname="Colour")
        monkeypatch.setitem(globals(), "Colour", fewer)
        with pytest.raises(CheckpointSchemaError, match="Colour has no member 'BLUE'"):
            await after.load("b", "s")

    asyncio.run(main())


def test_a_value_that_no_decoder_reads_is_read_plainly_and_checked():
    kind = type(context(list[Dog] | list[Slim]))  # msgspec does not tell them apart
    codec = Codec(kind)
    assert codec.decode_field("x", codec.encode_field("x", [])) == []
    assert codec.decode_field("x", b"\x90") == []
