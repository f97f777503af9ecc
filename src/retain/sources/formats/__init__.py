"""The formats of sources: one module each, recognised by content first and by suffix second."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.metadata import entry_points
from typing import TypeVar

from retain.errors import InputError
from retain.sources.formats.asciidoc import AsciiDoc
from retain.sources.formats.base import (
    Converted,
    FileFormat,
    Format,
    Sample,
    SourceText,
    TextFormat,
)
from retain.sources.formats.captions import Captions
from retain.sources.formats.chat import Chat
from retain.sources.formats.chatgpt import ChatGpt
from retain.sources.formats.csvtable import CsvTable
from retain.sources.formats.docx import Docx
from retain.sources.formats.epub import Epub
from retain.sources.formats.exports import Export, exports
from retain.sources.formats.html import Html
from retain.sources.formats.jsondata import JsonData
from retain.sources.formats.latex import Latex
from retain.sources.formats.loglines import ChatLog
from retain.sources.formats.mail import Mail
from retain.sources.formats.markdown import ConvertedDocument, Markdown
from retain.sources.formats.notebook import Notebook
from retain.sources.formats.odt import Odt
from retain.sources.formats.org import Org
from retain.sources.formats.pdf import Pdf
from retain.sources.formats.pptx import Pptx
from retain.sources.formats.rst import Rst
from retain.sources.formats.rtf import Rtf
from retain.sources.formats.xlsx import Xlsx

__all__ = [
    "Converted", "FileFormat", "Format", "Sample", "SourceText", "TextFormat", "by_name",
    "file_format", "format_of_text", "formats", "named", "text_format",
]  # fmt: skip

_TEXTUAL = frozenset({"html", "mail", "rst", "rtf"})

F = TypeVar("F", TextFormat, FileFormat)

ENTRY_POINTS = "retain.formats"
"""Where other packages name formats of their own; each names a `Format` without arguments."""

FORMATS: tuple[type[Format], ...] = (
    Notebook,
    ChatGpt,
    Chat,
    JsonData,
    Captions,
    ChatLog,
    CsvTable,
    Org,
    AsciiDoc,
    Latex,
    Pdf,
    Mail,
    Docx,
    Pptx,
    Xlsx,
    Epub,
    Odt,
    Rtf,
    Rst,
    Html,
    ConvertedDocument,
    Markdown,
)
"""The first whose `detect` says so reads a source, else the first of its suffix, else Markdown."""


@cache
def formats() -> tuple[Format, ...]:
    """Every format: those of other packages first, so that they can replace ours."""
    others = (point.load() for point in entry_points(group=ENTRY_POINTS))
    return tuple(kind() for kind in (*others, *FORMATS))


def by_name(name: str) -> TextFormat:
    """The format of texts that users call `name`.

    Raises:
        InputError: There is none.
    """
    found = named(name)
    if not isinstance(found, TextFormat):
        raise InputError(f"{name!r} is a format of files, not of texts")
    return found


def named(name: str) -> Format | Export:
    """The format, or the kind of export, that users call `name`.

    Raises:
        InputError: There is none.
    """
    known = {one.name: one for one in (*exports(), *formats()[::-1])}
    if name not in known:
        names = ", ".join(sorted(known.keys() - {ConvertedDocument.name}))
        raise InputError(f"there is no format {name!r}: choose one of {names}")
    return known[name]


def file_format(sample: Sample) -> FileFormat | None:
    """The format that a file is converted from; None where it is text."""
    return _detected([one for one in formats() if isinstance(one, FileFormat)], sample)


def format_of_text(sample: Sample) -> FileFormat | None:
    """The format that a text which a program gives is converted from; None where it is read as is.

    Only formats whose files are text: the id of a source may end with ``.pdf`` though what is given
    is what another program read in that file.
    """
    found = file_format(sample)
    return found if found is not None and found.name in _TEXTUAL else None


def text_format(sample: Sample) -> TextFormat:
    """The format of a text."""
    texts = [one for one in formats() if isinstance(one, TextFormat)]
    return _detected(texts, sample) or by_name("markdown")


def _detected(kinds: Sequence[F], sample: Sample) -> F | None:
    """The first format that the content shows, else the first that the suffix names."""
    by_suffix: F | None = None
    for one in kinds:
        shown = one.detect(sample)
        if shown:
            return one
        if shown is None and by_suffix is None and sample.suffix in one.suffixes:
            by_suffix = one
    return by_suffix
