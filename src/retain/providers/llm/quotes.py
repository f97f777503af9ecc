"""Where a quote stands in a text: to the letter, or but for what typesetting changes."""

from __future__ import annotations

from functools import lru_cache

_ALIKE = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u02bc`", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
    }
)
_EDGES = " \t\r\n\"'\u2018\u2019\u201c\u201d\u2026."
MAX_CHARACTERS = 4_000
"""A longer quote is no quote."""


def located(text: str, quote: str) -> tuple[int, int] | None:
    """Where `quote` stands in `text`; None if it does not.

    White space, the forms of quotation marks and dashes, and marks at the ends may differ.
    """
    bare = quote.strip()
    if not bare or len(bare) > MAX_CHARACTERS:
        return None
    if (at := text.find(bare)) >= 0:
        return at, at + len(bare)
    flat, places = _flattened(text)
    for words in (bare, bare.strip(_EDGES)):
        wanted = _flattened(words)[0]
        if wanted and (at := flat.find(wanted)) >= 0:
            return places[at], places[at + len(wanted) - 1] + 1
    return None


@lru_cache(maxsize=4)
def _flattened(text: str) -> tuple[str, list[int]]:
    """The text with one form of each mark and one blank for white space, and where it was."""
    signs: list[str] = []
    places: list[int] = []
    for at, sign in enumerate(text.translate(_ALIKE)):
        if not sign.isspace():
            signs.append(sign)
            places.append(at)
        elif signs and signs[-1] != " ":
            signs.append(" ")
            places.append(at)
    return "".join(signs), places
