"""The page of the HTTP API, from the OpenAPI description that the server gives."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from retain import Memory
from retain.server.application import Application

Described = Mapping[str, Any]

_INTRODUCTION = """# HTTP API

Every route of `retain serve`, from its OpenAPI description: [openapi.json](openapi.json), which a
server gives at `/openapi.json` too. [How to serve memory over HTTP](../how-to/serve-over-http.md)
shows how to use them, and says how errors, pages of lists and tokens work.
"""


@cache
def _api() -> dict[str, Any]:
    async def ask() -> dict[str, Any]:
        with tempfile.TemporaryDirectory() as folder:
            async with Memory.open(f"sqlite:///{folder}/memory.db") as memory:
                return Application(memory).api.openapi()

    return asyncio.run(ask())


def description() -> str:
    """The OpenAPI description, as JSON."""
    return json.dumps(_api(), indent=1, ensure_ascii=False) + "\n"


def http_page() -> str:
    """The whole page, in Markdown."""
    by_tag: dict[str, list[str]] = {}
    for path, methods in _api()["paths"].items():
        for method, route in methods.items():
            tag = (route.get("tags") or ["other"])[0]
            by_tag.setdefault(tag, []).append("\n".join(_route(method, path, route)))
    parts = [_INTRODUCTION]
    for tag, routes in by_tag.items():
        parts += [f"## {tag.capitalize()}\n", *routes]
    return "\n".join(parts)


def _route(method: str, path: str, route: Described) -> Iterator[str]:
    yield f"### {route['summary']}\n"
    yield f"```http\n{method.upper()} {path}\n```\n"
    if text := route.get("description"):
        yield f"{text}\n"
    fields = [
        (f"`{one['name']}`", f"{one['in']}{', required' if one.get('required') else ''}", one)
        for one in route.get("parameters", [])
        if one["in"] != "path"
    ]
    yield from _table("argument", [(name, where, one["schema"]) for name, where, one in fields])
    for kind, content in route.get("requestBody", {}).get("content", {}).items():
        yield from _body(kind, content["schema"])
    answers = ", ".join(
        f"`{status}`" for status in sorted(route["responses"]) if status != "default"
    )
    yield f"Answers {answers}, or a problem.\n"


def _body(kind: str, schema: Described) -> Iterator[str]:
    for one in schema.get("anyOf", [schema]):
        resolved = _resolved(one)
        text = resolved.get("description", "")
        yield f"Body, `{kind}`{': ' + text if text else ''}\n"
        required = resolved.get("required", [])
        yield from _table(
            "field",
            [
                (f"`{name}`", "required" if name in required else "", field)
                for name, field in resolved.get("properties", {}).items()
            ],
        )
        for example in resolved.get("examples", [])[:1]:
            yield f"```json\n{json.dumps(example, ensure_ascii=False)}\n```\n"


def _table(head: str, rows: list[tuple[str, str, Described]]) -> Iterator[str]:
    if rows:
        lines = [f"| {head} | | type | meaning |", "|---|---|---|---|"]
        for name, note, schema in rows:
            meaning = [_cell(schema.get("description", ""))]
            if schema.get("default") not in (None, [], {}, ""):
                meaning.append(f"Default: `{json.dumps(schema['default'])}`.")
            told = " ".join(filter(None, meaning))
            lines.append(f"| {name} | {note} | {_type(schema)} | {told} |")
        yield "\n".join(lines) + "\n"


def _resolved(schema: Described) -> Described:
    reference = schema.get("$ref")
    return _api()["components"]["schemas"][reference.rpartition("/")[2]] if reference else schema


def _type(schema: Described) -> str:
    """The type of a value, in the words of JSON Schema."""
    schema = _resolved(schema)
    if alternatives := schema.get("anyOf"):
        return " or ".join(_type(one) for one in alternatives if one.get("type") != "null")
    if values := schema.get("enum"):
        return ", ".join(f"`{value}`" for value in values)
    if "const" in schema:
        return f"`{schema['const']}`"
    name = schema.get("format") or schema.get("type") or "any"
    if name == "array":
        return f"list of {_type(schema.get('items', {}))}"
    low, high = schema.get("minimum"), schema.get("maximum")
    return f"{name} {low:g} to {high:g}" if low is not None and high is not None else str(name)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
