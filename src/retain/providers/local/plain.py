"""The words of a paragraph without their markup, each with its place in the source."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import NamedTuple

_TAGS = (
    "a|abbr|address|article|aside|audio|b|bdi|bdo|big|blockquote|body|br|button|caption|center|cite"
    "|code|col|colgroup|dd|del|details|dfn|div|dl|dt|em|figcaption|figure|font|footer|form|h[1-6]"
    "|header|hr|html|i|iframe|img|input|ins|kbd|label|li|link|main|mark|meta|nav|ol|option|p|picture"
    "|pre|q|rp|rt|ruby|s|samp|section|select|small|source|span|strike|strong|style|sub|summary|sup"
    "|svg|table|tbody|td|template|textarea|tfoot|th|thead|time|title|tr|tt|u|ul|var|video|wbr"
)
# Bounded everywhere, so that no text makes it slow.
_MARKUP = re.compile(
    # Nothing here begins with a letter, a digit or the space between two words.
    r"(?![^\W_]| \S)(?:(?P<code>(?P<ticks>`{1,3})(?P<inner>[^`]{1,400})(?P=ticks))|`+"
    r"|<!--(?:.{0,2000}?)-->|</?(?:" + _TAGS + r")(?=[\s/>])[^<>]{0,400}>"
    r"|!\[\[[^\[\]\n]{1,300}\]\]|\[\[(?:[^\[\]|\n]{0,200}\|)?(?=[^\[\]|\n]{1,200}\]\])|\]\]"
    r"|==(?=[^\s=][^=\n]{0,300}==)|(?<=[^\s=])==(?=[\s.,;:!?)]|\Z)|%%[^%\n]{0,500}%%"
    r"|!\[[^\[\]]{0,300}\](?:\([^()]{0,600}\)|\[[^\[\]]{0,200}\])"
    r"|(?<=[\w.,;!?\])])\[\d{1,3}\](?![(\[:])|\[\^[^\[\]\s]{1,60}\]|\[(?=[^\[\]]{1,300}\][(\[])"
    r"|\](?:\([^()\s]{0,600}(?:\s+\"[^\"\n]{0,200}\")?\)|\[[^\[\]]{0,200}\])"
    r"|\\(?P<escaped>[!-/:-@\[-`{-~])|&(?P<entity>amp|lt|gt|quot|nbsp|#39);"
    r"|\*+(?=\S)|(?<=\S)\*+|(?<!\w)_{1,3}(?=\S)|(?<=\S)_{1,3}(?!\w)"
    r"|(?P<space>[^\S\n]*\n[ \t]*(?:>[ \t]?)*\s*|\s{2,}|[^\S ])|[\x00-\x08\x0e-\x1f\ufeff\u200b])",
    re.DOTALL,
)
_JSON_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{4}(?:\\u[dD][c-fC-F][0-9a-fA-F]{2})?|.)", re.DOTALL)
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "nbsp": " ", "#39": "'"}
# One apostrophe for both, so that every rule knows one only.
_CURLY = "\u2019"
_EDGES = "*_`"


class Piece(NamedTuple):
    """Characters that stand together in the source, or what replaces some.

    Args:
        start: Its first character in the source.
        end: One past its last there.
        verbatim: Whether it stands there as it is here.
    """

    start: int
    end: int
    verbatim: bool


@dataclass(frozen=True, slots=True)
class Plain:
    """Plain text with its way back to the source.

    Args:
        text: The words, with single spaces between them.
        starts: Where its pieces begin in the plain text.
        pieces: What they are made of, in order.
        code: Where inline code stands, in the plain text.
    """

    text: str
    starts: list[int]
    pieces: list[Piece]
    code: list[tuple[int, int]]

    def source_span(self, start: int, end: int) -> tuple[int, int]:
        """Where the plain characters from `start` up to `end` stand in the source."""
        first, last = bisect_right(self.starts, start) - 1, bisect_right(self.starts, end - 1) - 1
        begin, _, verbatim = self.pieces[first]
        begin += (start - self.starts[first]) * verbatim
        last_begin, after, verbatim = self.pieces[last]
        return begin, last_begin + (end - self.starts[last]) if verbatim else after

    def within(self, start: int, end: int) -> Plain:
        """The plain characters from `start` up to `end`, as a text of its own."""
        first, last = bisect_right(self.starts, start) - 1, bisect_right(self.starts, end - 1)
        return Plain(
            self.text[start:end],
            # The first piece may begin before the part: its place is kept, below zero.
            [place - start for place in self.starts[first:last]],
            self.pieces[first:last],
            [(a - start, b - start) for a, b in self.code if start <= a and b <= end],
        )


class _Builder:
    def __init__(self, source: str) -> None:
        self._source = source
        self._length = 0
        self._words: list[str] = []
        self._starts: list[int] = []
        self._pieces: list[Piece] = []

    def keep(self, start: int, end: int) -> None:
        if start < end:
            self._add(self._source[start:end], start, end, verbatim=True)

    def put(self, words: str, start: int, end: int) -> None:
        if words == " " and (not self._words or self._words[-1].endswith(" ")):
            return
        if words:
            self._add(words, start, end, verbatim=False)

    def _add(self, words: str, start: int, end: int, *, verbatim: bool) -> None:
        self._starts.append(self._length)
        self._pieces.append(Piece(start, end, verbatim))
        self._words.append(words)
        self._length += len(words)

    @property
    def length(self) -> int:
        return self._length

    def plain(self, code: list[tuple[int, int]]) -> Plain:
        text = "".join(self._words).replace(_CURLY, "'")
        return Plain(text, self._starts, self._pieces, code)


def plain(source: str, start: int, end: int) -> Plain:
    """The words of the Markdown paragraph at ``source[start:end]``."""
    builder, code, at = _Builder(source), list[tuple[int, int]](), start
    for match in _MARKUP.finditer(source, start, end):
        builder.keep(at, match.start())
        at = match.end()
        if match["inner"]:
            begin = builder.length
            inner = match["inner"]
            if "\n" in inner:
                builder.put(" ".join(inner.split()), match.start("inner"), match.end("inner"))
            else:
                builder.keep(match.start("inner"), match.end("inner"))
            code.append((begin, builder.length))
        elif match["escaped"]:
            builder.put(match["escaped"], match.start(), match.end())
        elif match["entity"]:
            builder.put(_ENTITIES[match["entity"]], match.start(), match.end())
        elif match["space"]:
            builder.put(" ", match.start(), match.end())
    builder.keep(at, end)
    return builder.plain(code)


def plain_json(source: str, start: int, end: int) -> Plain:
    """The words of the JSON string whose escaped characters are ``source[start:end]``."""
    builder, at = _Builder(source), start
    for match in _JSON_ESCAPE.finditer(source, start, end):
        builder.keep(at, match.start())
        at = match.end()
        try:
            words = _whole(json.loads(f'"{match[0]}"'))
        except ValueError:
            words = ""
        builder.put(" " if words.isspace() else words, match.start(), match.end())
    builder.keep(at, end)
    return builder.plain([])


def _whole(words: str) -> str:
    """The words without what no text can hold: lone halves of surrogate pairs, and NUL."""
    joined = words.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return joined.replace("\0", "\ufffd")


def with_marks(source: str, start: int, end: int, bounds: tuple[int, int]) -> tuple[int, int]:
    """The span with the marks of emphasis and code that touch it."""
    while start > bounds[0] and source[start - 1] in _EDGES:
        start -= 1
    while end < bounds[1] and source[end] in _EDGES:
        end += 1
    return start, end
