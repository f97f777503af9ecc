"""What a file's name and its first bytes say of how it is read."""

from __future__ import annotations

import codecs
from importlib.util import find_spec
from pathlib import PurePath

from retain.errors import install_command

HEAD_BYTES = 8_192
"""How many bytes tell text from other files."""

_UTF16_OR_32 = (
    codecs.BOM_UTF32_LE,
    codecs.BOM_UTF32_BE,
    codecs.BOM_UTF16_LE,
    codecs.BOM_UTF16_BE,
)
_MAGIC = (b"%PDF-", b"PK\x03\x04", b"\x1f\x8b", b"\x89PNG", b"\xff\xd8\xff", b"SQLite format 3")
_TEXT_CONTROLS = frozenset(b"\t\n\v\f\r\b\x1b")
_BINARY_SHARE = 0.1
NEEDS_EXTRA = f"reading documents needs an extra: {install_command('docs')}"


def suffix_of(name: str) -> str:
    """The suffix in small letters, with its point."""
    return PurePath(name).suffix.lower()


def can_convert() -> bool:
    """Whether the extra ``docs`` is installed."""
    return find_spec("markitdown") is not None


def suffixes() -> frozenset[str]:
    """The suffixes of files that a folder is searched for."""
    # The parsers take a third of the time that a command needs to start, and few commands parse.
    from retain.sources.formats import formats
    from retain.sources.formats.exports import exports

    return frozenset(suffix for one in (*formats(), *exports()) for suffix in one.suffixes)


def needs_extra(suffix: str) -> bool:
    """Whether files with this suffix can be read only with an extra of this package."""
    from retain.sources.formats import FileFormat, formats

    return any(
        suffix in one.suffixes and one.extra for one in formats() if isinstance(one, FileFormat)
    )


def looks_like_text(head: bytes) -> bool:
    """Whether a file that begins with these bytes is text, in whatever encoding."""
    if head.startswith(_UTF16_OR_32):
        return True
    if b"\0" in head or head.startswith(_MAGIC):
        return False
    controls = sum(byte < 32 and byte not in _TEXT_CONTROLS for byte in head)
    return controls <= _BINARY_SHARE * len(head)
