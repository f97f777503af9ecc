"""Records of a bank as lines of JSON, and back."""

from __future__ import annotations

from typing import Any, cast

import msgspec

from retain.errors import InputError
from retain.memory.model.knowledge import Judgement
from retain.memory.model.pages import Lead, LogEntry, Verdict, Version
from retain.memory.model.transfer import (
    BankRecord,
    CorrectionRecord,
    LifeRecord,
    MentionRecord,
    OutcomeRecord,
    PastRecord,
    Record,
    RedactionRecord,
    SectionRecord,
    SourceRecord,
    StatementRecord,
    TextRecord,
    VectorRecord,
)
from retain.memory.nul import without_nul

MAX_BYTES = 16 * 1024 * 1024
"""The longest line. Values take up to twenty times as much memory as their JSON."""

MAX_SOURCE_BYTES = 2 * 1024 * 1024
"""The longest line of a source, whose meta data may be any JSON, which takes still more."""

NAMES: dict[type[Record], str] = {
    BankRecord: "bank",
    CorrectionRecord: "correction",
    Judgement: "judgement",
    Verdict: "verdict",
    Lead: "lead",
    SourceRecord: "source",
    TextRecord: "text",
    SectionRecord: "section",
    StatementRecord: "statement",
    MentionRecord: "mention",
    OutcomeRecord: "outcome",
    VectorRecord: "vector",
    Version: "version",
    LifeRecord: "life",
    PastRecord: "past",
    RedactionRecord: "buried",
    LogEntry: "log",
}
"""What a line says that it is. Records of a source come in this order."""


class _Named(msgspec.Struct):
    record: str


_NAME = msgspec.json.Decoder(_Named)
_ENCODER = msgspec.json.Encoder()
_DECODERS: dict[str, msgspec.json.Decoder[Any]] = {
    name: msgspec.json.Decoder(made) for made, name in NAMES.items()
}


def encode(record: Record) -> bytes:
    """The record as one line, without its end.

    Raises:
        InputError: It holds what cannot be written as UTF-8, or too much.
    """
    name = NAMES[type(record)]
    try:
        line = b'{"record":"%b",%b' % (name.encode(), _ENCODER.encode(record)[1:])
    except (UnicodeEncodeError, ValueError) as exc:
        raise InputError(f"a {name} cannot be written as JSON: {exc}") from exc
    if len(line) > _most(name):
        raise InputError(f"a {name} of {len(line)} bytes is more than a line may have")
    return line


def decode(line: bytes) -> Record:
    """The record of a line; never more than a few times its size in memory.

    U+FFFD stands in place of each NUL, which no database keeps in a text; offsets stay the same.

    Raises:
        InputError: It is none.
    """
    try:
        name = _NAME.decode(line).record
        decoder = _DECODERS.get(name)
        if decoder is None:
            raise InputError(f"there is no record {name[:40]!r}")
        if len(line) > _most(name):
            raise InputError(f"a {name} of {len(line)} bytes is too long")
        record = decoder.decode(line)
        if b"\\u0000" in line:
            if "\0" in getattr(record, "source_id", ""):
                raise InputError(
                    f"the source id {record.source_id!r} holds NUL, which no database can keep: "
                    "retain that source under another id, and export its bank again"
                )
            record = decoder.decode(without_nul(line.decode()))
        return cast("Record", record)
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError, RecursionError) as exc:
        if isinstance(exc, InputError):
            raise
        raise InputError(f"not a record of a bank ({exc})") from exc


def _most(name: str) -> int:
    return MAX_SOURCE_BYTES if name == "source" else MAX_BYTES
