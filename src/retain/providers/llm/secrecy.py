"""Keeps what is secret out of what is shown: errors, and the logs of the clients that are used."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from string import hexdigits
from urllib.parse import quote

HIDDEN = "***"

_PACKAGES = ("anthropic", "groq", "httpcore", "httpcore2", "httpx", "httpx2", "openai")
_LATE = ("httpcore2.connection", "httpcore2.http11", "httpcore2.http2", "httpcore2.proxy")
"""Loggers that are made when a connection first needs them."""


def hidden(words: str, secrets: Iterable[str]) -> str:
    """`words` without what is secret; the longest secret first, lest a part of one stays."""
    for secret in secrets:
        for form in {secret, quote(secret, safe="")}:
            words = words.replace(form, HIDDEN)
    return words


def without(text: str, secret: str) -> str:
    """`text` without a secret, also where JSON's escapes spell it, one in another even."""
    text = hidden(text, (secret,))
    marks = list(text)
    places = [(at, at + 1) for at in range(len(text))]
    for _ in range(_DEEPEST):
        if "\\" not in marks:
            break
        marks, places = _unescaped(marks, places)
        plain, kept = "".join(marks), 0
        found: list[tuple[int, int]] = []
        while (at := plain.find(secret, kept)) >= 0:
            kept = at + len(secret)
            found.append((places[at][0], places[kept - 1][1]))
        if found:
            for begins, ends in reversed(found):
                text = text[:begins] + HIDDEN + text[ends:]
            return without(text, secret)
    return text


_DEEPEST = 3
_SHORT = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


def _unescaped(
    marks: list[str], places: list[tuple[int, int]]
) -> tuple[list[str], list[tuple[int, int]]]:
    """Characters without one layer of JSON's escapes, each with where it begins and ends."""
    found: list[str] = []
    spans: list[tuple[int, int]] = []
    at = 0
    while at < len(marks):
        mark, ends = marks[at], at + 1
        if mark == "\\" and at + 1 < len(marks):
            mark, ends = _SHORT.get(marks[at + 1], marks[at + 1]), at + 2
            digits = "".join(marks[at + 2 : at + 6]) if mark == "u" else ""
            if len(digits) == 4 and all(digit in hexdigits for digit in digits):
                mark, ends = chr(int(digits, 16)), at + 6
        found.append(mark)
        spans.append((places[at][0], places[ends - 1][1]))
        at = ends
    return found, spans


class _Hiding(logging.Filter):
    def __init__(self) -> None:
        super().__init__()
        self.secrets: tuple[str, ...] = ()

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = hidden(record.getMessage(), self.secrets), ()
        return True


_HIDING = _Hiding()


def hide_in_logs(secrets: Iterable[str]) -> None:
    """Have the clients log no secret; at their lowest level, they log what servers echo."""
    known = {*_HIDING.secrets, *secrets}
    _HIDING.secrets = tuple(sorted(known, key=len, reverse=True))
    made = [name for name in list(logging.root.manager.loggerDict) if _is_clients(name)]
    for name in {*made, *_LATE}:
        logging.getLogger(name).addFilter(_HIDING)


def _is_clients(logger: str) -> bool:
    return logger.partition(".")[0] in _PACKAGES
