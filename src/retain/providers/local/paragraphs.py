"""The running text of a section: its paragraphs and list items, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from retain.memory.model import Section
from retain.memory.tables import header_before

_FENCE = re.compile(r"[ \t>]*(?P<mark>`{3,}|~{3,})")
_ITEM = re.compile(r"[ \t>]*(?:[-*+•]|\d{1,9}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?(?=\S)")
_HEADING = re.compile(r"[ \t>]{0,6}#{1,6}(?:[ \t]|$)")
_UNDERLINE = re.compile(r" {0,3}(?:=+|-+)[ \t]*$")
_RULE = re.compile(r" {0,3}(?:(?:\* *){3,}|(?:- *){3,}|(?:_ *){3,})$")
_TABLE = re.compile(r"[ \t>]*\|")
_TABLE_RULE = re.compile(r"[ \t>]*+\|?[ \t]*+:?-++:?[ \t]*+\|[ \t:|-]*+$")
_DEFINITION = re.compile(r" {0,3}\[[^\]]{1,300}\]:\s*\S")
_RAW_OPEN = re.compile(r"[ \t]*<(?P<tag>script|style|pre|textarea|svg)\b", re.IGNORECASE)
_FIELD = re.compile(
    r"[ \t>]*\*{0,2}[^\W\d_][\w /()&+.'-]{0,38}(?:::?\*{0,2}|\*\*:)[ \t]+\S.{0,120}$"
)
_INDENTED = re.compile(r"(?: {4}|\t)")
_OPENING = re.compile(r"\s{0,3}\*\*[^*:\r\n]{1,60}(?::\*\*|\*\*[ ]?:)\s*")
_STAGE = re.compile(r"(?<!\[)\[[^\[\]]{1,600}\](?![(\[\]])")
_JSON_WORDS = re.compile(
    r'"(?:content|text|message|value|body)"\s*:\s*"(?P<words>(?:[^"\\]|\\.)*)"', re.DOTALL
)
# A callout of a notes app is marked like a quotation, and is its author's own.
_CALLOUT = re.compile(r"[ \t>]*\[![\w-]+\]")
_MAX_CHARS = 20_000


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A stretch of running text.

    Args:
        start: First character in the source.
        end: One past the last.
        form: ``prose``, ``item`` of a list, ``row`` of a table, or ``json`` for the escaped words
            of a message.
        header: Where the header of a row's table stands.
        quoted: Whether it is quoted from elsewhere, in a block of lines with ``>`` before them.
    """

    start: int
    end: int
    form: str = "prose"
    header: tuple[int, int] = (0, 0)
    quoted: bool = False


def paragraphs(text: str, section: Section) -> Iterator[Paragraph]:
    """The paragraphs, list items and table rows of a section; no code, no headings."""
    start, end = section.start, min(section.end, len(text))
    if section.kind == "turn":
        if text.startswith("{", start) and (words := _JSON_WORDS.search(text, start, end)):
            yield from _cut(text, Paragraph(*words.span("words"), "json"))
            return
        if opening := _OPENING.match(text, start, end):
            start = opening.end()
    header = None if section.kind == "turn" else header_before(text, start)
    for paragraph in _scan(text, start, end, header):
        yield from _cut(text, paragraph)


def _scan(
    text: str, start: int, end: int, header: tuple[int, int] | None = None
) -> Iterator[Paragraph]:
    scanner = _Scanner(header)
    for at, after in _lines(text, start, end):
        yield from scanner.line(text[at:after], at, after)
    yield from scanner.flush()


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end:
        newline = text.find("\n", start, end)
        after = end if newline < 0 else newline
        yield start, after
        start = after + 1


class _Scanner:
    def __init__(self, header: tuple[int, int] | None) -> None:
        self._start: int | None = None
        self._end = 0
        self._form = "prose"
        self._field = self._is_property = False
        self._fence: str | None = None
        self._raw: str | None = None
        self._in_list = False
        self._last = (0, 0)
        self._header = header
        self._quoted = self._callout = self._is_quoted = False

    def line(self, line: str, at: int, after: int) -> Iterator[Paragraph]:
        last, self._last = self._last, (at, after)
        begun, self._quoted = self._quoted, line.lstrip().startswith(">")
        if self._quoted and not begun:
            self._callout = _CALLOUT.match(line) is not None
        if self._skipped(line):
            yield from self.flush()
        elif not line.strip(" \t\r>"):
            self._header = None
            yield from self.flush()
        elif self._header is not None:
            if "|" in line and not _TABLE_RULE.match(line):
                yield Paragraph(at, after, "row", self._header)
        elif _TABLE_RULE.match(line):
            self._start, self._header = None, last
        elif _UNDERLINE.match(line) and self._start is not None and self._form == "prose":
            self._start = None
        elif self._is_no_text(line):
            yield from self.flush()
        elif item := _ITEM.match(line):
            yield from self.flush()
            self._in_list = True
            self._begin(at + item.end(), after, "item")
        elif self._start is not None:
            field = _FIELD.match(line) is not None
            if self._field and (field or self._is_property):
                # Fields one below the other are no running text: each line is one of a list.
                self._form = "item"
                yield from self.flush()
                begin = at + len(line) - len(line.lstrip(" \t>"))
                form = "item" if field else "prose"
                self._begin(begin, after, form, field=field, is_property="::" in line)
            self._end, self._field = after, field
        elif _INDENTED.match(line) and not self._in_list:
            return
        else:
            self._in_list = self._in_list and line[:1] in " \t"
            field = _FIELD.match(line) is not None
            begin = at + len(line) - len(line.lstrip(" \t>"))
            self._begin(begin, after, "prose", field=field, is_property="::" in line)

    def _begin(
        self, start: int, end: int, form: str, *, field: bool = False, is_property: bool = False
    ) -> None:
        self._start, self._end, self._form, self._field = start, end, form, field
        self._is_property = field and is_property
        self._is_quoted = self._quoted and not self._callout

    def _skipped(self, line: str) -> bool:
        """Whether the line belongs to a fence or to raw HTML."""
        if self._raw is not None:
            if f"</{self._raw}" in line.lower():
                self._raw = None
            return True
        fence = _FENCE.match(line)
        if self._fence is not None:
            if fence and fence["mark"].startswith(self._fence):
                self._fence = None
            return True
        if fence:
            self._fence = fence["mark"]
            return True
        if raw := _RAW_OPEN.match(line):
            tag = raw["tag"].lower()
            self._raw = None if f"</{tag}" in line.lower() else tag
            return True
        return False

    def _is_no_text(self, line: str) -> bool:
        return bool(
            _HEADING.match(line)
            or _RULE.match(line)
            or _TABLE.match(line)
            or _DEFINITION.match(line)
            or (self._quoted and _CALLOUT.match(line))
        )

    def flush(self) -> Iterator[Paragraph]:
        if self._start is not None:
            yield Paragraph(self._start, self._end, self._form, quoted=self._is_quoted)
        self._start = None


def _cut(text: str, paragraph: Paragraph) -> Iterator[Paragraph]:
    """The paragraph without what stands in square brackets, in parts of a bounded size."""
    if paragraph.form == "row":
        yield paragraph
        return
    at = paragraph.start
    while at < paragraph.end:
        after = min(at + _MAX_CHARS, paragraph.end)
        if after < paragraph.end:
            space = text.rfind(" ", at + _MAX_CHARS // 2, after)
            after = space + 1 if space > 0 else after
        yield from _without_stage(text, replace(paragraph, start=at, end=after))
        at = after


def _without_stage(text: str, paragraph: Paragraph) -> Iterator[Paragraph]:
    """Stage directions such as ``[laughs]`` at the end are nobody's words."""
    start, end = paragraph.start, paragraph.end
    stage = next((m for m in _STAGE.finditer(text, start, end) if ":" in m[0] or " " in m[0]), None)
    if stage and stage.end() >= end - 1:
        end = stage.start()
    if text[start:end].strip():
        yield replace(paragraph, end=end)
