"""Telegram's export of a whole account: all chats in one file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from retain.sources.formats.base import Sample
from retain.sources.formats.conversations import parts_of
from retain.sources.formats.exports import Keys, Part
from retain.sources.jsonstream import JsonStream

_SIGNS = re.compile(
    rb'(?:\xef\xbb\xbf)?\s*\{\s*"(?:about|personal_information|profile_pictures|contacts|'
    rb'frequent_contacts|other_data|sessions|web_sessions|stories|chats|left_chats)"\s*:'
)
_LIST = re.compile(
    r'"(?:chats|left_chats)"\s{0,20}:\s{0,20}\{\s{0,200}'
    r'(?:"about"\s{0,20}:\s{0,20}"(?:[^"\\]|\\.){0,4000}"\s{0,20},\s{0,200})?"list"\s{0,20}:\s{0,20}\['
)


class TelegramAccount:
    """``result.json`` of an account."""

    name = "telegram-account"
    suffixes = frozenset[str]()

    def detect(self, sample: Sample) -> bool:
        if not _SIGNS.match(sample.data):
            return False
        return b'"list"' in sample.data and b'"messages"' not in sample.data.split(b'"list"')[0]

    def parts(self, file: BinaryIO, source: str, max_bytes: int) -> Iterator[Part]:
        stream, keys = JsonStream(file, source, max_bytes), Keys()
        while stream.find(_LIST):
            yield from parts_of(stream, source, max_bytes, keys)
