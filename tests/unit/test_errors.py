"""The error tree: codes, fields, and what survives a copy or another process."""

import copy
import inspect
import pickle
import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from retain import errors
from retain.errors import RetainError

ARGUMENTS = {
    "bank_id": "ana",
    "expires_at": datetime(2026, 1, 31, tzinfo=UTC),
    "found": 3,
    "known": 2,
    "nearest": ("Ana", "Anna"),
    "number": 7,
    "retry_after": 1.5,
}


def tree(kind: type[RetainError] = RetainError) -> Iterator[type[RetainError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from tree(child)


def example(kind: type[RetainError]) -> tuple[RetainError, dict[str, object]]:
    """An error of that class, and the fields that it was made with."""
    if not inspect.isfunction(kind.__init__):
        return kind("what happened"), {}
    names = list(inspect.signature(kind).parameters)
    given = {name: ARGUMENTS.get(name, f"its {name}") for name in names}
    return kind(**given), given


KINDS = [kind for kind in tree() if kind.__module__ == errors.__name__]


def test_every_error_has_a_code_of_its_own() -> None:
    assert all("code" in vars(kind) for kind in KINDS)
    codes = [kind.code for kind in KINDS]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", code) for code in codes)


def test_the_tree_is_drawn_as_it_is() -> None:
    drawn = re.findall(r"^[│ ]*[├└]── (\w+) +([a-z-]+) ", errors.__doc__ or "", re.MULTILINE)
    assert drawn[0] == ("TransientError", "transient")
    assert dict(drawn) == {kind.__name__: kind.code for kind in KINDS if kind is not RetainError}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_the_fields_are_attributes_and_survive(kind: type[RetainError]) -> None:
    error, given = example(kind)
    given.pop("message", None)
    for one in (error, copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert type(one) is kind
        assert str(one) == str(error)
        assert {name: getattr(one, name) for name in given} == given


def test_an_error_is_also_of_the_standard_class_that_callers_expect() -> None:
    assert issubclass(errors.OverwriteError, ValueError)
    assert issubclass(errors.PageNotFoundError, LookupError)
    assert issubclass(errors.DatabaseDamagedError, OSError)
    assert issubclass(errors.MissingExtraError, ImportError)
    assert issubclass(errors.LeaseLostError, RuntimeError)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_no_message_names_a_command(kind: type[RetainError]) -> None:
    """What to type is the command line's advice; other faces have no options."""
    message = str(example(kind)[0])
    assert "`" not in message
    assert "--" not in message
