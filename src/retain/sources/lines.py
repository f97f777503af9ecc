"""Lines of a text, and where they are."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator

# https://spec.commonmark.org/0.31.2/#line-ending
_LINE_END = re.compile(r"\r\n?|\n")
# Whatever `str.splitlines` takes for the end of a line.
_ENDS = r"\n\r\v\f\x1c-\x1e\x85\u2028\u2029"
_LINE = re.compile(rf"([^{_ENDS}]*+)(?:\r\n|[{_ENDS}])|([^{_ENDS}]++)")


def spans_of_lines(text: str) -> Iterator[tuple[int, int]]:
    """The spans of the lines of a text, without their ends, as `str.splitlines` cuts them.

    A list of the lines takes as much memory as the text again. A byte order mark at the beginning
    belongs to no line.
    """
    begin = int(text.startswith("\ufeff"))
    return (line.span(line.lastindex or 0) for line in _LINE.finditer(text, begin))


class Lines:
    """Where each line of a text begins; the text itself stays as it was given.

    A byte order mark at the beginning belongs to no line.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = array("q", [text.startswith("\ufeff")])
        self.starts.extend(end.end() for end in _LINE_END.finditer(text))

    def start(self, line: int) -> int:
        """The first character of the line, from 0; the end of the text for one past the last."""
        return self.starts[line] if line < len(self.starts) else len(self.text)

    def number(self, offset: int) -> int:
        """The line that a character is in, from 1."""
        return max(1, bisect_right(self.starts, offset))

    def trimmed(self, start: int, end: int) -> tuple[int, int]:
        """The span without the blank lines around it and the blanks at its end.

        The blanks before the first word of a line stay: they may mean something.
        """
        text = self.text[start:end].rstrip()
        first = start + len(text) - len(text.lstrip())
        return max(start, self.start(self.number(first) - 1)), start + len(text)

    def blank(self, start: int, end: int) -> bool:
        """Whether the span holds white space only."""
        return not self.text[start:end].strip()

    def normalised(self) -> str:
        """The text with line feeds as line ends and without NUL, line by line the same."""
        text = self.text.removeprefix("\ufeff")
        return _LINE_END.sub("\n", text).replace("\0", "\ufffd")
