"""What a model is shown of hits: enough to answer from, and no more than a request should hold."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from retain.memory.model import Hit
from retain.recall.query import stems, terms

LONGEST = 1_500
"""Of a section, so many characters are shown: those around the words that are asked for."""

MOST_BYTES = 18_000
"""Of all hits: some 4,500 tokens of English, and 6,000 of languages that take more."""

_BEFORE = 200
"""What is shown before the first of those words, in characters."""

_BLANK_LINES = re.compile(r"\n\s*\n")
_CUT = "…"


def evidence(question: str, hits: Sequence[Hit]) -> list[Hit]:
    """The first of the hits, as many as fit, each with what of its text is shown.

    No blank line is left in it: that is what parts one piece of memory from the next.
    """
    wanted = sorted({stem for term in terms(question) for stem in stems(term)})
    shown: list[Hit] = []
    left = MOST_BYTES
    for hit in hits:
        text = _BLANK_LINES.sub("\n", around(wanted, hit.text.strip()))
        told = "".join((hit.source_id, *hit.path, text))
        left -= len(told.encode("utf-8", "replace"))
        if shown and left < 0:
            break
        shown.append(replace(hit, text=text))
    return shown


def around(wanted: Sequence[str], text: str) -> str:
    """The part of a long text that holds most of the wanted words, cut at spaces.

    Args:
        wanted: Words in lower case, without their endings.
        text: Any text.
    """
    if len(text) <= LONGEST:
        return text
    start = max(0, min(_best(wanted, text) - _BEFORE, len(text) - LONGEST))
    part = text[start : start + LONGEST]
    if start:
        part = _CUT + (part.split(maxsplit=1)[-1] if " " in part else part)
    if start + LONGEST < len(text):
        part = (part.rsplit(maxsplit=1)[0] if " " in part else part) + _CUT
    return part


def _best(wanted: Sequence[str], text: str) -> int:
    """Where the part with the most of the wanted words begins; of equal ones, the first."""
    # Scripts without spaces have no beginnings of words that could be seen.
    words = [rf"\b{re.escape(one)}" if one.isascii() else re.escape(one) for one in wanted]
    found = re.finditer("|".join(words), text, re.IGNORECASE) if words else ()
    places = [(match.start(), match[0].casefold()) for match in found]
    if not places:
        return 0
    held: dict[str, int] = {}
    best, most, first = places[0][0], 0, 0
    for at, word in places:
        held[word] = held.get(word, 0) + 1
        while at - places[first][0] > LONGEST - 2 * _BEFORE:
            gone = places[first][1]
            held[gone] -= 1
            if not held[gone]:
                del held[gone]
            first += 1
        if len(held) > most:
            best, most = places[first][0], len(held)
    return best
