"""What a model is shown of hits: enough to answer from, and no more than fits into a request."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from retain.memory.model import Hit
from retain.recall.query import stems, terms

MAX_HIT_CHARACTERS = 1_500
"""How much of a section is shown: the part around the words of the question."""

MAX_BYTES = 18_000
"""The size of all hits: about 4,500 tokens of English, and 6,000 of languages that need more."""

_BEFORE = 200
"""How many characters are shown before the first of the question's words."""

_BLANK_LINES = re.compile(r"\n\s*\n")
_CUT = "…"


def answer_context(question: str, hits: Sequence[Hit]) -> list[Hit]:
    """The first of the hits, as many as fit, each with the part of its text that is shown.

    Blank lines are removed from the texts, because a blank line separates the hits in a request.
    """
    wanted = wanted_stems(question)
    shown: list[Hit] = []
    bytes_left = MAX_BYTES
    for hit in hits:
        text = without_blank_lines(excerpt(wanted, hit.text.strip()))
        shown_text = "".join((hit.source_id, *hit.path, text))
        bytes_left -= len(shown_text.encode("utf-8", "replace"))
        if shown and bytes_left < 0:
            break
        shown.append(replace(hit, text=text))
    return shown


def wanted_stems(question: str) -> list[str]:
    """The words of a question that its hits are cut around, without their endings."""
    return sorted({stem for term in terms(question) for stem in stems(term)})


def without_blank_lines(text: str) -> str:
    """A text without blank lines: one of these separates the hits in a request."""
    return _BLANK_LINES.sub("\n", text)


def excerpt(wanted: Sequence[str], text: str, most: int = MAX_HIT_CHARACTERS) -> str:
    """The part of a long text with the most of the wanted words, cut at spaces.

    Args:
        wanted: Words in lower case, without their endings.
        text: Any text.
        most: The characters of the part.
    """
    if len(text) <= most:
        return text
    before = min(_BEFORE, most // 4)
    start = max(0, min(_best(wanted, text, most - 2 * before) - before, len(text) - most))
    part = text[start : start + most]
    if start:
        part = _CUT + (part.split(maxsplit=1)[-1] if " " in part else part)
    if start + most < len(text):
        part = (part.rsplit(maxsplit=1)[0] if " " in part else part) + _CUT
    return part


def _best(wanted: Sequence[str], text: str, reach: int) -> int:
    """Where the part with the most of the wanted words begins; of equal ones, the first.

    Args:
        wanted: See `excerpt`.
        text: The text.
        reach: From its first to its last wanted word, the part has so many characters at most.
    """
    # In scripts without spaces, the beginning of a word cannot be seen.
    words = [rf"\b{re.escape(one)}" if one.isascii() else re.escape(one) for one in wanted]
    matches = re.finditer("|".join(words), text, re.IGNORECASE) if words else ()
    places = [(match.start(), match[0].casefold()) for match in matches]
    if not places:
        return 0
    counts: dict[str, int] = {}
    best, most, first = places[0][0], 0, 0
    for at, word in places:
        counts[word] = counts.get(word, 0) + 1
        while at - places[first][0] > reach:
            gone = places[first][1]
            counts[gone] -= 1
            if not counts[gone]:
                del counts[gone]
            first += 1
        if len(counts) > most:
            best, most = places[first][0], len(counts)
    return best
