"""Write `src/retain/sync.pyi`: the methods of `retain.Memory` and its parts, without ``async``.

Run it after a change of one of these: ``python docs/make_sync_types.py``. A test fails where the
file is not up to date.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from retain.app.memory import Memory

TARGET = Path(__file__).parents[1] / "src" / "retain" / "sync.pyi"

HEADER = '''\
"""The types of `retain.sync`, made by ``python docs/make_sync_types.py``."""

'''
ENTERED = """\
    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...
"""
LEFT_OUT = {"__init__", "__aenter__", "__aexit__", "watch"}


def stub() -> str:
    """The text of the file."""
    parts = _parts()
    classes = {kind: _class(kind) for kind in dict.fromkeys(parts.values())}
    memory = _class(Memory)
    fields = "    settings: Settings\n"
    fields += "".join(f"    {name}: {kind.__name__}\n" for name, kind in parts.items())
    head, _, body = memory.partition("\n")
    texts = [*classes.values(), f"{head}\n{fields}{ENTERED}{body}"]
    known = {kind.__name__ for kind in classes} | {"Memory"}
    imports = _imports([*classes, Memory], "\n".join(texts), known)
    return HEADER + "\n".join(imports) + "\n\n" + "\n".join(texts)


def _parts() -> dict[str, type[Any]]:
    """The parts of a memory by the names of its fields."""
    with tempfile.TemporaryDirectory() as folder:
        memory = Memory.open(f"sqlite:///{folder}/memory.db")
        found = {
            name: type(value)
            for name, value in vars(memory).items()
            if not name.startswith("_") and inspect.iscoroutinefunction(_some_method(type(value)))
        }
        asyncio.run(memory.close())
    return found


def _some_method(kind: type[Any]) -> object:
    return next((m for _, m in inspect.getmembers(kind, inspect.iscoroutinefunction)), None)


def _class(kind: type) -> str:
    """A class as a stub."""
    lines = [f"class {kind.__name__}:"]
    for method in _tree(kind).body:
        if not isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if method.name in LEFT_OUT or (method.name[0] == "_" and method.name[1] != "_"):
            continue
        lines += [f"    @{ast.unparse(one)}" for one in method.decorator_list]
        lines += _method(method)
    return "\n".join(lines) + "\n"


def _method(method: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    for defaults in (method.args.defaults, method.args.kw_defaults):
        for n, default in enumerate(defaults):
            if default is not None and not isinstance(default, ast.Constant):
                defaults[n] = ast.Constant(...)
    returns = ast.unparse(method.returns) if method.returns else "None"
    told = (ast.get_docstring(method) or "").partition("\n")[0]
    yield f"    def {method.name}({ast.unparse(method.args)}) -> {returns}:"
    if told:
        yield f'        """{told}"""'
    yield "        ..."


def _tree(kind: type) -> ast.ClassDef:
    tree = ast.parse(inspect.getsource(_module(kind)))
    return next(
        node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == kind.__name__
    )


def _module(kind: type) -> ModuleType:
    return sys.modules[kind.__module__]


def _imports(kinds: list[type], text: str, known: set[str]) -> list[str]:
    """The imports of what a text names."""
    used = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)} - known
    found: dict[str, set[str]] = {}
    for kind in kinds:
        module = ast.parse(inspect.getsource(_module(kind)))
        for node in ast.walk(module):
            if isinstance(node, ast.ImportFrom) and node.module != "__future__":
                for name in used & {alias.asname or alias.name for alias in node.names}:
                    found.setdefault(node.module or "", set()).add(name)
        for node in module.body:  # what a module of the memory defines itself
            own = node.targets if isinstance(node, ast.Assign) else [node]
            for name in (getattr(one, "id", getattr(one, "name", None)) for one in own):
                if name in used:
                    found.setdefault(kind.__module__, set()).add(name)
    found.setdefault("typing", set()).add("Self")
    return [f"from {name} import {', '.join(sorted(found[name]))}" for name in sorted(found)]


if __name__ == "__main__":
    TARGET.write_text(stub(), encoding="utf-8")
