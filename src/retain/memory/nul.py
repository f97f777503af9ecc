"""The character NUL in JSON, where it is escaped: Postgres cannot keep it in a text."""

from __future__ import annotations

import re

# After an even number of backslashes, which escape each other.
_ESCAPED = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")


def holds_nul(json: str) -> bool:
    """Whether a string in some JSON holds NUL."""
    return _ESCAPED.search(json) is not None


def without_nul(json: str) -> str:
    """Some JSON with U+FFFD in place of each NUL."""
    return _ESCAPED.sub(r"\1\\ufffd", json)
