"""What chat programs write into the text of messages: mentions, links, and letters as bytes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Protocol, cast

from retain.sources.decoded import DecodedText

_CHARACTERS = {"amp": "&", "lt": "<", "gt": ">"}


class Markup(Protocol):
    """How a chat program writes what people say."""

    def read(self, words: DecodedText, into: DecodedText, names: Mapping[str, str]) -> None:
        """Add what `words` say to `into`."""
        ...

    def name(self, written: str) -> str:
        """The name of a speaker, as people read it."""
        ...


def markup_of(value: object) -> Markup | None:
    """The markup of a chat, by the first object of it; None where text is text."""
    if not isinstance(value, dict):
        return None
    held = cast("dict[str, Any]", value)
    if isinstance(held.get("ts"), str) and ("text" in held or "user" in held):
        return SlackMarkup()
    if isinstance(held.get("participants"), list) and "thread_path" in held:
        return MessengerText()
    return None


class SlackMarkup:
    """``<@U1>``, ``<URL|label>``, ``&amp;``: https://api.slack.com/reference/surfaces/formatting."""

    _CODE = re.compile(r"<([@#!]?)([^<>|\n]{1,2000})(?:\|([^<>\n]{0,500}))?>|&(amp|lt|gt);")

    def read(self, words: DecodedText, into: DecodedText, names: Mapping[str, str]) -> None:
        text, done = words.text, 0
        for match in self._CODE.finditer(text):
            into.take(words, done, match.start())
            done = match.end()
            place = words.place(match.start(), done)
            into.put(self._shown(match, names), place.start, place.end)
        into.take(words, done, len(text))

    def name(self, written: str) -> str:
        return written

    def _shown(self, match: re.Match[str], names: Mapping[str, str]) -> str:
        sign, target, label, character = match.groups()
        if character:
            return _CHARACTERS[character]
        if sign == "@":
            return names.get(target, label or target)
        if sign == "#":
            return f"#{label or names.get(target, target)}"
        return label or target.split("^")[0]


class MessengerText:
    """Messenger and Instagram write each byte of UTF-8 as a character of its own."""

    _BYTES = re.compile(r"[\u0080-\u00ff]{2,}")

    def read(self, words: DecodedText, into: DecodedText, names: Mapping[str, str]) -> None:
        text, done = words.text, 0
        for match in self._BYTES.finditer(text):
            shown = _as_utf8(match[0])
            if shown is not None:
                into.take(words, done, match.start())
                done = match.end()
                place = words.place(match.start(), done)
                into.put(shown, place.start, place.end)
        into.take(words, done, len(text))

    def name(self, written: str) -> str:
        return self._BYTES.sub(lambda match: _as_utf8(match[0]) or match[0], written)


def _as_utf8(letters: str) -> str | None:
    try:
        return letters.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return None
