"""Files that hold many sources, read one source at a time."""

from __future__ import annotations

import os
import re
import stat
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import BinaryIO, Protocol

from retain.sources.formats.base import Sample
from retain.sources.paths import printable

HEAD_BYTES = 65_536
"""How much of the beginning of a file an export is known by."""

_KEY = re.compile(r"[\w.@+=$%:/ -]{1,200}")


@dataclass(frozen=True, slots=True)
class Part:
    """One source of an export.

    Args:
        key: What names it in its file.
        text: Its text, as the file has it.
        data: Its bytes where it is no text, such as a mail.
        name: The file name that says what `data` is.
        names: The names of people by the ids that the text uses for them.
        passed_over: What of the file is in no source: a number for each reason.
        reason: Why it cannot be used; empty where it can.
    """

    key: str
    text: str = ""
    data: bytes = b""
    name: str = ""
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    passed_over: Mapping[str, int] = field(default_factory=dict[str, int])
    reason: str = ""


class Export(Protocol):
    """A kind of file that holds many sources.

    Attributes:
        name: What ``--format`` takes.
        suffixes: The suffixes of its files that belong to it alone.
    """

    @property
    def name(self) -> str: ...

    @property
    def suffixes(self) -> frozenset[str]: ...

    def detect(self, sample: Sample) -> bool:
        """Whether the first bytes of a file show that it is such an export."""
        ...

    def parts(self, file: BinaryIO, source: str, max_bytes: int) -> Iterator[Part]:
        """The sources, of which no more is in memory than one needs.

        Args:
            file: The file, which can be sought in.
            source: Its path, for errors.
            max_bytes: What one source may have.

        Raises:
            SourceError: The file is broken or cut off; the sources before that were given.
        """
        ...


@cache
def exports() -> tuple[Export, ...]:
    """Every kind of export."""
    from retain.sources.formats.archive import Archive
    from retain.sources.formats.conversations import Conversations
    from retain.sources.formats.mailbox import Mailbox
    from retain.sources.formats.telegram import TelegramAccount

    return (Conversations(), TelegramAccount(), Mailbox(), Archive())


def export_at(path: str) -> Export | None:
    """The kind of export that a file is, by its beginning; None if it is none."""
    try:
        # To open a pipe waits for whoever writes into it. The path may hold what Path refuses.
        if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116
            return None
        with open(path, "rb") as file:  # noqa: PTH123
            return export_in(file, printable(path))
    except (OSError, ValueError):
        return None


def export_in(file: BinaryIO, name: str) -> Export | None:
    """The kind of export that an open file is; the file is at its beginning afterwards."""
    sample = Sample(name, file.read(HEAD_BYTES))
    file.seek(0)
    return next((one for one in exports() if one.detect(sample)), None)


class Keys:
    """Keys of parts that no two parts of a file share."""

    def __init__(self) -> None:
        self._taken = Counter[str]()

    def new(self, wanted: str, otherwise: str) -> str:
        """A key: the one that is wanted, if people can write it, else the other."""
        key = wanted if _KEY.fullmatch(wanted) else otherwise
        self._taken[key] += 1
        return key if self._taken[key] == 1 else f"{key}-{self._taken[key]}"
