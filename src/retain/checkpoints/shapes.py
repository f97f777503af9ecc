"""Annotations as checks: whether a value fits one, and whether its bytes alone bring it back."""

from __future__ import annotations

import collections.abc as abc
import inspect
import sys
import types
import typing
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, Flag
from functools import partial
from pathlib import PurePath
from types import NoneType
from typing import Any, Union, cast, get_args, get_origin
from uuid import UUID

import msgspec

from retain.checkpoints.records import (
    Classes,
    field_names,
    is_pydantic,
    is_record,
    undeclared,
)
from retain.checkpoints.values import KEPT, PLAIN, Values, is_plain

_EXACT = frozenset({str, float, bool, bytes, NoneType, int, Decimal, UUID, date, timedelta})
"""Types whose values msgspec reads back exactly where the annotation is that type."""


class MisfitError(Exception):
    """A value that does not fit its annotation; the message says which.

    Args:
        message: What does not fit.
        inner: Whether it is a part of an object whose class does.
    """

    def __init__(self, message: str, *, inner: bool = False) -> None:
        super().__init__(message)
        self.inner = inner


class UnkeepableError(Exception):
    """An annotation whose values cannot be kept; the message says why."""


@dataclass(slots=True)
class Shape:
    """What an annotation asks of a value.

    Args:
        check: Whether msgspec brings a value back exactly, by the annotation alone; the rest that
            fits is kept with tags. Raises `MisfitError`.
        exact: The types of which every value passes with True.
    """

    check: Callable[[Any], bool]
    exact: frozenset[type[Any]] = frozenset()


class Shapes:
    """The shapes of annotations, each compiled once.

    Args:
        values: Knows the classes that the user's own codecs keep.
        classes: Is told of every record.
    """

    def __init__(self, values: Values, classes: Classes) -> None:
        self._values = values
        self._classes = classes
        self._shapes: dict[Any, Shape] = {}

    def of(self, hint: Any) -> Shape:
        """The shape of an annotation.

        Raises:
            UnkeepableError: Its values cannot be kept.
        """
        try:
            known = self._shapes.get(hint)
        except TypeError:  # its arguments have no hash
            return self._compile(hint)
        if known is None:
            # Stands in for itself while what it holds, itself perhaps, is compiled.
            known = self._shapes[hint] = shape = Shape(lambda value: shape.check(value))
            try:
                compiled = self._compile(hint)
            except BaseException:
                del self._shapes[hint]
                raise
            shape.check, shape.exact = compiled.check, compiled.exact
        return known

    def _compile(self, hint: Any) -> Shape:
        hint = _bare(hint)
        origin, args = get_origin(hint), get_args(hint)
        if hint in (Any, object):
            return Shape(is_plain, PLAIN)
        if hint is None:
            hint = NoneType
        if isinstance(hint, typing.TypeVar):
            arms = hint.__constraints__ or (hint.__bound__ or Any,)
            return Shape(self._union(arms).check)
        if origin in (Union, types.UnionType):
            return self._union(args)
        if origin is typing.Literal:
            return Shape(partial(_literal, hint, args))
        kind = origin or hint
        if not isinstance(kind, type):
            raise UnkeepableError(f"{shown(hint)} is no type of values")
        return self._class(hint, cast("type[Any]", kind), args)

    def _class(self, hint: Any, kind: type[Any], args: tuple[Any, ...]) -> Shape:
        if self._values.codec_of(kind) is not None:
            return Shape(partial(_tagged, kind, hint))
        if kind in (list, set, frozenset):
            item = self.of(args[0] if args else Any)
            return Shape(partial(_items, kind, hint, item))
        if kind is tuple:
            return self._tuple(hint, args)
        if kind is dict or typing.is_typeddict(kind):
            return self._typed_dict(hint, kind) if kind is not dict else self._dict(hint, args)
        if kind in _EXACT:
            return Shape(partial(_atom, kind, hint), frozenset({kind}))
        if kind in (datetime, time):
            return Shape(partial(_moment, kind, hint))
        if issubclass(kind, Enum):
            self._classes.add(kind)
            return Shape(partial(_enum, kind, hint, _native_enum(kind)))
        if is_record(kind):
            return self._record(hint, kind, bare=not args)
        return self._other(hint, kind, args)

    def _other(self, hint: Any, kind: type[Any], args: tuple[Any, ...]) -> Shape:
        if getattr(kind, "_is_protocol", False):
            return Shape(lambda value: False)
        if kind in (Counter, OrderedDict, defaultdict, deque) or kind.__module__ == abc.__name__:
            if not issubclass(kind, abc.Collection) and kind is not abc.Iterable:
                raise UnkeepableError(f"{shown(hint)} is no type of values that can be kept")
            for arg in args:
                self.of(arg)
            return Shape(partial(self._container, kind, hint, args))
        numpy = sys.modules.get("numpy")
        array = numpy is not None and issubclass(kind, (numpy.ndarray, numpy.generic))
        base = inspect.isabstract(kind) or any(issubclass(kept, kind) for kept in KEPT)
        if array or base or issubclass(kind, PurePath) or _has_records(kind):
            return Shape(partial(_tagged, kind, hint))
        raise UnkeepableError(
            f"values of {shown(hint)} cannot be kept: make it a dataclass, or give the context a "
            f"ValueCodec for {kind.__name__} in value_codecs"
        )

    def _union(self, hints: Iterable[Any]) -> Shape:
        arms = [self.of(hint) for hint in hints]
        exact = frozenset[type[Any]]().union(*(arm.exact for arm in arms))
        named = " or ".join(shown(hint) for hint in hints)

        def check(value: Any) -> bool:
            if type(value) in exact:
                return True
            fits, inner = False, None
            for arm in arms:
                try:
                    if arm.check(value):
                        return True
                    fits = True
                except MisfitError as exc:
                    inner = exc if exc.inner else inner
            if not fits:
                raise inner or MisfitError(f"{_said(value)} where {named} is declared")
            return False

        return Shape(check, exact)

    def _tuple(self, hint: Any, args: tuple[Any, ...]) -> Shape:
        if not args or args[-1] is Ellipsis:
            item = self.of(args[0] if args else Any)
            return Shape(partial(_items, tuple, hint, item))
        items = [self.of(arg) for arg in args if arg != ()]

        def check(value: Any) -> bool:
            if type(value) is not tuple or len(cast("tuple[Any, ...]", value)) != len(items):
                raise _misfit(value, hint)
            pairs = zip(items, cast("tuple[Any, ...]", value), strict=True)
            return all([item.check(part) for item, part in pairs])  # noqa: C419 - see `_each`

        return Shape(check)

    def _dict(self, hint: Any, args: tuple[Any, ...]) -> Shape:
        keys, values = (self.of(arg) for arg in args or (Any, Any))

        def check(value: Any) -> bool:
            if type(value) is not dict:
                return _tagged(dict, hint, value)
            table = cast("dict[Any, Any]", value)
            return _each(keys, table) & _each(values, table.values())

        return Shape(check)

    def _typed_dict(self, hint: Any, kind: type[Any]) -> Shape:
        hints = resolved(kind)
        items = {name: self.of(inner) for name, inner in hints.items()}
        required: frozenset[str] = kind.__required_keys__

        def check(value: Any) -> bool:
            if type(value) is not dict:
                raise _misfit(value, hint)
            table = cast("dict[Any, Any]", value)
            if missing := sorted(required - table.keys()):
                raise MisfitError(f"{shown(hint)} without its key {missing[0]!r}")
            known = [items[k].check(v) for k, v in table.items() if k in items]
            return all(known) and table.keys() <= items.keys()

        return Shape(check)

    def _record(self, hint: Any, kind: type[Any], *, bare: bool) -> Shape:
        """The shape of a class with fields; its subclasses fit, and are kept with a tag."""
        self._classes.add(kind)
        if is_pydantic(kind):
            return Shape(partial(_tagged, kind, hint))
        names = field_names(kind) or ()
        fields = tuple(self.fields(kind, names).items())
        declared = frozenset(names)
        # Reading it back would run code of the class, which may change what was kept.
        native = bare and not (hasattr(kind, "__post_init__") or hasattr(kind, "__attrs_attrs__"))

        def check(value: Any) -> bool:
            if type(value) is not kind:
                inner = cast("type[Any]", type(value))
                if isinstance(value, kind) and is_record(inner):
                    self.of(inner).check(value)
                    return False
                raise _misfit(value, hint)
            exactly = native
            for name, shape in fields:
                try:
                    part = getattr(value, name)
                except AttributeError:
                    raise MisfitError(
                        f"{kind.__name__} without its field {name!r}", inner=True
                    ) from None
                if type(part) not in shape.exact:
                    try:
                        exactly &= shape.check(part)
                    except MisfitError as exc:
                        at = f"{kind.__name__}.{name}"
                        raise MisfitError(f"{exc}, in {at}", inner=True) from None
            if extra := undeclared(value, declared):
                raise MisfitError(
                    f"{kind.__name__} with {extra[0]!r}, which is no field of it", inner=True
                )
            return exactly

        return Shape(check)

    def fields(self, kind: type[Any], names: Iterable[str]) -> dict[str, Shape]:
        """The shapes of the fields of a class.

        Raises:
            UnkeepableError: The values of one cannot be kept; the message names it.
        """
        hints = resolved(kind)
        shapes: dict[str, Shape] = {}
        for name in names:
            try:
                shapes[name] = self.of(hints.get(name, Any))
            except UnkeepableError as exc:
                raise UnkeepableError(f"field {name!r} of {kind.__name__}: {exc}") from None
        return shapes

    def _container(self, kind: type[Any], hint: Any, args: tuple[Any, ...], value: Any) -> bool:
        if not isinstance(value, kind):
            raise _misfit(value, hint)
        if isinstance(value, abc.Mapping):
            table = cast("Mapping[Any, Any]", value)
            if args:
                _each(self.of(args[0]), table)
                _each(self.of(int if kind is Counter else args[-1]), table.values())
        elif args and not isinstance(value, (str, bytes)):
            _each(self.of(args[0]), cast("Iterable[Any]", value))
        return False


def resolved(kind: type[Any]) -> dict[str, Any]:
    """The annotations of a class as types.

    Raises:
        UnkeepableError: One names what cannot be found; the message says which.
    """
    try:
        return typing.get_type_hints(kind)
    except Exception as whole:
        for base in kind.__mro__:
            for name, hint in vars(base).get("__annotations__", {}).items():
                alone = type(name, (), {"__annotations__": {name: hint}})
                alone.__module__ = base.__module__
                try:
                    typing.get_type_hints(alone)
                except Exception as exc:
                    raise UnkeepableError(
                        f"field {name!r} of {kind.__name__}: its type {hint!r} cannot be resolved "
                        f"({type(exc).__name__}: {exc}): import or define it at the top of "
                        f"{base.__module__}, and not under TYPE_CHECKING"
                    ) from exc
        raise UnkeepableError(f"the annotations of {kind.__name__}: {whole}") from whole


def shown(hint: Any) -> str:
    """An annotation as a person writes it."""
    if isinstance(hint, type) and not get_args(hint):
        return hint.__qualname__
    return str(hint).replace("typing.", "")


_QUALIFIERS: tuple[Any, ...] = (typing.Annotated, typing.Final, typing.Required, typing.NotRequired)


def _bare(hint: Any) -> Any:
    """An annotation without what says nothing of its values: names for it, and qualifiers."""
    while True:
        if isinstance(hint, typing.NewType):
            hint = hint.__supertype__
        elif type(hint).__name__ == "TypeAliasType":
            hint = hint.__value__
        elif get_origin(hint) in _QUALIFIERS:
            hint = get_args(hint)[0]
        else:
            return hint


def _has_records(kind: type[Any]) -> bool:
    """Whether a plain class is the base of classes with fields."""
    return any(is_record(sub) or _has_records(sub) for sub in type.__subclasses__(kind))


def _each(shape: Shape, items: Iterable[Any]) -> bool:
    if set(map(type, items)) <= shape.exact:
        return True
    return all(list(map(shape.check, items)))  # a misfit behind the first tagged one counts too


def _items(kind: type[Any], hint: Any, item: Shape, value: Any) -> bool:
    return _each(item, value) if type(value) is kind else _tagged(kind, hint, value)


def _atom(kind: type[Any], hint: Any, value: Any) -> bool:
    if type(value) is kind:
        return True
    if kind is float and isinstance(value, int):
        return False  # PEP 484 lets it stand there
    return _tagged(kind, hint, value)


def _moment(kind: type[Any], hint: Any, value: Any) -> bool:
    if type(value) is kind:
        return (value.tzinfo is None or value.tzinfo is UTC) and not value.fold
    return _tagged(kind, hint, value)


def _literal(hint: Any, args: tuple[Any, ...], value: Any) -> bool:
    for arg in args:
        if value == arg and type(value) is type(arg):
            return type(arg) in (str, int, NoneType)
    raise _misfit(value, hint)


def _native_enum(kind: type[Enum]) -> bool:
    if issubclass(kind, Flag):
        return False
    try:
        msgspec.msgpack.Decoder(kind)
    except TypeError:
        return False
    return True


def _enum(kind: type[Enum], hint: Any, native: bool, value: Any) -> bool:
    if not isinstance(value, kind):
        raise _misfit(value, hint)
    return native


def _tagged(kind: type[Any], hint: Any, value: Any) -> bool:
    if not isinstance(value, kind):
        raise _misfit(value, hint)
    return False


def _misfit(value: Any, hint: Any) -> MisfitError:
    return MisfitError(f"{_said(value)} where {shown(hint)} is declared")


def _said(value: Any) -> str:
    """A value with its type, for errors, and not much of it."""
    if value is None:
        return "None"
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - a value's words are its owner's code
        text = "a value"
    text = text if len(text) <= 60 else f"{text[:57]}…"
    return f"{type(value).__name__} {text}"
