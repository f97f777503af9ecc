"""What a server counts of a call, made safe: whatever it writes there, its answer was paid for."""

from __future__ import annotations

import json
import re
from typing import Any, cast

_NAMES = ("usage", "usageMetadata")
_MOST = 10**12
"""No call has more tokens."""

_NOTHING: dict[str, Any] = dict.fromkeys(
    ["prompt_tokens", "completion_tokens", "total_tokens", "input_tokens", "output_tokens"], 0
)
_COUNTS = re.compile(rb'"usage(?:Metadata)?"[ \t\r\n]*:')
_SOUND = re.compile(
    rb'[ \t\r\n]*\{(?:[ \t\r\n,{}]|"[A-Za-z_]{1,60}"[ \t\r\n]{0,9}:[ \t\r\n]{0,9}'
    rb"(?:\d{1,12}(?![\w.+-])|\{))*+(?<=\})"
)


def with_sound_usage(body: bytes) -> bytes:
    """The answer of a server; counts that cannot be are 0, which says that nothing was counted.

    The client refuses a whole answer for a count that is a text, negative or too large.
    """
    places = [match.end() for match in _COUNTS.finditer(body)]
    if not places or all(_SOUND.match(body, at) for at in places):
        return body
    try:
        answer: Any = json.loads(body)
    except (ValueError, RecursionError):
        return body
    if not isinstance(answer, dict):
        return body
    told = cast("dict[str, Any]", answer)
    for name in _NAMES:
        if name in told and told[name] is not None:
            told[name] = _sound(told[name])
    return json.dumps(told).encode()


def _sound(usage: Any) -> dict[str, Any]:
    if not isinstance(usage, dict):
        return dict(_NOTHING)
    counts = cast("dict[str, Any]", usage)
    missing = any(name in _NOTHING and value is None for name, value in counts.items())
    if not missing and all(_is_sound(value) for value in counts.values()):
        return counts
    return {**_NOTHING, **{name: 0 for name, value in counts.items() if _is_count(name, value)}}


def _is_sound(value: Any) -> bool:
    match value:
        case bool():
            return False
        case int():
            return 0 <= value <= _MOST
        case dict():
            return all(_is_sound(inner) for inner in cast("dict[str, Any]", value).values())
        case _:
            return value is None


def _is_count(name: str, value: Any) -> bool:
    return not isinstance(value, dict | list) and "oken" in name
