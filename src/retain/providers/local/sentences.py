"""Sentences of a paragraph, with their places in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import cast

import sentencex  # pyright: ignore[reportMissingTypeStubs]

from retain.english.wordlists import ABBREVIATIONS, MAY_END
from retain.providers.local.plain import Plain

MAX_CHARS = 700
# A mark that ends nothing stands for a dot, so that every place stays what it is.
_DOT = ","
_ABBREVIATED = re.compile(
    r"(?<![\w.])(?=\w+\.)(?:"
    + "|".join(re.escape(word) for word in sorted(ABBREVIATIONS.split(), key=len, reverse=True))
    + r"|[A-Z](?:\.[A-Z])*)\.(?=\s*(?P<next>\S))",
    re.IGNORECASE,
)
# The library takes "value 5. Then" and "of type T. Then" for numbering and initials, and the ends
# of "fine art. Then" and "for me. Then" for abbreviations.
# What comes before the mark is looked at behind it: marks are rarer than letters.
_SHORT_END = re.compile(r"\. (?=[A-Z])(?:(?<=[a-z=&] \w\. )|(?<= May\. ))")
_WORD_END = re.compile(r"[.!] (?<=[a-z'][a-z][.!] )(?=[\"“(]?[A-Z])")
_PAREN_END = re.compile(r"(?:[.!?]\)|[!?]{2}) (?=[\"“(]?[A-Z])")
_INNER_DOT = re.compile(r"[.!?](?<=\w[.!?])(?=\w)")
_TERMINALS = re.compile(r"[.!?…\u3002\uff01\uff1f]")
# What the compiled module offers has no types of its own.
_boundaries = cast(
    "Callable[[str, str], list[dict[str, str]]]", vars(sentencex)["get_sentence_boundaries"]
)
_ALSO_WORDS = frozenset({"sat", "sun", "mt", "min", "fig", "no", "mar", "ext", "ed", "al"})
_NO = re.compile(r"no\.\Z", re.IGNORECASE)


def sentences(paragraph: Plain) -> Iterator[tuple[int, int]]:
    """The spans of the sentences in the plain text, without blanks around them."""
    text = paragraph.text
    if not _TERMINALS.search(text, 0, max(len(text) - 1, 0)):
        yield from _trimmed(text, 0, len(text))
        return
    at = 0
    protected = _protected(paragraph)
    for boundary in _boundaries("en", protected):
        end = at + len(boundary["text"])
        ends = [short.end() for short in _SHORT_END.finditer(text, at, end)]
        ends += [word.end() for word in _WORD_END.finditer(protected, at, end)]
        ends += [paren.end() for paren in _PAREN_END.finditer(protected, at, end)]
        for after in sorted(ends):
            yield from _trimmed(text, at, after)
            at = after
        yield from _trimmed(text, at, end)
        at = end


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    # A sentence in brackets of its own is what stands inside of them.
    if text[start:end].startswith("(") and text.find(")", start, end) == end - 1:
        start, end = start + 1, end - 1
    if start < end:
        yield start, end


def _protected(paragraph: Plain) -> str:
    """The text of the same length in which only the ends of sentences look like such."""
    text = paragraph.text
    if paragraph.code:
        parts, at = list[str](), 0
        for start, end in paragraph.code:
            parts += [text[at:start], "x" * (end - start)]
            at = end
        text = "".join([*parts, text[at:]])
    return _INNER_DOT.sub(_DOT, _ABBREVIATED.sub(_protect, text))


def _protect(match: re.Match[str]) -> str:
    word, following = match[0][:-1], match["next"]
    bare = word.lower()
    if bare in MAY_END and following.isupper():
        return match[0]
    if _NO.match(match[0]) and not following.isdigit():
        return match[0]
    if word == "Max" and following.isupper():
        return match[0]
    # "I" ends sentences; other single capitals are initials.
    if word == "I" or (bare in _ALSO_WORDS and word.islower() and following.isupper()):
        return match[0]
    return word + _DOT
