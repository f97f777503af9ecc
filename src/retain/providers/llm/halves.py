"""Where a text may be cut in two: between paragraphs, else between sentences."""

from __future__ import annotations

import re

_PARAGRAPH = re.compile(r"\n[ \t]*\n+")
_SENTENCE = re.compile(r"[.!?\u2026\u3002\uff01\uff1f][\"'\u201d\u2019)\]]*\s+|\n")


def halved(text: str) -> int | None:
    """The place nearest to the middle at which a paragraph, else a sentence, ends.

    None if the text cannot be cut into two parts that both say something.
    """
    for between in (_PARAGRAPH, _SENTENCE):
        places = [match.end() for match in between.finditer(text)]
        whole = [at for at in places if text[:at].strip() and text[at:].strip()]
        if whole:
            return min(whole, key=lambda at: abs(at - len(text) // 2))
    return None
