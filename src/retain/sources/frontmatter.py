"""YAML front matter to JSON values, harmless whatever it holds."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, cast

import yaml

from retain.sources.decoding import valid_unicode

MAX_CHARS = 64 * 1024
_MAX_DEPTH = 50
_INT64 = 2**63
_MAX_NAME = 100
_MAIL = re.compile(r"(?<!\s)\s*+<[^<>]{1,200}>$")
_MAX_DIGITS = 80


class _Loader(yaml.SafeLoader):
    """Keeps as text what only looks like a date or a number."""


def _timestamp(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> str:
    try:
        moment = cast("date | datetime", loader.construct_yaml_timestamp(node))
    except ValueError:
        return str(node.value)
    return moment.isoformat()


def _integer(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> int | str:
    """A number that a bank can keep; what only looks like one, such as ``12:30``, is text."""
    written = str(node.value)
    if ":" in written or len(written) > _MAX_DIGITS:
        return written
    try:
        number = int(loader.construct_yaml_int(node))
    except ValueError:
        return written
    return number if -_INT64 <= number < _INT64 else written


def _real(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> float | str:
    written = str(node.value)
    if ":" in written:
        return written
    try:
        number = float(loader.construct_yaml_float(node))
    except (ValueError, OverflowError):
        return written
    return number if math.isfinite(number) else str(number)


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _timestamp)
_Loader.add_constructor("tag:yaml.org,2002:int", _integer)
_Loader.add_constructor("tag:yaml.org,2002:float", _real)


def read_front_matter(raw: str) -> tuple[dict[str, Any], bool]:
    """The front matter as JSON values, and whether it was understood.

    What cannot be read as a mapping is kept as it stands under ``front_matter``, with the reason
    in one line under ``front_matter_error``.
    """
    try:
        _refuse_bombs(raw)
        value: object = yaml.load(raw, _Loader)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, ValueError) as error:
        return _kept(raw, f"not valid YAML: {error}"), False
    if not raw.strip():
        return {}, True
    if not isinstance(value, dict):
        return _kept(raw, f"not a mapping but {_kind(value)}"), False
    return cast("dict[str, Any]", _json(cast("object", value))), True


def author_of(meta: Mapping[str, Any]) -> str | None:
    """The one author that the front matter names; None if it names none, or several."""
    told = meta.get("author", meta.get("authors"))
    if isinstance(told, list):
        names = cast("list[object]", told)
        told = names[0] if len(names) == 1 else None
    if isinstance(told, dict):
        told = cast("dict[str, object]", told).get("name")
    if not isinstance(told, str) or len(told) > _MAX_NAME:
        return None
    name = " ".join(_MAIL.sub("", told).strip("[]@ \t").split())
    several = " and " in name or "," in name or "&" in name
    return None if several or not name else name


def _kept(raw: str, reason: str) -> dict[str, Any]:
    return {"front_matter": raw, "front_matter_error": " ".join(reason.split())[:300]}


def _refuse_bombs(raw: str) -> None:
    """Stop before anything is built that may grow past the text.

    Events come one by one and hold nothing, whereas building a value recurses and copies.
    """
    if len(raw) > MAX_CHARS:
        raise ValueError(f"{len(raw)} characters, more than {MAX_CHARS}")
    depth = 0
    for event in yaml.parse(raw, yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise ValueError("aliases are not read")
        if isinstance(event, yaml.NodeEvent) and getattr(event, "tag", None) is not None:
            raise ValueError("tags are not read")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH:
            raise ValueError(f"nested more than {_MAX_DEPTH} deep")


def _json(value: object) -> object:
    match value:
        case dict():
            items = cast("dict[object, object]", value).items()
            return {_key(key): _json(inner) for key, inner in items}
        case list():
            return [_json(inner) for inner in cast("list[object]", value)]
        case str():
            return valid_unicode(value)
        case None | bool() | int() | float():
            return value
        case _:
            return str(value)


def _key(key: object) -> str:
    return str(_json(key))


def _kind(value: object) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"
