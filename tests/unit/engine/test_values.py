"""Values as text come back equal, of the same types; what would not is refused by its place."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retain.engine.values import pack, shown, unpack


class Colour(Enum):
    RED = (1, 2)


class Size(StrEnum):
    BIG = "big"


@dataclass(frozen=True)
class Parcel:
    size: Size
    grams: Decimal
    marks: tuple[str, ...] = ()


@dataclass
class Derived:
    total: int = field(init=False, default=3)


atoms = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec=None))
    | st.binary()
    | st.datetimes(timezones=st.none() | st.just(UTC) | st.timezones())
    | st.dates()
    | st.times()
    | st.timedeltas()
    | st.decimals(allow_nan=False)
    | st.uuids()
    | st.sampled_from([Colour.RED, Size.BIG])
)
hashable = st.recursive(
    atoms, lambda inner: st.tuples(inner, inner) | st.frozensets(inner), max_leaves=3
)
values = st.recursive(
    hashable,
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(hashable, inner)
        | st.dictionaries(st.sampled_from(["$", "v", "of", "a"]), inner)
        | st.sets(hashable)
        | st.builds(Parcel, st.just(Size.BIG), st.decimals(allow_nan=False))
    ),
    max_leaves=8,
)


def types(value: Any) -> Any:
    """The value with its type, as far in as lists and dicts go; sets have no order."""
    if isinstance(value, (list, tuple)):
        return type(value), [types(item) for item in value]
    if isinstance(value, dict):
        return dict, [(types(k), types(v)) for k, v in value.items()]
    return type(value), value


@given(values)
def test_every_value_comes_back_as_it_was(value: Any):
    back = unpack(pack(value))
    assert back == value
    assert types(back) == types(value)


def test_a_zone_comes_back_with_its_name_and_a_fold_as_it_was():
    at = datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=ZoneInfo("Europe/Berlin"))
    back = unpack(pack([at, time(1, tzinfo=timezone(timedelta(hours=2)))]))
    assert (back[0].tzinfo.key, back[0].fold) == ("Europe/Berlin", 1)
    assert back[1] == time(1, tzinfo=timezone(timedelta(hours=2)))


@pytest.mark.parametrize(
    ("value", "where"),
    [
        (object(), "type object cannot"),
        ({"a": [1, OrderedDict()]}, r"type OrderedDict at \['a'\]\[1\] cannot"),
        ([Parcel(Size.BIG, Decimal(1), (bytearray(),))], r"bytearray at \[0\].marks\[0\] cannot"),
        (Derived(), "type Derived cannot"),
        ({1: {2: 1j}}, "type complex"),
    ],
)
def test_what_would_not_come_back_is_refused_by_its_place(value: Any, where: str):
    with pytest.raises(TypeError, match=where):
        pack(value)


def test_a_class_made_in_a_function_is_refused():
    @dataclass
    class Local:
        n: int = 1

    with pytest.raises(TypeError, match="type Local cannot be kept"):
        pack(Local())


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ('{"$": "dataclass", "of": "tests.nowhere:Parcel", "v": {}}', LookupError),
        ('{"$": "dataclass", "of": "os:system", "v": {"command": "x"}}', ValueError),
        ('{"$": "enum", "of": "subprocess:Popen", "v": "x"}', ValueError),
        ('{"$": "nothing", "v": 1}', LookupError),
        ("{", ValueError),
    ],
)
def test_text_that_does_not_fit_is_an_error_and_runs_nothing(text: str, error: type[Exception]):
    with pytest.raises(error):
        unpack(text)


def test_people_are_shown_what_json_has():
    value = {
        "parcel": Parcel(Size.BIG, Decimal("1.50")),
        "at": datetime(2026, 1, 1, tzinfo=ZoneInfo("Europe/Berlin")),
        "day": date(2026, 1, 1),
        "wait": timedelta(hours=1),
        "id": UUID(int=7),
        2: (1, Colour.RED),
    }
    assert shown(pack(value)) == {
        "parcel": {"size": "BIG", "grams": "1.50", "marks": []},
        "at": "2026-01-01T00:00:00 Europe/Berlin",
        "day": "2026-01-01",
        "wait": "1:00:00",
        "id": "00000000-0000-0000-0000-000000000007",
        "2": [1, "RED"],
    }
