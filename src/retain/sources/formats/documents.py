"""PDF, Word, PowerPoint, Excel and HTML files to Markdown, by markitdown (extra ``docs``)."""

from __future__ import annotations

import hashlib
import logging
import re
import threading
import warnings
import zipfile
from collections import OrderedDict
from io import BytesIO
from typing import TYPE_CHECKING, cast

from retain.errors import MissingExtraError, SourceError
from retain.sources.decoding import decode, valid_unicode
from retain.sources.formats.base import Converted, Sample
from retain.sources.suffixes import NEEDS_EXTRA, suffix_of

if TYPE_CHECKING:
    from markitdown import MarkItDown, MarkItDownException

_ZIPPED = frozenset({".docx", ".pptx", ".xlsx"})
_PAGES = frozenset({".html", ".htm"})
_MAX_KEPT_CHARS = 16 * 1024 * 1024
# What pandas writes into a cell that is empty, and above a column without a name.
_EMPTY_CELL = re.compile(r"(?<=\| )(?:NaN|NaT|Unnamed: \d+)(?= \|)")
_TITLED_SLIDE = re.compile(r"^<!-- Slide number: \d+ -->\n(?=# )", re.MULTILINE)
_SLIDE = re.compile(r"^<!-- Slide number: (\d+) -->$", re.MULTILINE)
# They log what they repair, which Python prints where no handler is set up.
_LOGGERS = ("bs4", "mammoth", "openpyxl", "pdfminer", "pdfplumber")


class Pdf:
    """PDF files."""

    name = "pdf"
    suffixes = frozenset({".pdf"})
    extra = "docs"

    def detect(self, sample: Sample) -> bool | None:
        return sample.data.startswith(b"%PDF-") or None

    def convert(self, data: bytes, source: str, max_bytes: int) -> Converted:
        return Converted(_CONVERTER.convert(data, source, max_bytes, ".pdf"))


class Office:
    """Word, PowerPoint and Excel files; the suffix tells which, since all are zip files."""

    name = "office"
    suffixes = _ZIPPED
    extra = "docs"

    def detect(self, sample: Sample) -> bool | None:
        return None

    def convert(self, data: bytes, source: str, max_bytes: int) -> Converted:
        return Converted(_CONVERTER.convert(data, source, max_bytes))


class Html:
    """Web pages."""

    name = "html"
    suffixes = _PAGES
    extra = "docs"

    def detect(self, sample: Sample) -> bool | None:
        return None

    def convert(self, data: bytes, source: str, max_bytes: int) -> Converted:
        return Converted(_CONVERTER.convert(data, source, max_bytes, ".html"))


class Converter:
    """Converts documents, one at a time, from bytes alone: it opens no file and no address.

    The latest texts are kept, since a file is read to see whether it changed, and once more by
    the run that retains it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._engine: MarkItDown | None = None
        self._kept: OrderedDict[str, str] = OrderedDict()

    def convert(self, data: bytes, source: str, max_bytes: int, suffix: str = "") -> str:
        """The Markdown of a document.

        Args:
            data: The file.
            source: Its path.
            max_bytes: The most that it may unpack to.
            suffix: What it is, if its path does not say that.

        Raises:
            SourceError: It is damaged, encrypted or too large, or the extra is not installed.
        """
        suffix = suffix or suffix_of(source)
        if suffix in _ZIPPED:
            _check_unpacked(data, source, suffix, max_bytes)
        key = suffix + hashlib.sha256(data).hexdigest()
        with self._lock:
            text = self._kept.pop(key, None)
            if text is None:
                text = _tidy(self._converted(data, source, suffix), suffix)
            self._keep(key, text)
        if not text.strip():
            hint = ": if it is a scan, run OCR over it first" if suffix == ".pdf" else ""
            raise SourceError(source, f"holds no text{hint}")
        return text

    def _converted(self, data: bytes, source: str, suffix: str) -> str:
        try:
            self._engine = self._engine or _engine()
        except MissingExtraError as error:
            raise SourceError(source, str(error)) from error
        from markitdown import MarkItDownException, StreamInfo

        info = StreamInfo(extension=suffix)
        if suffix in _PAGES:
            data, info = _as_utf8(data, source), StreamInfo(extension=suffix, charset="utf-8")
        # Its libraries warn of much that a reader of the text need not know.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return self._engine.convert_stream(BytesIO(data), stream_info=info).markdown
            except MarkItDownException as error:
                raise SourceError(source, _reason(error, suffix)) from error

    def _keep(self, key: str, text: str) -> None:
        self._kept[key] = text
        while len(self._kept) > 1 and sum(map(len, self._kept.values())) > _MAX_KEPT_CHARS:
            self._kept.popitem(last=False)


_CONVERTER = Converter()


def _engine() -> MarkItDown:
    """A markitdown that knows the formats below, and no plugin, site or model.

    Raises:
        MissingExtraError: It is not installed.
    """
    try:
        from markitdown import MarkItDown, converters
    except ImportError as error:
        raise MissingExtraError(NEEDS_EXTRA) from error
    for name in _LOGGERS:
        logging.getLogger(name).addHandler(logging.NullHandler())
    engine = MarkItDown(enable_builtins=False, enable_plugins=False)
    engine.register_converter(converters.HtmlConverter())
    engine.register_converter(converters.PdfConverter())
    engine.register_converter(converters.DocxConverter())
    engine.register_converter(converters.PptxConverter())
    engine.register_converter(converters.XlsxConverter())
    return engine


def _check_unpacked(data: bytes, source: str, suffix: str, max_bytes: int) -> None:
    """Refuse a zipped document whose parts say that they are too large; zipfile reads no more."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as packed:
            n_bytes = sum(part.file_size for part in packed.infolist())
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
        raise SourceError(
            source,
            f"is damaged, protected by a password, or no {suffix} at all: "
            "open it in the program that wrote it and save it again",
        ) from error
    if n_bytes > max_bytes:
        raise SourceError(
            source,
            f"unpacks to {n_bytes} bytes, more than the limit of {max_bytes}: split it, "
            "or raise the limit with RETAIN_MAX_BYTES",
        )


def _as_utf8(data: bytes, source: str) -> bytes:
    """An HTML page in UTF-8, whatever encoding it says that it is in."""
    from bs4.dammit import UnicodeDammit

    try:
        return decode(data, source).encode()
    except SourceError:
        if b"\0" in data:
            raise
    page = UnicodeDammit(data, is_html=True)
    if page.unicode_markup is None or page.contains_replacement_characters:
        raise SourceError(source, "is in an encoding that cannot be told: save it as UTF-8")
    return page.unicode_markup.encode("utf-8", "replace")


def _reason(error: MarkItDownException, suffix: str) -> str:
    from markitdown import MissingDependencyException

    cause = _cause(error)
    if isinstance(cause, MissingDependencyException):
        return NEEDS_EXTRA
    told = f"{cause!r} {cause.__cause__!r} {cause.__context__!r}".lower()
    if "password" in told or "encrypt" in told:
        return "is protected by a password: save a copy without one"
    return (
        f"is damaged, or no {suffix} at all ({type(cause).__name__}): "
        "open it in the program that wrote it and save it again"
    )


def _cause(error: MarkItDownException) -> BaseException:
    """What the first converter that tried raised: the one for the suffix."""
    from markitdown import FileConversionException

    attempts = error.attempts if isinstance(error, FileConversionException) else None
    for attempt in attempts or ():
        raised = cast("tuple[object, ...] | None", getattr(attempt, "exc_info", None))
        if raised is not None:
            return cast("BaseException", raised[1])
    return error


def _tidy(text: str, suffix: str) -> str:
    match suffix:
        case ".xlsx":
            text = _EMPTY_CELL.sub("", text)
        case ".pptx":
            text = _SLIDE.sub(r"# Slide \1\n", _TITLED_SLIDE.sub("", text))
        case _:
            pass
    return valid_unicode(text).replace("\f", "\n\n")
