"""Where a text may be cut in two: between paragraphs, else between sentences."""

from __future__ import annotations

import re

_PARAGRAPH = re.compile(r"\n[ \t]*\n+")
_SENTENCE = re.compile(r"[.!?\u2026\u3002\uff01\uff1f][\"'\u201d\u2019)\]]*\s+|\n")


def halved(text: str) -> int | None:
    """The place nearest to the middle at which a sentence ends, or a paragraph if one is near.

    None if the text cannot be cut into two parts that both say something.
    """
    quarter = len(text) // 4
    paragraphs = _ends(_PARAGRAPH, text)
    near = [at for at in paragraphs if quarter <= at <= len(text) - quarter]
    places = near or _ends(_SENTENCE, text) or paragraphs
    return min(places, key=lambda at: abs(at - len(text) // 2), default=None)


def _ends(between: re.Pattern[str], text: str) -> list[int]:
    """The places that have something to read on both sides."""
    ends = (match.end() for match in between.finditer(text))
    first, last = len(text) - len(text.lstrip()), len(text.rstrip())
    return [at for at in ends if first < at < last]
