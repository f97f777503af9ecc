"""Answers that are not as they were asked for."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, cast

from retain.memory.model import ModelAnswer
from retain.testing.modelserver.plan import SpoilKind

HUGE = 10_000_000
"""The length of a huge answer, in characters."""

REFUSAL = "I'm sorry, but I can't help with that."
NOWHERE = "These words stand nowhere in the section, 7f3a."

_OTHERWISE: Mapping[str, Any] = {"facts": [], "sentences": [], "known": False, "verdict": "unsure"}
"""What a key that stands twice says first."""


def spoilt(answer: ModelAnswer, kind: SpoilKind) -> ModelAnswer:
    """The answer as the fault has it; its tokens stay as they were counted."""
    match kind:
        case "refusal":
            return replace(answer, text=REFUSAL, finish="refused")
        case "length":
            return replace(answer, text=_half(answer.text), finish="length")
        case _:
            return replace(answer, text=_SPOILERS[kind](answer.text))


def _half(text: str) -> str:
    return text[: len(text) // 2]


def _wrong(text: str) -> str:
    return json.dumps({"result": text[:20], "items": [1, None]})


def _huge(text: str) -> str:
    return text + " " * (HUGE - len(text))


def _lying(text: str) -> str:
    """One more fact, if the answer is of facts."""
    whole = _read(text)
    if "facts" in whole:
        lie = {"text": "The moon is a lamp", "quote": NOWHERE, "type": "world"}
        nothing = dict.fromkeys(("subject", "slot", "value", "first_day", "last_day"))
        whole["facts"].append({**lie, **nothing, "names": [], "confidence": 0.9})
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"))


def _escaped(text: str) -> str:
    whole = {key: _letters(value) for key, value in _read(text).items()}
    return _written({**whole, "note": _MARK + "d83d" + _MARK + "de00"})


def _half_paired(text: str) -> str:
    return _written({**_read(text), "note": _MARK + "d83d"})


_MARK = "\x00u"
"""Stands for the backslash of an escape until the rest is written."""


def _letters(value: Any) -> Any:
    match value:
        case str():
            units = value.encode("utf-16-be").hex()
            return "".join(_MARK + units[n : n + 4] for n in range(0, len(units), 4))
        case list():
            return [_letters(one) for one in cast(list[Any], value)]
        case dict():
            return {key: _letters(one) for key, one in cast(dict[str, Any], value).items()}
        case _:
            return value


def _written(value: Any) -> str:
    return json.dumps(value, separators=(",", ":")).replace("\\u0000u", "\\u")


def _doubled(text: str) -> str:
    first = next(iter(_read(text)))
    return f"{{{json.dumps(first)}:{json.dumps(_OTHERWISE.get(first))},{text.lstrip()[1:]}"


def _block(text: str) -> str:
    return f"```json\n{text}\n```"


def _nothing(_text: str) -> str:
    return ""


def _read(text: str) -> dict[str, Any]:
    """The answer, if it is whole; an object with it otherwise."""
    try:
        whole = json.loads(text)
    except ValueError:
        return {"text": text}
    return cast(dict[str, Any], whole) if isinstance(whole, dict) else {"text": text}


_SPOILERS: Mapping[SpoilKind, Callable[[str], str]] = {
    "truncated": _half,
    "wrong schema": _wrong,
    "huge": _huge,
    "false quote": _lying,
    "escapes": _escaped,
    "half pairs": _half_paired,
    "duplicate keys": _doubled,
    "code block": _block,
    "empty": _nothing,
}
