"""Write the reference of the engine and the checkpoints from their docstrings.

Run it after a change of a public name or docstring: ``python docs/engine/make_reference.py``.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

PAGE = Path(__file__).with_name("reference.md")
MODULES = ("retain.engine", "retain.checkpoints")
_SECTION = re.compile(r"(Args|Attributes|Returns|Raises):")
_INTRODUCTION = """# Reference of the engine

Every public name of `retain.engine` and `retain.checkpoints`, from their docstrings. This page is
made by `python docs/engine/make_reference.py`; a test fails where it is not up to date.
"""


def page() -> str:
    """The whole page."""
    parts = [_INTRODUCTION, _imports()]
    for module in MODULES:
        parts.append(f"## {module}\n\n{inspect.getdoc(import_module(module))}\n")
        parts += [_entry(module, name) for name in sorted(import_module(module).__all__)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(parts)).rstrip() + "\n"


def _imports() -> str:
    lines: list[str] = []
    for module in MODULES:
        names = "".join(f"    {name},\n" for name in sorted(import_module(module).__all__))
        lines.append(f"from {module} import (\n{names})\n")
    return f"```python\n{''.join(lines)}```\n"


def _entry(module: str, name: str) -> str:
    found = getattr(import_module(module), name)
    heading = f"### {name}\n"
    if inspect.isfunction(found):
        tree = ast.parse(inspect.getsource(found)).body[0]
        assert isinstance(tree, ast.FunctionDef)  # noqa: S101
        signature = "\n".join(_signature(tree))
        return "\n".join(
            [heading, f"```py\n{signature}\n```\n", _prose(inspect.getdoc(found) or "")]
        )
    if not inspect.isclass(found):
        return f"{heading}\n{_alias(module, name)}"
    tree = _class_tree(found)
    bases = ", ".join(map(ast.unparse, tree.bases))
    fields = [f"    {ast.unparse(node)}" for node in tree.body if _is_field(node)]
    methods = [node for node in tree.body if _is_public_method(node)]
    init = [line for node in methods if node.name == "__init__" for line in _signature(node)]
    body = [*fields, *(f"    {line}" for line in init)] or ["    ..."]
    decorators = [f"@{ast.unparse(one)}" for one in tree.decorator_list]
    code = "\n".join([*decorators, f"class {name}{f'({bases})' if bases else ''}:", *body])
    parts = [heading, f"```py\n{code}\n```\n", _prose(inspect.cleandoc(found.__doc__ or ""))]
    for node in methods:
        if node.name != "__init__":
            signature = "\n".join(_signature(node))
            text = _prose(inspect.cleandoc(ast.get_docstring(node) or ""))
            parts += [f"#### {name}.{node.name}\n", f"```py\n{signature}\n```\n", text]
    return "\n".join(parts)


def _class_tree(kind: type[Any]) -> ast.ClassDef:
    tree = ast.parse(inspect.getsource(inspect.getmodule(kind) or kind))
    return next(n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == kind.__name__)


def _is_field(node: ast.stmt) -> bool:
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return not node.target.id.startswith("_")
    return isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)


def _is_public_method(node: ast.stmt) -> bool:
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return False
    setter = any(ast.unparse(one).endswith(".setter") for one in node.decorator_list)
    hidden = setter or node.name.startswith("_") or node.name.endswith("_fork")
    return node.name == "__init__" or not hidden


def _signature(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    for decorator in node.decorator_list:
        yield f"@{ast.unparse(decorator)}"
    verb = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    line = f"{verb} {node.name}({', '.join(_arguments(node.args))}){returns}"
    if len(line) <= 96:
        yield line
        return
    yield f"{verb} {node.name}("
    for argument in _arguments(node.args):
        yield f"    {argument},"
    yield f"){returns}"


def _arguments(arguments: ast.arguments) -> Iterator[str]:
    """Each argument with its annotation and default, as the source has them."""
    plain = [*arguments.posonlyargs, *arguments.args]
    without = len(plain) - len(arguments.defaults)
    for n, argument in enumerate(plain):
        default = arguments.defaults[n - without] if n >= without else None
        yield _argument(argument, default)
        if argument in arguments.posonlyargs[-1:]:
            yield "/"
    if arguments.vararg is not None:
        yield f"*{_argument(arguments.vararg, None)}"
    elif arguments.kwonlyargs:
        yield "*"
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        yield _argument(argument, default)


def _argument(argument: ast.arg, default: ast.expr | None) -> str:
    hint = f": {ast.unparse(argument.annotation)}" if argument.annotation else ""
    return argument.arg + hint + (f" = {ast.unparse(default)}" if default else "")


def _alias(module: str, name: str) -> str:
    """A name that stands for a type, with the text below its definition."""
    for path in sorted(Path(inspect.getfile(import_module(module))).parent.glob("*.py")):
        body = ast.parse(path.read_text(encoding="utf-8")).body
        for node, after in zip(body, [*body[1:], ast.Pass()], strict=True):
            if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == name and node.value:
                code = f"```py\n{name} = {ast.unparse(node.value)}\n```\n"
                text = after.value if isinstance(after, ast.Expr) else None
                said = str(text.value) if isinstance(text, ast.Constant) else ""
                return "\n".join([code, _prose(said)])
    raise LookupError(f"{module} defines no {name}")


def _prose(text: str) -> str:
    """A docstring as Markdown: its sections become lists."""
    lines: list[str] = []
    listing = False
    for line in text.splitlines():
        if _SECTION.fullmatch(line):
            listing = True
            lines += [f"**{line.removesuffix(':')}**", ""]
        elif not line.startswith(" "):
            listing = listing and not line
            lines.append(line)
        elif listing and not line.startswith("     "):
            lines.append(re.sub(r"^([*\w.]+):", r"- `\1`:", line.strip()))
        else:
            lines.append(f"  {line.strip()}")
    return "\n".join(lines).replace("``", "`").rstrip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
