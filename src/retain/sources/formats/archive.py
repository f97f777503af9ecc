"""Zip archives that chat programs export: ChatGPT, Claude, Slack, Telegram, WhatsApp, Messenger."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import BinaryIO, cast

from retain.errors import SourceError
from retain.sources.decoding import check_size, decode
from retain.sources.formats import slack
from retain.sources.formats.base import Sample
from retain.sources.formats.conversations import Conversations
from retain.sources.formats.exports import HEAD_BYTES, Keys, Part
from retain.sources.formats.telegram import TelegramAccount

_CONVERSATIONS = re.compile(r"(?:.*/)?(?:conversations(?:-\d+)?|result)\.json")
_SLACK_DAY = re.compile(r"(?:.*/)?[^/]+/\d{4}-\d\d-\d\d\.json")
_WHATSAPP = re.compile(
    r"(?:.*/)?(?:_chat|WhatsApp [^/]{1,200}|[^/]{1,200}WhatsApp[^/]{0,200})\.txt"
)
_MESSENGER = re.compile(r"(?:.*/)?messages/[^/]+/[^/]+/message_\d+\.json")
# JSON and text are packed to a tenth of their size; a thousandth is no text.
_MAX_RATIO = 500
_OTHER = (
    "is a zip archive, but no export of ChatGPT, Claude, Slack, Telegram, WhatsApp or Messenger: "
    "unpack it and give the folder"
)


class Archive:
    """A zip archive that a chat program wrote."""

    name = "zip"
    suffixes = frozenset[str]()

    def detect(self, sample: Sample) -> bool:
        return sample.suffix == ".zip" and sample.data.startswith(b"PK\x03\x04")

    def parts(self, file: BinaryIO, source: str, max_bytes: int) -> Iterator[Part]:
        try:
            with zipfile.ZipFile(file) as packed:
                yield from _parts(packed, source, max_bytes)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
            raise SourceError(
                source,
                "is damaged, cut off or protected by a password: get the whole archive again, or "
                "unpack it and give the folder",
            ) from error


def is_chat_archive(file: BinaryIO) -> bool:
    """Whether a zip archive is one that a chat program wrote."""
    try:
        with zipfile.ZipFile(file) as packed:
            return bool(_messages_in([one.filename for one in packed.infolist()]))
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError):
        return False


def _messages_in(names: Sequence[str]) -> list[str]:
    """The members that hold messages."""
    found = [one for one in names if _CONVERSATIONS.fullmatch(one) or _MESSENGER.fullmatch(one)]
    roots = {one.rpartition("/")[0] for one in names if one.rpartition("/")[2] == slack.PEOPLE}
    roots &= {one.rpartition("/")[0] for one in names if one.rpartition("/")[2] == slack.CHANNELS}
    if roots:
        found += [one for one in names if _SLACK_DAY.fullmatch(one)]
    texts = [one for one in names if one.endswith(".txt") and "/" not in one]
    # Beside its chat, an archive of WhatsApp holds pictures and recordings alone.
    chats = texts if len(texts) == 1 and not found else []
    return sorted({*found, *(one for one in names if _WHATSAPP.fullmatch(one)), *chats})


def _parts(packed: zipfile.ZipFile, source: str, max_bytes: int) -> Iterator[Part]:
    members = {one.filename: one for one in packed.infolist() if not one.is_dir()}
    chosen = _messages_in(list(members))
    if not chosen:
        raise SourceError(source, _OTHER)
    names, keys = _names(packed, members), Keys()
    lists = slack.LISTS if names else frozenset[str]()
    left = sum(one.rpartition("/")[2] not in lists for one in members) - len(chosen)
    passed_over = {"other files of the archive": left} if left else {}
    for name in chosen:
        member = members[name]
        if member.file_size > max(max_bytes, _MAX_RATIO * member.compress_size):
            yield Part(name, reason=f"unpacks to {member.file_size} bytes of nothing: left out")
            continue
        for part in _parts_of(packed, member, source, max_bytes, names, keys):
            yield replace(part, passed_over=passed_over)
            passed_over = {}


def _parts_of(
    packed: zipfile.ZipFile,
    member: zipfile.ZipInfo,
    source: str,
    max_bytes: int,
    names: Mapping[str, str],
    keys: Keys,
) -> Iterator[Part]:
    """The sources in one member: its conversations, or itself."""
    sample = Sample(member.filename, packed.open(member).read(HEAD_BYTES))
    for export in (Conversations(), TelegramAccount()):
        if export.detect(sample):
            with packed.open(member) as file:
                for part in export.parts(cast("BinaryIO", file), source, max_bytes):
                    yield replace(part, key=keys.new(part.key, part.key))
            return
    key = keys.new(member.filename, f"member {len(packed.namelist())}")
    try:
        check_size(member.file_size, f"{source}#{key}", max_bytes)
        text = decode(packed.read(member), source)
    except SourceError as error:
        yield Part(key, reason=error.reason)
        return
    yield Part(key, text, names={one: name for one, name in names.items() if one in text})


def _names(packed: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo]) -> dict[str, str]:
    """The names of people and channels in an export of Slack."""
    names: dict[str, str] = {}
    for wanted in (slack.CHANNELS, slack.PEOPLE):
        for name, member in members.items():
            if name.rpartition("/")[2] == wanted and member.file_size <= slack.MAX_BYTES:
                names.update(slack.names_in(packed.read(member)))
    return names
