"""Mailboxes: many mails in one file, as Thunderbird, Gmail and Unix keep them (RFC 4155)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import BinaryIO

from retain.errors import SourceError
from retain.sources.decoding import check_size
from retain.sources.formats.base import Sample
from retain.sources.formats.exports import Keys, Part

# A line of the body that begins with "From " is no separator: one ends with a time and a year.
_SEPARATOR = re.compile(rb"From [^\r\n]{0,300}?\d\d:\d\d[^\r\n]{0,60}\r?\n?$")
_HEADER = re.compile(rb"[!-9;-~]{1,80}:|>?From ")
_ESCAPED = re.compile(rb"^>(?=>{0,100}From )", re.MULTILINE)
_MESSAGE_ID = re.compile(
    rb"^message-id:[ \t]*(?:\r?\n[ \t]+)?<([^<>\s]{1,200})>", re.IGNORECASE | re.MULTILINE
)
_HEADERS_END = re.compile(rb"\r?\n\r?\n")
_MAX_LINE = 1 << 20


class Mailbox:
    """Files of mails, each below a line that begins with ``From``."""

    name = "mbox"
    suffixes = frozenset({".mbox", ".mbx"})

    def detect(self, sample: Sample) -> bool:
        lines = sample.data.lstrip(b"\r\n").split(b"\n", 2)
        if len(lines) < 2 or not lines[0].startswith(b"From "):
            return False
        by_suffix = sample.suffix in self.suffixes
        return by_suffix or bool(_SEPARATOR.match(lines[0]) and _HEADER.match(lines[1]))

    def parts(self, file: BinaryIO, source: str, max_bytes: int) -> Iterator[Part]:
        keys = Keys()
        for number, (message, n_bytes) in enumerate(_messages(file, max_bytes), 1):
            head = _HEADERS_END.split(message.lstrip(b"\r\n"), 1)[0][:HEAD_BYTES]
            told = _MESSAGE_ID.search(head)
            wanted = told[1].decode("ascii", "replace") if told else ""
            key = keys.new(wanted, hashlib.sha256(message).hexdigest()[:16])
            try:
                check_size(n_bytes, f"{source}#{key}", max_bytes)
            except SourceError as error:
                yield Part(key, reason=error.reason)
                continue
            if not _HEADER.match(head):
                yield Part(key, reason=f"message {number} of the mailbox is broken: no headers")
                continue
            yield Part(key, data=_ESCAPED.sub(b"", message), name="message.eml")


HEAD_BYTES = 65_536
"""How many bytes of a mail are looked at for its id."""


def _messages(file: BinaryIO, max_bytes: int) -> Iterator[tuple[bytes, int]]:
    """The mails, each with its size; of one that is too large, only the beginning."""
    kept, n_bytes, after_blank, begun = list[bytes](), 0, True, False
    for line in iter(lambda: file.readline(_MAX_LINE), b""):
        if after_blank and line.startswith(b"From ") and _SEPARATOR.match(line):
            if begun:
                yield b"".join(kept), n_bytes
            kept, n_bytes, begun = [], 0, True
            after_blank = False
            continue
        n_bytes += len(line)
        if begun and n_bytes <= max_bytes:
            kept.append(line)
        after_blank = not line.strip()
    if begun:
        yield b"".join(kept), n_bytes
