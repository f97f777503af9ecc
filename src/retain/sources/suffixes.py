"""What a file's name says of how it is read."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import PurePath

NEEDS_EXTRA = 'reading documents needs an extra: pip install "retain[docs]"'


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

    return frozenset(suffix for one in formats() for suffix in one.suffixes)


def needs_extra(suffix: str) -> bool:
    """Whether files with this suffix can be read only with an extra of this package."""
    from retain.sources.formats import FileFormat, formats

    return any(
        suffix in one.suffixes and one.extra for one in formats() if isinstance(one, FileFormat)
    )
