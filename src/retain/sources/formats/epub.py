"""Books in EPUB: their chapters in the order in which they are read."""

from __future__ import annotations

import posixpath
import zipfile
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from urllib.parse import unquote

from retain.errors import SourceError
from retain.sources.formats.base import Converted, Sample
from retain.sources.formats.html import chapter_of, front_matter
from retain.sources.formats.libraries import library
from retain.sources.formats.packed import check_unpacked

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_DC = "{http://purl.org/dc/elements/1.1/}"
_PROPERTIES = {"title": "title", "creator": "author", "date": "date", "publisher": "publisher"}
_PAGES = ("application/xhtml+xml", "text/html")


class Epub:
    """Books in EPUB 2 and 3."""

    name = "epub"
    suffixes = frozenset({".epub"})
    extra = "docs"

    def detect(self, sample: Sample) -> bool | None:
        return sample.data[30:58] == b"mimetypeapplication/epub+zip" or None

    def convert(self, data: bytes, source: str, max_bytes: int) -> Converted:
        parts = check_unpacked(data, source, ".epub", max_bytes)
        library("bs4", source)
        with zipfile.ZipFile(BytesIO(data)) as packed:
            package = _package(packed, parts, source)
            root = _xml(packed, package, source)
            pages = list(_pages(root, posixpath.dirname(package)))
            _refuse_locked(packed, parts, pages, source)
            passed_over, chapters = Counter[str](), list[str]()
            for path, is_contents in pages:
                if is_contents:
                    passed_over["tables of contents"] += 1
                elif path not in parts:
                    passed_over["chapters that are missing"] += 1
                elif (text := chapter_of(packed.read(path), source, passed_over)).strip():
                    chapters.append(text)
        head = front_matter(dict(_properties(root))) if chapters else ""
        return Converted(head + "\n".join(chapters), passed_over=dict(passed_over))


def _xml(packed: zipfile.ZipFile, path: str, source: str) -> Any:
    return library("defusedxml.ElementTree", source).fromstring(packed.read(path))


def _package(packed: zipfile.ZipFile, parts: frozenset[str], source: str) -> str:
    """The path of the part that lists the chapters."""
    if _CONTAINER in parts:
        for file in _xml(packed, _CONTAINER, source).iter():
            path = file.get("full-path") if file.tag.endswith("rootfile") else None
            if path in parts:
                return path
    found = next((one for one in sorted(parts) if one.endswith(".opf")), None)
    if found is None:
        raise SourceError(source, "is no EPUB book: it has no list of chapters (.opf)")
    return found


def _pages(root: Any, folder: str) -> Iterator[tuple[str, bool]]:
    """The chapters in order, each with whether it is the table of contents."""
    items = {one.get("id"): one for one in root.iter() if one.tag.endswith("}item")}
    for reference in (one for one in root.iter() if one.tag.endswith("}itemref")):
        item = items.get(reference.get("idref"))
        if item is not None and item.get("media-type") in _PAGES:
            path = posixpath.normpath(posixpath.join(folder, unquote(item.get("href") or "")))
            yield path, "nav" in str(item.get("properties") or "").split()


def _refuse_locked(
    packed: zipfile.ZipFile, parts: frozenset[str], pages: list[tuple[str, bool]], source: str
) -> None:
    """Refuse a book whose chapters are encrypted; fonts may be, in any book."""
    if _ENCRYPTION not in parts:
        return
    locked = {
        unquote(one.get("URI") or "")
        for one in _xml(packed, _ENCRYPTION, source).iter()
        if one.tag.endswith("CipherReference")
    }
    if any(path in locked for path, _ in pages):
        raise SourceError(source, "is protected against copying (DRM): get a copy without it")


def _properties(root: Any) -> Iterator[tuple[str, object]]:
    for name, key in _PROPERTIES.items():
        told = [" ".join((one.text or "").split()) for one in root.iter(f"{_DC}{name}")]
        if values := [one for one in told if one]:
            yield key, values[0] if len(values) == 1 or name != "creator" else values
