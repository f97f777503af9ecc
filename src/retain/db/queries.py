"""SQL from its files: named statements and numbered migrations."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

_NAME = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)


@cache
def load(component: str) -> dict[str, str]:
    """The statements of ``sql/COMPONENT/queries.sql`` by the names in their comments."""
    text = (files("retain.db") / "sql" / component / "queries.sql").read_text(encoding="utf-8")
    parts = _NAME.split(text)
    return dict(zip(parts[1::2], (part.strip() for part in parts[2::2]), strict=True))


@cache
def migrations(component: str) -> tuple[str, ...]:
    """The scripts ``sql/COMPONENT/0001_….sql`` and on, in order."""
    folder = files("retain.db") / "sql" / component
    names = sorted(f.name for f in folder.iterdir() if re.fullmatch(r"\d{4}_\w+\.sql", f.name))
    return tuple((folder / name).read_text(encoding="utf-8") for name in names)
