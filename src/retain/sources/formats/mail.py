"""Mails: what is new in one, under its sender, its recipients, its date and its subject."""

from __future__ import annotations

import email.policy
import re
from collections import Counter
from contextlib import suppress
from email import message_from_bytes
from email.message import EmailMessage
from email.utils import getaddresses, parsedate_to_datetime
from typing import cast

from retain.sources.decoding import valid_unicode
from retain.sources.formats.base import Converted, Sample
from retain.sources.formats.html import front_matter, markdown_of

_HEADER = re.compile(rb"(?:from|to|date|subject|message-id|received|return-path):", re.IGNORECASE)
_WROTE = re.compile(r"(?:On|Am|Le|El|Den)\b.{0,200}(?:wrote|schrieb|écrit|escribió|skrev)\s?:\s*$")
_HEADERS = re.compile(
    rb"(?:[A-Za-z][\w-]{1,60}:[^\n]{0,2000}\n(?:[ \t][^\n]{0,2000}\n){0,50}){2,200}"
)
_NAME = re.compile(rb"^([A-Za-z][\w-]{1,60}):", re.MULTILINE)
_BY_PROGRAMS = frozenset({b"message-id", b"mime-version", b"received", b"return-path"})
_HEAD_BYTES = 65_536
_FAMILY_FIRST = re.compile(r"^([^\W\d_][\w'\u2019-]{0,40}), ([^\W\d_][^,@]{0,40})$")
_ORIGINAL = re.compile(r"-{2,}\s*(?:Original Message|Forwarded message|Ursprüngliche Nachricht)\b")


class Mail:
    """A mail in a file, as mail programs save it."""

    name = "mail"
    suffixes = frozenset({".eml"})
    extra = ""

    def detect(self, sample: Sample) -> bool | None:
        if sample.suffix in self.suffixes:
            return None if _HEADER.search(sample.data) else False
        return _begins_as_mail(sample)

    def convert(self, data: bytes, source: str, max_bytes: int) -> Converted:
        message = message_from_bytes(data, policy=email.policy.default)
        passed_over = Counter[str]()
        body = _new(_body(message, source), passed_over)
        attachments = sum(1 for _ in message.iter_attachments())
        passed_over.update({"attachments": attachments} if attachments else {})
        head = front_matter(_properties(message))
        return Converted(valid_unicode(head + body), passed_over=dict(passed_over))


def _begins_as_mail(sample: Sample) -> bool:
    """Whether bytes of any name begin with headers that mail programs write."""
    head = _HEADERS.match(sample.data[:_HEAD_BYTES])
    names = {one.lower() for one in _NAME.findall(head[0])} if head else set[bytes]()
    if not {b"from", b"date"} <= names:
        return False
    return bool(names & _BY_PROGRAMS) or (not sample.suffix and b"subject" in names)


def _properties(message: EmailMessage) -> dict[str, object]:
    found: dict[str, object] = {}
    if subject := " ".join(str(message.get("subject") or "").split()):
        found["title"] = subject
    senders = _names(message, "from")
    if senders:
        found["author"] = senders[0]
    for key in ("to", "cc"):
        if names := _names(message, key):
            found[key] = names
    with suppress(TypeError, ValueError):  # a mail without a date, or with a broken one
        found["date"] = parsedate_to_datetime(str(message.get("date"))).isoformat()
    return found


def _names(message: EmailMessage, header: str) -> list[str]:
    values = [str(value) for value in message.get_all(header) or ()]
    given = [(name or address) for name, address in getaddresses(values) if address]
    return [_FAMILY_FIRST.sub(r"\2 \1", " ".join(one.split())) for one in given]


def _body(message: EmailMessage, source: str) -> str:
    part = message.get_body(preferencelist=("plain", "html"))
    if part is None:
        return ""
    try:
        text = str(part.get_content())
    except (LookupError, ValueError, KeyError):
        text = cast("bytes", part.get_payload(decode=True) or b"").decode("utf-8", "replace")
    return markdown_of(text, source) if part.get_content_subtype() == "html" else text


def _introduces_quote(lines: list[str], at: int) -> bool:
    """Whether a line, alone or with the next or the one before, says who wrote what is quoted."""
    pairs = (lines[at : at + 1], lines[at : at + 2], lines[max(0, at - 1) : at + 1])
    return any(_WROTE.match(" ".join(pair)[:400]) for pair in pairs)


def _new(text: str, passed_over: Counter[str]) -> str:
    """The lines that are neither quoted from an earlier mail nor a signature."""
    kept: list[str] = []
    lines = text.replace("\r\n", "\n").split("\n")
    for at, line in enumerate(lines):
        if line.rstrip(" ") == "--" and line.startswith("--"):
            passed_over["signatures"] += 1
            break
        if _ORIGINAL.match(line):
            passed_over["quoted lines"] += len(lines) - at
            break
        if line.lstrip().startswith(">"):
            passed_over["quoted lines"] += 1
        elif not _introduces_quote(lines, at):
            kept.append(line)
    return "\n".join(kept).strip() + "\n"
