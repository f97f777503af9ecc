"""Word files as Markdown, with their footnotes, and their comments as a talk at the end."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any

from retain.sources.formats.base import Converted, Sample
from retain.sources.formats.html import markdown_of
from retain.sources.formats.libraries import library
from retain.sources.formats.packed import check_unpacked
from retain.sources.transcript import COMMENTS

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_COMMENTS = "word/comments.xml"

# Few tables say that their first row heads them, and nearly all of them mean it.
_HEADLESS = re.compile(r"^\|(?:  \|)+\n(\|(?: --- \|)+\n)(\|.*\|\n)", re.MULTILINE)


class Docx:
    """Word files."""

    name = "docx"
    suffixes = frozenset({".docx"})
    extra = "docs"

    def detect(self, sample: Sample) -> bool | None:
        return None

    def convert(self, data: bytes, source: str, max_bytes: int) -> Converted:
        parts = check_unpacked(data, source, ".docx", max_bytes)
        mammoth = library("mammoth", source)
        pictures = Counter[str]()

        def picture(_: object) -> Mapping[str, str]:
            pictures["pictures"] += 1
            return {}

        made = mammoth.convert_to_html(
            BytesIO(data), convert_image=mammoth.images.img_element(picture)
        )
        text = markdown_of(_without_empty_pictures(str(made.value)), source)
        text = _HEADLESS.sub(r"\2\1", text)
        comments = list(_comments(data, source)) if _COMMENTS in parts else []
        if comments:
            text = f"{text}\n## {COMMENTS}\n\n" + "\n\n".join(comments) + "\n"
        return Converted(text, passed_over=dict(pictures))


def _without_empty_pictures(html: str) -> str:
    return html.replace("<img />", "")


def _comments(data: bytes, source: str) -> Iterator[str]:
    """Each comment as a turn of its author."""
    with zipfile.ZipFile(BytesIO(data)) as packed:
        root = library("defusedxml.ElementTree", source).fromstring(packed.read(_COMMENTS))
    for comment in root.iter(f"{_W}comment"):
        paragraphs = ("".join(_words(p)) for p in comment.iter(f"{_W}p"))
        words = " ".join(" ".join(paragraphs).split())
        author = " ".join(str(comment.get(f"{_W}author") or "").replace("*", " ").split())
        if words:
            yield f"**{author or 'Somebody'}:** {words}"


def _words(paragraph: Any) -> Iterator[str]:
    for node in paragraph.iter():
        if node.tag == f"{_W}t":
            yield node.text or ""
        elif node.tag in (f"{_W}tab", f"{_W}br"):
            yield " "
