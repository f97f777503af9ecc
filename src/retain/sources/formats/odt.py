"""OpenDocument texts, as LibreOffice writes them, with their notes and comments."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from retain.errors import SourceError
from retain.sources.decoding import valid_unicode
from retain.sources.formats.base import Converted, Sample
from retain.sources.formats.html import front_matter
from retain.sources.formats.libraries import library
from retain.sources.formats.packed import check_unpacked
from retain.sources.formats.xlsx import table
from retain.sources.transcript import COMMENTS

# https://docs.oasis-open.org/office/OpenDocument/v1.3/
_NS = "urn:oasis:names:tc:opendocument:xmlns:{}:1.0"
_TEXT, _TABLE, _OFFICE = (f"{{{_NS.format(one)}}}" for one in ("text", "table", "office"))
_DRAW, _META = (f"{{{_NS.format(one)}}}" for one in ("drawing", "meta"))
_DC = "{http://purl.org/dc/elements/1.1/}"
_LINK = "{http://www.w3.org/1999/xlink}href"
_MAX_REPEATED = 1_000
_LEFT_OUT = {
    f"{_TEXT}tracked-changes": "deleted text",
    f"{_TEXT}table-of-content": "tables of contents",
    f"{_TEXT}alphabetical-index": "tables of contents",
}
_SPACES = {f"{_TEXT}tab": "\t", f"{_TEXT}line-break": "\n"}


class Odt:
    """OpenDocument texts."""

    name = "odt"
    suffixes = frozenset({".odt", ".ott"})
    extra = "docs"

    def detect(self, sample: Sample) -> bool | None:
        begins = b"mimetypeapplication/vnd.oasis.opendocument.text"
        return sample.data[30:].startswith(begins) or None

    def convert(self, data: bytes, source: str, max_bytes: int) -> Converted:
        parts = check_unpacked(data, source, ".odt", max_bytes)
        parse = library("defusedxml.ElementTree", source).fromstring
        if "content.xml" not in parts:
            raise SourceError(source, "is no OpenDocument text: it has no content.xml")
        with zipfile.ZipFile(BytesIO(data)) as packed:
            if "META-INF/manifest.xml" in parts and b"encryption-data" in packed.read(
                "META-INF/manifest.xml"
            ):
                raise SourceError(source, "is protected by a password: save a copy without one")
            content = parse(packed.read("content.xml"))
            meta = parse(packed.read("meta.xml")) if "meta.xml" in parts else None
        body = content.find(f"{_OFFICE}body/{_OFFICE}text")
        if body is None:
            raise SourceError(source, "is an OpenDocument file, but no text: export it as one")
        reading = _OdtReading()
        blocks = [block for block in reading.blocks(body) if block.strip()]
        if reading.comments:
            blocks += [f"## {COMMENTS}", *reading.comments]
        head = front_matter(dict(_properties(meta))) if blocks and meta is not None else ""
        text = valid_unicode(head + "\n\n".join(blocks)) + "\n" * bool(blocks)
        return Converted(text, passed_over=dict(reading.passed))


class _OdtReading:
    def __init__(self) -> None:
        self.passed = Counter[str]()
        self.comments: list[str] = []

    def blocks(self, parent: Any) -> Iterator[str]:
        """The blocks below an element: headings, paragraphs, lists, tables."""
        for node in parent:
            name = str(node.tag)
            if name in _LEFT_OUT:
                self.passed[_LEFT_OUT[name]] += 1
            elif name == f"{_TEXT}h":
                level = str(node.get(f"{_TEXT}outline-level") or "1")
                depth = min(int(level), 6) if level.isdigit() else 1
                yield f"{'#' * max(depth, 1)} {self._line(node)}"
            elif name == f"{_TEXT}p":
                yield self._words(node).strip()
            elif name == f"{_TEXT}list":
                yield "\n".join(self._items(node, 0))
            elif name == f"{_TABLE}table":
                rows = [row for row in self._rows(node) if any(row)]
                yield table(rows) if rows else ""
            else:
                yield from self.blocks(node)

    def _items(self, parent: Any, depth: int) -> Iterator[str]:
        for item in parent:
            lead = "  " * depth + "- "
            for node in item:
                if node.tag == f"{_TEXT}list":
                    yield from self._items(node, depth + 1)
                elif words := self._line(node):
                    yield lead + words
                    lead = "  " * depth + "  "

    def _rows(self, parent: Any) -> Iterator[list[str]]:
        for node in parent:
            if node.tag == f"{_TABLE}table-row":
                yield [shown for cell in node for shown in self._cell(cell)]
            elif str(node.tag).startswith(_TABLE):
                yield from self._rows(node)

    def _cell(self, cell: Any) -> list[str]:
        repeated = str(cell.get(f"{_TABLE}number-columns-repeated") or "1")
        words = " ".join(filter(None, (self._line(one) for one in cell)))
        return [words] * (min(int(repeated), _MAX_REPEATED) if repeated.isdigit() else 1)

    def _line(self, node: Any) -> str:
        return " ".join(self._words(node).split())

    def _words(self, node: Any) -> str:
        said = [node.text or ""]
        for child in node:
            said += [self._inline(child), child.tail or ""]
        return "".join(said)

    def _inline(self, node: Any) -> str:
        name = str(node.tag)
        if name in _SPACES:
            return _SPACES[name]
        if name == f"{_TEXT}s":
            return " "
        if name == f"{_TEXT}a":
            words, target = self._words(node), str(node.get(_LINK) or "")
            return f"[{words}]({target})" if target.startswith("http") else words
        if name == f"{_TEXT}note":
            body = node.find(f"{_TEXT}note-body")
            return "" if body is None else f" ({self._line(body)})"
        if name == f"{_OFFICE}annotation":
            self._comment(node)
            return ""
        if name == f"{_DRAW}image":
            self.passed["pictures"] += 1
            return ""
        return self._words(node)

    def _comment(self, node: Any) -> None:
        author = " ".join((node.findtext(f"{_DC}creator") or "").replace("*", " ").split())
        words = " ".join(filter(None, (self._line(one) for one in node.iter(f"{_TEXT}p"))))
        if words:
            self.comments.append(f"**{author or 'Somebody'}:** {words}")


def _properties(meta: Any) -> Iterator[tuple[str, str]]:
    told = {
        "title": meta.findtext(f".//{_DC}title"),
        "author": meta.findtext(f".//{_META}initial-creator") or meta.findtext(f".//{_DC}creator"),
        "date": meta.findtext(f".//{_DC}date") or meta.findtext(f".//{_META}creation-date"),
    }
    yield from ((key, " ".join(value.split())) for key, value in told.items() if value)
