"""Where a quote stands in a text: to the letter, or but for what typesetting changes."""

from __future__ import annotations

import re

_ALIKE = {
    "'": "['\u2018\u2019\u02bc`]",
    '"': '["\u201c\u201d\u201e\u00ab\u00bb]',
    "-": "[-\u2010-\u2015\u2212]",
}
_CLASS = {
    sign: pattern
    for signs, pattern in (
        ("'\u2018\u2019\u02bc`", _ALIKE["'"]),
        ('"\u201c\u201d\u201e\u00ab\u00bb', _ALIKE['"']),
        ("-\u2010\u2011\u2012\u2013\u2014\u2015\u2212", _ALIKE["-"]),
    )
    for sign in signs
}
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
    for words in (bare, bare.strip(_EDGES)):
        if words and (found := re.search(_pattern(words), text)):
            return found.span()
    return None


def _pattern(quote: str) -> str:
    words = (
        "".join(_CLASS.get(sign) or re.escape(sign) for sign in word) for word in quote.split()
    )
    return r"\s+".join(words)
