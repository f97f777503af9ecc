"""Write the types of what is used without ``async``: `retain.sync` and `retain.client.sync`.

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
from retain.client.aio import AsyncClient

SOURCES = Path(__file__).parents[1] / "src" / "retain"

HEADER = '''\
"""The types of `{of}`, made by ``python docs/make_sync_types.py``."""

'''
ENTERED = """\
    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...
"""
LEFT_OUT = {"__aenter__", "__aexit__", "watch"}


def stubs() -> dict[Path, str]:
    """The text of each file."""
    with tempfile.TemporaryDirectory() as folder:
        memory = Memory.open(f"sqlite:///{folder}/memory.db")
        client = AsyncClient()
        made = {
            SOURCES / "sync.pyi": _stub("retain.sync", memory, "    settings: Settings\n"),
            SOURCES / "client" / "sync.pyi": _stub("retain.client.sync", client, ""),
        }
        asyncio.run(_close(memory, client))
    return made


async def _close(memory: Memory, client: AsyncClient) -> None:
    await memory.close()
    await client.close()


def _stub(of: str, opened: Memory | AsyncClient, fields: str) -> str:
    parts = _parts(opened)
    kind = type(opened)
    shown = {one: _class(one) for one in dict.fromkeys(parts.values())}
    whole = _class(kind, with_init=kind is AsyncClient).replace("class AsyncClient", "class Client")
    fields += "".join(f"    {name}: {kind.__name__}\n" for name, kind in parts.items())
    head, _, body = whole.partition("\n")
    texts = [*shown.values(), f"{head}\n{fields}{ENTERED}{body}"]
    known = {one.__name__ for one in shown} | {"Memory", "Client"}
    imports = _imports([*shown, kind], "\n".join(texts), known)
    return HEADER.format(of=of) + "\n".join(imports) + "\n\n" + "\n".join(texts)


def _parts(opened: object) -> dict[str, type[Any]]:
    """The parts by the names of the fields that hold them."""
    return {
        name: type(value)
        for name, value in vars(opened).items()
        if not name.startswith("_") and inspect.iscoroutinefunction(_some_method(type(value)))
    }


def _some_method(kind: type[Any]) -> object:
    return next((m for _, m in inspect.getmembers(kind, inspect.iscoroutinefunction)), None)


def _class(kind: type, *, with_init: bool = False) -> str:
    """A class as a stub."""
    lines = [f"class {kind.__name__}:"]
    for method in _tree(kind).body:
        if not isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if method.name in LEFT_OUT or (method.name == "__init__" and not with_init):
            continue
        if method.name[0] == "_" and method.name[1] != "_":
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
    returns = returns.replace("AsyncIterator[", "Iterator[")
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
    if "Iterator" in used:
        found.setdefault("collections.abc", set()).add("Iterator")
    found.setdefault("typing", set()).add("Self")
    return [f"from {name} import {', '.join(sorted(found[name]))}" for name in sorted(found)]


if __name__ == "__main__":
    for target, text in stubs().items():
        target.write_text(text, encoding="utf-8")
