"""JSON that is read piece by piece, so that a file of any size takes little memory."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO

from retain.errors import SourceError
from retain.sources.jsonspans import JsonError, Node, node_at, skip_blanks

_READ_BYTES = 4 << 20
_KEPT_CHARS = 65_536


class JsonStream:
    """The text of a file, of which only what is looked at is in memory.

    Args:
        file: The file, at its beginning.
        source: Its path, for errors.
        max_bytes: What one value may have.
    """

    def __init__(self, file: BinaryIO, source: str, max_bytes: int) -> None:
        self._file = file
        self._source = source
        self._max_bytes = max_bytes
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._buffer = ""
        self._at = 0
        self._count = 0

    def find(self, pattern: re.Pattern[str]) -> bool:
        """Go to the end of the first match behind what was read; whether there is one.

        Args:
            pattern: Matches at most 65,536 characters.
        """
        while (found := pattern.search(self._buffer, self._at)) is None:
            self._at = max(self._at, len(self._buffer) - _KEPT_CHARS)
            if not self._read(_READ_BYTES):
                return False
        self._at = found.end()
        return True

    def values(self) -> Iterator[tuple[object, str]]:
        """The values of a list, whose bracket was just passed, each with its text.

        Raises:
            SourceError: The file is broken or cut off; the values before that were given.
        """
        wanted = _READ_BYTES
        while True:
            try:
                node = self._next()
            except JsonError as error:
                left = len(self._buffer) - self._at
                if left > 4 * self._max_bytes or not self._read(wanted := max(wanted, left)):
                    raise self._broken(error, cut_off=left <= 4 * self._max_bytes) from error
                continue
            if node is None:
                return
            self._count, wanted = self._count + 1, _READ_BYTES
            yield node.value, self._buffer[node.start : node.end]

    def _next(self) -> Node | None:
        """The next value of the list; None at its end."""
        at = skip_blanks(self._buffer, self._at)
        if self._buffer[at : at + 1] == ",":
            at = skip_blanks(self._buffer, at + 1)
        if self._buffer[at : at + 1] == "]":
            self._at = at + 1
            return None
        node = node_at(self._buffer, at)
        self._at = node.end
        return node

    def _read(self, n_bytes: int) -> bool:
        """Read more; whether there was any."""
        data = self._file.read(n_bytes)
        try:
            more = self._decoder.decode(data, final=not data)
        except UnicodeDecodeError as error:
            raise SourceError(
                self._source,
                f"is not valid UTF-8 after {self._count} values: save it again as UTF-8, or get "
                "the whole file",
            ) from error
        self._buffer = self._buffer[self._at :] + more
        self._at = 0
        return bool(data)

    def _broken(self, error: JsonError, *, cut_off: bool) -> SourceError:
        reason = "is cut off" if cut_off else f"is broken ({error})"
        return SourceError(
            self._source,
            f"{reason} in conversation {self._count + 1}: those before it are read; get the "
            "whole file again",
        )
