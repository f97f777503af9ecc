"""Patterns that match in any case, several times faster than `re.IGNORECASE` does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

_TAKEN_FOR_LATIN = re.compile("[\u017f\u0131]")  # a long s and an i without a dot


class AnyCase:
    """A pattern that ignores case; what its matches hold is in lower case.

    `re` skips an alternative by its first letter, but with `re.IGNORECASE` it tries each of them at
    every character. So the text is put into lower case, unless that moves its characters or they
    are of the few that only `re` takes for a Latin letter.

    Args:
        pattern: Written in lower case.
    """

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self._lower_case = re.compile(pattern)

    @cached_property
    def _any_case(self) -> re.Pattern[str]:
        return re.compile(self.pattern, re.IGNORECASE)

    def match(self, text: str, start: int = 0) -> re.Match[str] | None:
        """The match that begins at `start`."""
        if (lower := _lower(text)) is not None:
            return self._lower_case.match(lower, start)
        return self._any_case.match(text, start)

    def search(self, text: str) -> re.Match[str] | None:
        """The first match in the text."""
        if (lower := _lower(text)) is not None:
            return self._lower_case.search(lower)
        return self._any_case.search(text)

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """The matches in the text, none of which overlap."""
        if (lower := _lower(text)) is not None:
            return self._lower_case.finditer(lower)
        return self._any_case.finditer(text)

    def without(self, text: str) -> str:
        """The text with what matches taken out."""
        parts: list[str] = []
        at = 0
        for match in self.finditer(text):
            parts.append(text[at : match.start()])
            at = match.end()
        return "".join([*parts, text[at:]])


def _lower(text: str) -> str | None:
    """The text in lower case, where that matches the same patterns at the same places."""
    lower = text.lower()
    if text.isascii() or (len(lower) == len(text) and not _TAKEN_FOR_LATIN.search(lower)):
        return lower
    return None
