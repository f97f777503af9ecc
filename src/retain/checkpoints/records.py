"""Classes with named fields and enums: how an object is taken apart, found by name, and rebuilt."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from enum import Enum
from functools import cache, cached_property
from importlib import import_module
from typing import Any, TypeVar, cast

import msgspec

T = TypeVar("T")

_MISSING = dataclasses.MISSING


class UnkeptError(Exception):
    """A value that cannot be kept exactly; the message says which and why."""


class SchemaError(Exception):
    """What was kept is sound and does not fit the classes of this program."""


def is_pydantic(kind: type[Any]) -> bool:
    """Whether it is a model of pydantic's, found without importing that."""
    return hasattr(kind, "__pydantic_fields__") and hasattr(kind, "__pydantic_private__")


@cache
def field_names(kind: Any) -> tuple[str, ...] | None:
    """The fields of a dataclass, a struct, a named tuple or an attrs class; None for others."""
    if issubclass(kind, (dict, list, set, frozenset, str, bytes, int, float, BaseException)):
        return None  # they hold more than their fields
    if dataclasses.is_dataclass(kind):
        return tuple(f.name for f in dataclasses.fields(kind))
    if issubclass(kind, msgspec.Struct):
        return kind.__struct_fields__
    if hasattr(kind, "__attrs_attrs__"):
        return tuple(a.name for a in kind.__attrs_attrs__)
    if tuple in kind.__mro__ and hasattr(kind, "_fields"):
        return tuple(kind._fields)
    return None


def is_record(kind: type[Any]) -> bool:
    """Whether objects of this class are kept by their fields, or as members of an enum."""
    return issubclass(kind, Enum) or is_pydantic(kind) or field_names(kind) is not None


@cache
def _derived(kind: type) -> frozenset[str]:
    """The attributes that an object computes from its fields and remembers."""
    members = (vars(base).items() for base in kind.__mro__)
    return frozenset(name for one in members for name, v in one if isinstance(v, cached_property))


def undeclared(value: object, declared: frozenset[str]) -> list[str]:
    """The attributes of an object that are no fields of its class, and would be lost."""
    own = getattr(value, "__dict__", None)
    if own is None or own.keys() <= declared:
        return []
    return sorted(own.keys() - declared - _derived(type(value)))


def parts(value: Any) -> dict[str, Any]:
    """The fields of an object with their values.

    Raises:
        UnkeptError: It holds an attribute that is no field.
    """
    kind = cast("type[Any]", type(value))
    names = field_names(kind) or ()
    if extra := undeclared(value, frozenset(names)):
        raise UnkeptError(f"{kind.__name__} has no field {extra[0]!r}: declare it")
    return {name: getattr(value, name) for name in names if hasattr(value, name)}


def _default(kind: Any, name: str) -> Any:
    """A new default of a field of a dataclass or an attrs class; `_MISSING` if it has none."""
    if dataclasses.is_dataclass(kind):
        field = next(f for f in dataclasses.fields(kind) if f.name == name)
        factory = field.default_factory
        return field.default if factory is _MISSING else factory()
    default = next(a.default for a in kind.__attrs_attrs__ if a.name == name)
    if hasattr(default, "factory"):
        return _MISSING if default.takes_self else default.factory()
    return _MISSING if repr(default) == "NOTHING" else default


def renamed(
    kind: type[Any],
    values: Mapping[str, T],
    names: Sequence[str] | None = None,
    plain: Callable[[T], Any] = lambda value: value,
) -> dict[str, T]:
    """`values` by the names that their fields have in this class, which may say ``renamed``.

    Args:
        kind: The class.
        values: By the names that they were kept with.
        names: The fields of the class; None: all of them.
        plain: From a value to what it holds.

    Raises:
        SchemaError: A value has no field to go to, and a field has no value: one that was renamed?
    """
    names = field_names(kind) or () if names is None else names
    moves: Mapping[str, str | None] = getattr(kind, "renamed", {})
    known = {target: value for name, value in values.items() if (target := moves.get(name, name))}
    lost = [n for n, value in known.items() if n not in names and _matters(plain(value))]
    if lost and (new := [n for n in names if n not in known]):
        raise SchemaError(
            f"{kind.__name__} has no field {lost[0]!r}, which was kept, and {new[0]!r} is new: "
            f"set renamed = {{{lost[0]!r}: {new[0]!r}}} in the class (a ClassVar), or "
            f"renamed = {{{lost[0]!r}: None}} to drop what was kept"
        )
    return {name: value for name, value in known.items() if name in names}


def _matters(value: Any) -> bool:
    return value is not None and value is not False and value not in ("", [], {})


def rebuild(kind: Any, values: Mapping[str, Any], again: Mapping[str, Any]) -> Any:
    """An object with these fields, as it was: its class computes nothing anew.

    Args:
        kind: Its class.
        values: The fields.
        again: The same, built a second time, should ``__post_init__`` change the first.

    Raises:
        SchemaError: A field has neither a value nor a default, or ``__post_init__`` refuses.
    """
    if issubclass(kind, (msgspec.Struct, tuple)):
        return _called(kind, values, again)
    made: Any = kind.__new__(kind)
    _set(made, values)
    for name in field_names(kind) or ():
        if name not in values:
            _set_default(made, kind, name)
    if hasattr(made, "__post_init__") and not _init_only(kind):
        try:
            made.__post_init__()
        except Exception as exc:
            raise SchemaError(
                f"__post_init__ of {kind.__name__} refuses what was kept: "
                f"{type(exc).__name__}: {exc}"
            ) from exc
        _set(made, again)
    return made


def _called(kind: Any, values: Mapping[str, Any], again: Mapping[str, Any]) -> Any:
    try:
        made = kind(**values)
    except (TypeError, ValueError) as exc:
        raise SchemaError(f"{kind.__name__} refuses what was kept: {exc}") from exc
    if isinstance(made, msgspec.Struct):
        for name, value in again.items():
            msgspec.structs.force_setattr(made, name, value)
    return made


def _set_default(made: Any, kind: type[Any], name: str) -> None:
    default = _default(kind, name)
    if default is not _MISSING:
        _set(made, {name: default})
    elif _needed(kind, name):
        raise SchemaError(
            f"nothing was kept of field {name!r} of {kind.__name__}, which has no default: give it "
            "one, or raise schema_version and say in schema_upgrades what it is in older runs"
        )


def _needed(kind: type[Any], name: str) -> bool:
    """Whether a new object always has the field: ``init=False`` leaves it to the class."""
    if not dataclasses.is_dataclass(kind):
        return True
    return next(f.init for f in dataclasses.fields(kind) if f.name == name)


def _init_only(kind: type[Any]) -> bool:
    fields = getattr(kind, "__dataclass_fields__", {}).values()
    return any(isinstance(f.type, dataclasses.InitVar) or "InitVar" in str(f.type) for f in fields)


def _set(made: Any, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        # A class with slots has no place for the engine's fields that it does not declare.
        with suppress(AttributeError):
            object.__setattr__(made, name, value)


class Classes:
    """Finds the classes of kept objects by name.

    What is kept may have been changed by somebody else, so a name never imports what is not of
    the program: a class is one of the context's annotations, a subclass of such, or stands in a
    module that is imported or is of the context's own package. Only records and enums are found.

    Args:
        root: The class of the context.
    """

    def __init__(self, root: type[Any]) -> None:
        self._package = root.__module__.partition(".")[0]
        self._known: dict[str, type[Any]] = {}
        self._found: dict[str, type[Any]] = {}
        self._names: dict[type[Any], str] = {}

    def add(self, kind: type[Any]) -> None:
        """Make a class of an annotation known."""
        self._known[_name(kind)] = kind

    def name(self, kind: type[Any]) -> str:
        """The name by which `find` finds the class.

        Raises:
            UnkeptError: It finds another one, or none.
        """
        name = self._names.get(kind)
        if name is None:
            name = _name(kind)
            try:
                found = self.find(name)
            except SchemaError:
                found = None
            if found is not kind:
                raise UnkeptError(
                    f"the class {kind.__qualname__} could not be found by its name when the run "
                    f"is loaded: define it at the top of its module, {kind.__module__}"
                )
            self._names[kind] = name
        return name

    def find(self, name: str) -> type[Any]:
        """The class of that name.

        Raises:
            SchemaError: There is none.
        """
        kind = self._found.get(name)
        if kind is None:
            kind = self._search(name)
            if kind is None or not is_record(kind):
                raise SchemaError(
                    f"there is no class {name.replace(':', '.')}: import its module before the "
                    "run is loaded, or define it again"
                )
            self._found[name] = kind
        return kind

    def _search(self, name: str) -> type[Any] | None:
        if name in self._known:
            return self._known[name]
        family = {_name(kind): kind for kind in self._family()}
        if name in family:
            return family[name]
        module, _, path = name.partition(":")
        if module.partition(".")[0] == self._package:
            with suppress(ImportError):
                import_module(module)
        found: Any = sys.modules.get(module)
        for part in path.split("."):
            found = getattr(found, part, None)
        if isinstance(found, type):
            return found
        # Its module was renamed, or ran as a program of its own.
        moved = [kind for other, kind in family.items() if other.partition(":")[2] == path]
        return moved[0] if len(moved) == 1 else None

    def _family(self) -> Iterator[type[Any]]:
        ahead = list(self._known.values())
        while ahead:
            kind = ahead.pop()
            yield kind
            ahead.extend(type.__subclasses__(kind))


def _name(kind: type[Any]) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"
