"""The encoding of text that has no mark and is not UTF-8, by what its bytes suggest."""

from __future__ import annotations

import re

_SAMPLE_BYTES = 1 << 20
# In a text of a language that is written with Latin letters, most bytes are ASCII.
_FEW_HIGH = 0.3
_SPARE = 1
# Windows-1252 puts these where the other code pages of Latin letters have letters.
_NO_LETTER_IN_WORD = re.compile(
    "[^\\W\\d_][\u00a1-\u00a9\u00ab-\u00b4\u00b6\u00b8\u00b9\u00bb-\u00bf\u00d7\u00f7\u2018\u201a"
    "\u201c-\u203a\u0152\u0178\u0192\u02c6\u02dc]+[^\\W\\d_]|(?<!\\w)[\u00b3\u00bf\u00bc\u00be](?=\\w)"
)


def guess_encoding(data: bytes) -> str | None:
    """The name of the encoding that fits best, as Python knows it; None where none does.

    ``charset-normalizer`` decides, but for two things. 16 and 32 bits a character are never
    guessed, since any even number of bytes is some text in them. And where a text is mostly ASCII
    and reads well in Windows-1252, the code page of Western Europe, that is what it is.
    """
    from charset_normalizer import from_bytes

    sample = data[:_SAMPLE_BYTES]
    western = _western(sample)
    if western is not None:
        return western
    excluded = ["utf_16", "utf_16_be", "utf_16_le", "utf_32", "utf_32_be", "utf_32_le", "utf_7"]
    best = from_bytes(sample, cp_exclusion=excluded).best()
    return None if best is None else best.encoding


def _western(sample: bytes) -> str | None:
    high = sum(byte > 127 for byte in sample)
    letters = sum(byte > 127 or chr(byte).isalpha() for byte in sample)
    if high > _FEW_HIGH * letters + _SPARE:
        return None
    try:
        text = sample.decode("cp1252")
    except UnicodeDecodeError:
        return None
    return None if _NO_LETTER_IN_WORD.search(text) else "cp1252"
