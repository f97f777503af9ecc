"""Bytes to text: what may be retained, and a clear reason for what may not."""

from __future__ import annotations

import codecs
import os
import stat

from retain.errors import SourceError
from retain.sources.encodings import guess_encoding
from retain.sources.paths import printable

_SAMPLE_CHARS = 65_536
_BINARY_SHARE = 0.3
_TEXT_CONTROLS = frozenset("\t\n\v\f\r\b\x1b")
# UTF-32's little-endian mark begins with UTF-16's, so it is looked for first.
_MARKED = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_bytes(path: str, max_bytes: int) -> bytes:
    """The content of the file at `path`.

    Raises:
        SourceError: It cannot be read, is no file, or is larger than `max_bytes`.
    """
    source = printable(path)
    try:
        info = os.stat(path)  # noqa: PTH116 - the path may hold what Path refuses
        _check_kind(info.st_mode, source)
        check_size(info.st_size, source, max_bytes)
        with open(path, "rb") as file:  # noqa: PTH123
            # What is asked for is allocated at once, so the limit is not.
            data = file.read(info.st_size + 1)
            if len(data) > info.st_size:
                data += file.read(max_bytes + 1 - len(data))
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        if isinstance(error, SourceError):
            raise
        raise SourceError(source, "no such file: check the path") from error
    except PermissionError as error:
        raise SourceError(source, "may not be read: check its permissions") from error
    except OSError as error:
        raise SourceError(source, f"cannot be read ({error.strerror})") from error
    check_size(len(data), source, max_bytes)
    return data


def decode(data: bytes, source: str) -> str:
    """The text that `data` holds; see `decoded`."""
    return decoded(data, source)[0]


def decoded(data: bytes, source: str) -> tuple[str, str]:
    """The text that `data` holds, and the name of its encoding where that was guessed.

    UTF-8, UTF-16 and UTF-32 with a byte order mark, else what the bytes suggest.

    U+FFFD stands in place of each NUL, as CommonMark has it: no database keeps NUL in a text, and
    one such character is no reason to lose a document. Offsets stay the same.

    Raises:
        SourceError: It is binary, or not valid in its encoding.
    """
    for mark, encoding in _MARKED:
        if data.startswith(mark):
            return _decode_as(encoding, data, source).replace("\0", "\ufffd"), ""
    skipped = len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0
    try:
        text = data[skipped:].decode("utf-8")
    except UnicodeDecodeError as error:
        if b"\0" in data:
            raise _binary(source, "it holds NUL bytes") from error
        return _guessed(data, source, error.start + skipped)
    if _looks_binary(text):
        raise _binary(source, "it is mostly control characters, or UTF-16 without a mark")
    return text.replace("\0", "\ufffd"), ""


def _guessed(data: bytes, source: str, at: int) -> tuple[str, str]:
    encoding = guess_encoding(data)
    try:
        text = "" if encoding is None else data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        text = ""
    if encoding is None or not text:
        raise SourceError(
            source,
            f"is not UTF-8 (byte {at} is 0x{data[at]:02x}), and its encoding cannot be told: "
            "open it in the program that wrote it and save it as UTF-8",
        )
    if _looks_binary(text):
        raise _binary(source, "it is mostly control characters")
    return text, encoding


def check_size(n_bytes: int, source: str, max_bytes: int) -> None:
    """Refuse a source that is larger than the limit.

    Raises:
        SourceError: It is.
    """
    if n_bytes > max_bytes:
        raise SourceError(
            source,
            f"has {n_bytes} bytes, more than the limit of {max_bytes}: split it, "
            "or raise the limit with RETAIN_MAX_BYTES",
        )


def check_content(text: str, source: str) -> None:
    """Refuse a text that holds nothing.

    Raises:
        SourceError: It is empty, or white space only.
    """
    if not text.removeprefix("\ufeff").strip():
        raise SourceError(source, "is empty: there is nothing to retain in it")


def check_text(text: str, source: str, max_bytes: int) -> None:
    """Refuse a text that cannot be kept.

    Raises:
        SourceError: It is empty, too large, not valid Unicode, or holds NUL.
    """
    check_content(text, source)
    if "\0" in text:
        raise SourceError(
            source,
            f"holds NUL (U+0000) at character {text.index(chr(0))}, which a database cannot keep "
            "in a text: replace that character before the text is retained",
        )
    try:
        n_bytes = len(text.encode("utf-8"))
    except UnicodeEncodeError as error:
        raise SourceError(
            source,
            f"has half of a surrogate pair at character {error.start}, which is not text: "
            "decode it with errors='replace' before it is retained",
        ) from error
    check_size(n_bytes, source, max_bytes)


def valid_unicode(text: str) -> str:
    """The text with escaped surrogate pairs joined, and lone halves and NUL replaced."""
    joined = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return joined.replace("\0", "\ufffd")


def _check_kind(mode: int, source: str) -> None:
    if stat.S_ISDIR(mode):
        raise SourceError(source, "is a folder, not a file: give the files in it")
    # Reading a pipe or a device may wait for ever.
    if not stat.S_ISREG(mode):
        raise SourceError(source, "is not a regular file: save its content in one")


def _decode_as(encoding: str, data: bytes, source: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise SourceError(
            source,
            f"is not valid {encoding.upper()} at byte {error.start}, though it begins with its "
            "mark: save it again as UTF-8",
        ) from error


def _looks_binary(text: str) -> bool:
    sample = text[:_SAMPLE_CHARS]
    controls = sum(c < " " and c not in _TEXT_CONTROLS for c in sample)
    return controls > _BINARY_SHARE * len(sample)


def _binary(source: str, sign: str) -> SourceError:
    return SourceError(
        source,
        f"looks like a binary file ({sign}): only text in UTF-8, or in UTF-16 with a mark, "
        "can be retained",
    )
