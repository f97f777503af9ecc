"""All regular expressions of the package: those of modules, and those inside of functions."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

import retain
from retain.errors import MissingExtraError

ROOT = Path(retain.__file__).parent
_CALLS = frozenset(
    ("compile", "match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer")
)
# What runs on its own where it is imported, what only tests use, and routes, which need a server.
_NOT_IMPORTED = (".testing", ".__main__", ".server.routes")


@dataclass(frozen=True)
class Expression:
    """An expression with its place, and the ways in which the package asks it."""

    place: str
    pattern: re.Pattern[Any]
    ways: tuple[str, ...]


def expressions() -> list[Expression]:
    """Every expression; of one pattern in several places, the first."""
    found: dict[tuple[object, ...], Expression] = {}
    for one in (*_of_modules(), *_in_functions()):
        found.setdefault((one.pattern.pattern, one.pattern.flags, one.ways), one)
    return list(found.values())


def _of_modules() -> Iterator[Expression]:
    for info in pkgutil.walk_packages(retain.__path__, "retain.", onerror=lambda name: None):
        if any(one in info.name for one in _NOT_IMPORTED):
            continue
        try:
            module = importlib.import_module(info.name)
        except MissingExtraError:  # an adapter of a package that is not among the pinned ones
            continue
        for name, value in sorted(vars(module).items()):
            for path, pattern in _held(value, name):
                yield Expression(f"{info.name}:{path}", pattern, _ways(name, info.name))


def _held(value: Any, path: str, depth: int = 0) -> Iterator[tuple[str, re.Pattern[Any]]]:
    """The expressions that a value of a module is, or holds."""
    if isinstance(value, re.Pattern):
        yield path, value
    elif depth < 4 and isinstance(value, list | tuple | set | frozenset):
        for number, one in enumerate(value):
            yield from _held(one, f"{path}[{number}]", depth + 1)
    elif depth < 4 and isinstance(value, dict):
        for key, one in value.items():
            yield from _held(one, f"{path}[{key!r}]", depth + 1)
            yield from _held(key, f"{path} key", depth + 1)
    elif depth < 4 and is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from _held(getattr(value, field.name, None), f"{path}.{field.name}", depth + 1)


@cache
def _ways(name: str, module: str) -> tuple[str, ...]:
    """The methods that are called on a name; the slowest where others may use it."""
    if not name.startswith("_"):
        return ("finditer",)
    source = inspect.getsource(importlib.import_module(module))
    called: list[str] = re.findall(
        rf"(?<![\w.]){re.escape(name)}\.({'|'.join(sorted(_CALLS))})\(", source
    )
    used = len(re.findall(rf"(?<![\w.]){re.escape(name)}\b", source))
    if not called or used > len(called) + 1 or not set(called) <= {"match", "fullmatch"}:
        return ("finditer",)
    return tuple(sorted(set(called)))


def _in_functions() -> Iterator[Expression]:
    """The patterns that stand in calls such as ``re.sub(r"...", ...)``."""
    for path in sorted(ROOT.rglob("*.py")):
        if "testing" in path.parts:
            continue
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and (way := _asks(call)) is not None:
                pattern = call.args[0]
                assert isinstance(pattern, ast.Constant)
                place = f"{path.relative_to(ROOT)}:{call.lineno}"
                yield Expression(place, re.compile(pattern.value), (way,))


def _asks(call: ast.Call) -> str | None:
    """How a call of a function of ``re`` with a literal pattern asks it; None for other calls."""
    function = call.func
    if not (isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name)):
        return None
    if function.value.id != "re" or function.attr not in _CALLS - {"compile"} or not call.args:
        return None
    first = call.args[0]
    if not (isinstance(first, ast.Constant) and isinstance(first.value, str | bytes)):
        return None
    return function.attr if function.attr in ("match", "fullmatch") else "finditer"
