"""PDF files: their lines in reading order, joined into headings, paragraphs and list items.

PDFium reads them. On papers set by LaTeX and on manuals it gives the words that pdfminer.six gives,
in a fifteenth to a thirtieth of the time; pdfplumber glues words together and mixes columns.
"""

from __future__ import annotations

import ctypes
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from retain.errors import SourceError
from retain.sources.decoding import valid_unicode
from retain.sources.formats.base import Converted, Sample
from retain.sources.formats.libraries import library

_BULLET = re.compile(r"[•◦▪‣●○■∙·\u2013-]\s+|\(?(?:\d{1,2}|[a-z])[.)]\s+")
_NUMBER = re.compile(r"\W*(?:page\s+)?[\divxlc]{1,6}(?:\s*(?:/|of)\s*\d{1,5})?\W*", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")
_FINAL = (".", "!", "?", ":", "…", ".”", '."', ".)")
_LINE_HYPHEN = "\x02\ufffe"
_HEADING_SCALE = 1.12
_MAX_HEADING_CHARS = 160
_PAGES_WITH_SAME_LINE = 3


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page; lengths are in points, and heights count from the bottom."""

    text: str
    left: float
    right: float
    bottom: float
    size: float


class Pdf:
    """PDF files."""

    name = "pdf"
    suffixes = frozenset({".pdf"})
    extra = "docs"

    def detect(self, sample: Sample) -> bool | None:
        return sample.data.startswith(b"%PDF-") or None

    def convert(self, data: bytes, source: str, max_bytes: int) -> Converted:
        pages = _pages(data, source, max_bytes)
        kept, passed_over = _without_running_lines(pages)
        if not kept:
            raise SourceError(source, "holds no text: if it is a scan, run OCR over it first")
        text = "\n\n".join(_blocks(kept)) + "\n"
        return Converted(valid_unicode(text), passed_over=passed_over)


def _pages(data: bytes, source: str, max_bytes: int) -> list[list[Line]]:
    pypdfium2 = library("pypdfium2", source)
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            reason = "is protected by a password: save a copy without one"
        else:
            reason = (
                "is damaged, or no .pdf at all: open it in the program that wrote it and save it "
                "again"
            )
        raise SourceError(source, reason) from error
    pages: list[list[Line]] = []
    characters = 0
    for number in range(len(document)):
        try:
            page = document[number]
        except pypdfium2.PdfiumError:  # the others may be whole
            continue
        pages.append(list(_lines(page, source)))
        characters += sum(len(line.text) for line in pages[-1])
        if characters > max_bytes:
            raise SourceError(
                source,
                f"unpacks to more than the limit of {max_bytes} bytes: split it, or raise the "
                "limit with RETAIN_MAX_BYTES",
            )
    return pages


def _lines(page: Any, source: str) -> Iterator[Line]:
    pdfium = library("pypdfium2.raw", source)
    text = page.get_textpage()
    begun, words = 0, list[str]()
    count = text.count_chars()
    for at in range(count):
        code = pdfium.FPDFText_GetUnicode(text.raw, at)
        if code in (10, 13):
            if "".join(words).strip():
                yield _line(pdfium, text.raw, begun, at, words)
            begun, words = at + 1, []
        else:
            words.append(chr(code) if code < 0x110000 else "\ufffd")
    if "".join(words).strip():
        yield _line(pdfium, text.raw, begun, count, words)


def _line(pdfium: Any, text: Any, begun: int, end: int, words: Sequence[str]) -> Line:
    first = begun + next(n for n, word in enumerate(words) if not word.isspace())
    last = end - 1
    while last > first and words[last - begun].isspace():
        last -= 1
    left, _, bottom, _ = _box(pdfium, text, first)
    _, right, _, _ = _box(pdfium, text, last)
    size = float(pdfium.FPDFText_GetFontSize(text, (first + last) // 2))
    return Line(" ".join("".join(words).split()), left, max(left, right), bottom, round(size, 1))


def _box(pdfium: Any, text: Any, at: int) -> tuple[float, float, float, float]:
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    pdfium.FPDFText_GetCharBox(text, at, left, right, bottom, top)
    return left.value, right.value, bottom.value, top.value


def _without_running_lines(pages: Sequence[Sequence[Line]]) -> tuple[list[Line], dict[str, int]]:
    """The lines without page numbers, and without what stands at the edge of page after page."""
    edges = Counter(_edge(line) for page in pages for line in {*page[:1], *page[-1:]})
    kept: list[Line] = []
    numbers = running = 0
    for page in pages:
        for at, line in enumerate(page):
            at_edge = at == 0 or at == len(page) - 1
            if at_edge and len(pages) > 1 and _NUMBER.fullmatch(line.text):
                numbers += 1
            elif at_edge and edges[_edge(line)] >= _PAGES_WITH_SAME_LINE:
                running += 1
            else:
                kept.append(line)
    counts = {"page numbers": numbers, "running headers and footers": running}
    return kept, {reason: count for reason, count in counts.items() if count}


def _edge(line: Line) -> str:
    return _DIGITS.sub("#", line.text)


def _blocks(lines: Sequence[Line]) -> Iterator[str]:
    """The Markdown of the lines: a heading, a paragraph or a list item each."""
    sizes = Counter[float]()
    for line in lines:
        sizes[line.size] += len(line.text)
    body = sizes.most_common(1)[0][0]
    largest = max(sizes)
    block: list[Line] = []
    right = 0.0
    for line in lines:
        if block and _begins(block[-1], right, line, body):
            yield _block(block, body, largest)
            block, right = [], 0.0
        block.append(line)
        right = max(right, line.right)
    if block:
        yield _block(block, body, largest)


def _begins(before: Line, right: float, line: Line, body: float) -> bool:
    """Whether a block begins with the line after `before`, whose block reaches to `right`."""
    if line.size != before.size and (_is_big(line, body) or _is_big(before, body)):
        return True
    if _BULLET.match(line.text):
        return True
    gap = before.bottom - line.bottom
    pitch = max(line.size, before.size, 1.0)
    moved = gap < -pitch or gap > 6 * pitch  # to another column or page
    ended = before.text.endswith(_FINAL)
    if moved:
        return ended or not (line.text[:1].islower() or before.text[-1:] in _LINE_HYPHEN + "-,")
    if gap > 1.75 * pitch:
        return True
    return ended and (right - before.right > 3 * pitch or line.left - before.left > pitch)


def _is_big(line: Line, body: float) -> bool:
    return line.size > body * _HEADING_SCALE and len(line.text) <= _MAX_HEADING_CHARS


def _block(block: Sequence[Line], body: float, largest: float) -> str:
    text = "".join(_before(line.text, after.text) for line, after in pairwise(block))
    text = (text + block[-1].text).translate({ord(one): None for one in _LINE_HYPHEN})
    if len(text) <= _MAX_HEADING_CHARS and all(_is_big(line, body) for line in block):
        return f"{'#' if block[0].size == largest else '##'} {text}"
    bullet = _BULLET.match(text)
    if bullet and not text[: bullet.end()].strip(" ().").isalnum():
        return f"- {text[bullet.end() :]}"
    return text


def _before(text: str, after: str) -> str:
    """A line as it stands before the next one: with a space, or without the hyphen at its end."""
    if text[-1:] in _LINE_HYPHEN:
        return text[:-1]
    if text.endswith("-") and text[-2:-1].islower() and after[:1].islower():
        return text[:-1]
    return text + " "
