"""Chat messages in JSON and JSON Lines to turns: those that agents, models and chat programs write.

A turn's text is what the message says, decoded; its place is that of the words in the raw text.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice, pairwise
from typing import Any, cast

from retain.errors import SourceError
from retain.sources.decoded import DecodedText
from retain.sources.decoding import valid_unicode
from retain.sources.drafts import Draft, Outline, check_count
from retain.sources.formats import messages
from retain.sources.formats.base import Sample, SourceText
from retain.sources.formats.markup import Markup, markup_of
from retain.sources.formats.messages import Said
from retain.sources.jsonspans import JsonError, Node, elements, members, node_at, skip_blanks

LISTS = (
    "messages", "conversation", "conversations", "turns", "chat_messages", "contents", "input",
    "output", "chunks", "choices", "candidates",
)  # fmt: skip
"""The keys under which programs keep lists of messages."""

_NESTED = ("values", "channel_values", "chunkedPrompt", "response", "content")
"""The keys of objects in which such a list may lie."""

_LOOKED_AT = 20
_MAX_DEPTH = 4
_AHEAD = 20_000
_TELLS = re.compile(r'"(?:role|content|message|text)"')
_LIKE_JSON = re.compile(r'\s*+\[?\s*+\{\s*+"[^"\n]{1,40}"\s*+:')
_EXPECTED = (
    'expected chat messages such as {"role": "user", "content": "…"}: a list of them, an object '
    'with such a list under "messages", or one message a line'
)


class Chat:
    """Chat messages in JSON, and in JSON Lines."""

    name = "chat"
    suffixes = frozenset({".json", ".jsonl", ".ndjson"})

    def detect(self, sample: Sample) -> bool | None:
        if sample.begins not in ("[", "{"):
            return False
        return looks_like_messages(sample.text) or None

    def read(self, source: SourceText) -> Outline:
        return read_chat(source)


def is_message(line: str) -> bool:
    """Whether a line is a message by itself, and not the beginning of a list of them."""
    try:
        value: object = json.loads(line)
    except (ValueError, RecursionError):
        return False
    held = cast("dict[str, object]", value) if isinstance(value, dict) else {}
    return bool(held) and not any(isinstance(held.get(key), list) for key in LISTS[:4])


def looks_like_messages(text: str) -> bool:
    """Whether a text is JSON with messages among its first values, or JSON that breaks off."""
    at = skip_blanks(text, int(text.startswith("\ufeff")))
    read = 0
    try:
        for node in first_values(text, at, _LOOKED_AT):
            if messages.is_message(node.value) or _list_in(node.value):
                return True
            read += 1
    except JsonError as error:
        # Whole values that are no messages make it data, unless the lines behind them are some.
        tells = _TELLS.search(text, error.offset, error.offset + _AHEAD) is not None
        return bool(_LIKE_JSON.match(text, at)) and (not read or tells)
    return False


def first_values(text: str, at: int, most: int) -> Iterator[Node]:
    """The first values of a list of JSON, or of JSON Lines, from `at` on."""
    if text[at : at + 1] == "[":
        yield from islice(elements(text, at), most)
        return
    while at < len(text) and most:
        node = node_at(text, at)
        yield node
        at, most = skip_blanks(text, node.end), most - 1
        if text[at : at + 1] != "{":
            return


def _list_in(value: object) -> bool:
    """Whether an object has a list of messages in it."""
    if not isinstance(value, dict):
        return False
    path = _path(cast("dict[str, object]", value))
    inner: Any = cast("object", value)
    for key in path:
        inner = inner[key]
    if path and inner and isinstance(inner[0], list):
        inner = cast("list[Any]", inner[0])
    return bool(path) and (not inner or any(messages.is_message(one) for one in inner[:5]))


def read_chat(source: SourceText) -> Outline:
    """The messages of a chat, each a turn; what is no message is passed over.

    Raises:
        SourceError: It is broken JSON, holds no chat messages, or too many.
    """
    text, reading = source.text, ChatReading(source)
    first: JsonError | None = None
    meta: dict[str, Any] = {}
    at = skip_blanks(text, int(text.startswith("\ufeff")))
    begin, in_list = at, text[at : at + 1] == "["
    while at < len(text):
        try:
            if in_list and at == begin:
                at = reading.list_at(at)
            else:
                node = node_at(text, at)
                if at == begin:
                    meta, reading.markup = _meta(node.value), markup_of(node.value)
                reading.value(node)
                at = node.end
        except JsonError as error:
            if in_list or reading.count == 0:
                raise reading.refused(error) from error
            first = first or error
            reading.passed["broken lines"] += 1
            after = text.find("\n", at)
            at = len(text) if after < 0 else after
        at = skip_blanks(text, at)
    return outline_of(source, reading, meta)


def outline_of(source: SourceText, reading: ChatReading, meta: dict[str, Any]) -> Outline:
    """What was read of a chat.

    Raises:
        SourceError: Nothing was, or too much.
    """
    if not reading.drafts:
        raise reading.empty()
    title = meta.get("title", meta.get("name"))
    shown = title if isinstance(title, str) else None
    if shown is not None and reading.markup is not None:
        shown = reading.markup.name(shown)
    drafts, decoded = reading.in_order()
    return Outline(shown, meta, drafts, (), dict(reading.passed), decoded)


class ChatReading:
    """The messages that were read so far.

    Args:
        source: The source.

    Attributes:
        passed: What is passed over, by reason.
        path: The headings that the next messages stand under.
    """

    def __init__(self, source: SourceText) -> None:
        self._source = source
        self.passed = Counter[str]()
        self.path: tuple[str, ...] = ()
        self.decoded = DecodedText(source.text)
        self.drafts: list[Draft] = []
        self.count = 0
        self.strange: int | None = None
        self.markup: Markup | None = None
        self._seen: set[int] = set()

    def list_at(self, start: int, *, inner: bool = False) -> int:
        """Read the messages of a list, or those of a list of lists; where it ends."""
        end, text = start + 1, self._source.text
        of_lists = not inner and text.startswith("[", skip_blanks(text, end))
        for element in elements(self._source.text, start):
            if isinstance(element.value, list):
                if not of_lists:
                    raise JsonError("a list where a message should be", element.start)
                end = self.list_at(element.start, inner=True)
                continue
            if self.markup is None:
                self.markup = markup_of(element.value)
            self.value(element)
            end = element.end
        return skip_blanks(self._source.text, end) + 1

    def value(self, node: Node) -> None:
        """Read a message, or an object with a list of messages in it."""
        if not isinstance(node.value, dict):
            self._strange(node, "values that are no messages")
            return
        held = cast("dict[str, object]", node.value)
        path = [] if messages.is_message(held) else _path(held)
        if not path:
            self._message(node)
            return
        inner = node
        for key in path:
            inner = dict(members(self._source.text, inner.start))[key]
        self.list_at(inner.start)

    def _message(self, node: Node) -> None:
        reason = messages.passed_over(node.value)
        said = None
        if reason is None:
            said = messages.read_message(self._source.text, node, self._source.names)
        if said is None:
            self._strange(node, reason or "objects that are no messages")
            return
        self.count += 1
        if self._is_repeated(node.value, said):
            self.passed["messages that stand there before"] += 1
            return
        self.passed.update(said.passed_over)
        if said.parts:
            self._add(said)

    def _is_repeated(self, value: Mapping[str, object], said: Said) -> bool:
        """Whether a message with this id and these words was read: a history repeats its states."""
        given = value.get("id")
        if not isinstance(given, str) or not said.parts:
            return False
        key = hash((given, *(str(part.value) for part in said.parts)))
        repeated = key in self._seen
        self._seen.add(key)
        return repeated

    def _strange(self, node: Node, reason: str) -> None:
        self.strange = node.start if self.strange is None else self.strange
        self.passed[reason] += 1

    def _add(self, said: Said) -> None:
        source, decoded = self._source, self.decoded
        if decoded.length:
            decoded.insert("\n\n")
        start = decoded.length
        for number, part in enumerate(said.parts):
            if number and not said.inline:
                decoded.insert("\n\n")
            if self.markup is None:
                decoded.json_string(part.start + 1, part.end - 1)
            else:
                words = DecodedText(source.text)
                words.json_string(part.start + 1, part.end - 1)
                self.markup.read(words, decoded, source.names)
        if not decoded.blank(start):
            said_at = said.said_at or source.reference_date
            self.drafts.append(
                Draft(
                    *(start, decoded.length, "turn", len(self.path), self.path),
                    speaker=self._name(said),
                    said_at=said_at,
                )
            )
            check_count(len(self.drafts), source.source_id, 2 * source.max_sections)

    def _name(self, said: Said) -> str | None:
        if said.speaker is None or self.markup is None:
            return said.speaker
        return self.markup.name(said.speaker)

    def refused(self, error: JsonError) -> SourceError:
        """Why a broken text is not read."""
        source = self._source
        line = source.text.count("\n", 0, error.offset) + 1
        reason = str(error)
        if error.cut_off:
            of = f" in the middle of message {self.count + 1}" if self.count else " too early"
            reason = f"the text ends{of}: get the whole file again ({error})"
        return SourceError(source.source_id, f"line {line}: {reason}; {_EXPECTED}")

    def empty(self) -> SourceError:
        """Why a text in which nobody says anything is not read."""
        source = self._source
        if self.strange is None:
            return SourceError(source.source_id, f"has no messages; {_EXPECTED}")
        line = source.text.count("\n", 0, self.strange) + 1
        reason = f"line {line}: an object that is no message"
        return SourceError(source.source_id, f"{reason}; {_EXPECTED}")

    def in_order(self) -> tuple[list[Draft], DecodedText]:
        """The turns and their text by time, if the chat has its newest messages first."""
        check_count(len(self.drafts), self._source.source_id, self._source.max_sections)
        dated = [one.said_at for one in self.drafts if one.said_at is not None]
        falls = len(dated) > 1 and dated[0] > dated[-1]
        if not falls or any(a < b for a, b in pairwise(dated)):
            return self.drafts, self.decoded
        turned, drafts = DecodedText(self._source.text), list[Draft]()
        for draft in reversed(self.drafts):
            turned.insert("\n\n" if drafts else "")
            start = turned.length
            turned.take(self.decoded, draft.start, draft.end)
            drafts.append(replace(draft, start=start, end=turned.length))
        return drafts, turned


def _path(held: Mapping[str, object], depth: int = 0) -> list[str]:
    """The keys that lead to a list of messages in an object; none if there is no such list."""
    for key in LISTS:
        if isinstance(held.get(key), list):
            return [key]
    for key in _NESTED:
        inner = held.get(key)
        if isinstance(inner, dict) and (path := _path(cast("dict[str, object]", inner))):
            return [key, *path]
    return _path_to_messages(held, depth)


def _path_to_messages(held: Mapping[str, object], depth: int) -> list[str]:
    """The keys that lead to a list named ``messages`` below any key, as in dumps of LangGraph."""
    if isinstance(held.get("messages"), list):
        return ["messages"]
    for key, inner in islice(held.items(), _LOOKED_AT) if depth < _MAX_DEPTH else ():
        if isinstance(inner, dict):
            path = _path_to_messages(cast("dict[str, object]", inner), depth + 1)
            if path:
                return [key, *path]
    return []


def _meta(value: object) -> dict[str, Any]:
    """What a conversation tells of itself beside its messages."""
    if not isinstance(value, dict):
        return {}
    held = cast("dict[str, object]", value)
    if messages.is_message(held) or not _path(held):
        return {}
    return {
        valid_unicode(key): valid_unicode(told) if isinstance(told, str) else told
        for key, told in held.items()
        if isinstance(told, str | bool) or (isinstance(told, int) and abs(told) < 2**63)
    }
