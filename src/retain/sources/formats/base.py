"""What a format is: how it is recognised, and how its texts become sections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import PurePath
from typing import Protocol, runtime_checkable

from retain.sources.drafts import Outline


@dataclass(frozen=True, slots=True)
class Sample:
    """What a format is recognised by.

    Args:
        name: The name of the file, or the id of the source.
        data: The bytes of a file that may be no text; empty where the text is known.
        text: The text; empty where it is not known yet.
    """

    name: str
    data: bytes = b""
    text: str = ""

    @property
    def suffix(self) -> str:
        """The suffix of the name in small letters, with its point."""
        return PurePath(self.name).suffix.lower()

    @property
    def begins(self) -> str:
        """The first character of the text that is neither white space nor a byte order mark."""
        return self.text[:4096].removeprefix("\ufeff").lstrip()[:1]


@dataclass(frozen=True, slots=True)
class SourceText:
    """A text to read.

    Args:
        text: The text as it was given; its characters are what spans count.
        source_id: Its source, for errors.
        reference_date: When it was written, UTC, where the text does not say so itself.
        max_sections: The most sections that it may have.
        names: The names of people by the ids that the text uses for them.
        author: Who wrote the text, where it does not say so itself.
        zone: The zone of a clock in the text that names none.
    """

    text: str
    source_id: str
    reference_date: datetime | None
    max_sections: int
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    author: str | None = None
    zone: tzinfo = UTC


@dataclass(frozen=True, slots=True)
class Converted:
    """The text that a file was converted to.

    Args:
        text: The text; spans point into it.
        format: The name of the `TextFormat` that reads it; ``document`` is Markdown.
        passed_over: What the conversion left out: a number for each reason.
    """

    text: str
    format: str = "document"
    passed_over: Mapping[str, int] = field(default_factory=dict[str, int])


@runtime_checkable
class TextFormat(Protocol):
    """A format whose files are text.

    Attributes:
        name: What ``--format`` takes: small letters, digits and hyphens.
        suffixes: The suffixes of its files, with their points, that belong to it alone.
    """

    @property
    def name(self) -> str: ...

    @property
    def suffixes(self) -> frozenset[str]: ...

    def detect(self, sample: Sample) -> bool | None:
        """Whether the content of a text shows that it has this format; None: the suffix decides."""
        ...

    def read(self, source: SourceText) -> Outline:
        """The sections of a text of this format.

        Raises:
            SourceError: The text is damaged, or has no sections or too many.
        """
        ...


@runtime_checkable
class FileFormat(Protocol):
    """A format whose files are no text, and are converted to one.

    Attributes:
        name: See `TextFormat`.
        suffixes: See `TextFormat`.
        extra: The extra of this package that the conversion needs; empty for none.
    """

    @property
    def name(self) -> str: ...

    @property
    def suffixes(self) -> frozenset[str]: ...

    @property
    def extra(self) -> str: ...

    def detect(self, sample: Sample) -> bool | None:
        """Whether the bytes of a file show that it has this format; None: the suffix decides."""
        ...

    def convert(self, data: bytes, source: str, max_bytes: int) -> Converted:
        """The text of a file.

        Args:
            data: The file.
            source: Its path, for errors; the suffix may say which member of a family it is.
            max_bytes: The most that it may unpack to.

        Raises:
            SourceError: It is damaged, encrypted or too large, or the extra is not installed.
        """
        ...


Format = TextFormat | FileFormat
