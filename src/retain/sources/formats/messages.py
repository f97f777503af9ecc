"""One message of a chat, however the program that wrote it names its fields."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from retain.dates.sources import parse_moment
from retain.sources.decoding import valid_unicode
from retain.sources.jsonspans import Node, elements, members

Fields = Mapping[str, Any]

_CONTENTS = ("content", "text", "message", "value", "body", "parts", "msg")
_SPEAKERS = (
    "name", "sender_name", "speaker", "author", "sender", "from", "username", "user", "role",
)  # fmt: skip
_NAMES = ("nickname", "global_name", "real_name", "display_name", "name", "username", "role")
_TIMES = (
    "timestamp", "created_at", "createdAt", "create_time", "created", "createdTimestamp", "sent_at",
    "timestamp_ms", "date_unixtime", "ts", "datetime",
)  # fmt: skip
_TOOLS = frozenset({"tool", "function", "toolresult", "tool_result"})
# What LangChain and LangGraph write beside `content` to say who speaks.
_TYPES = {
    "human": "human", "humanmessage": "human", "humanmessagechunk": "human", "ai": "ai",
    "aimessage": "ai", "aimessagechunk": "ai", "system": "system", "systemmessage": "system",
    "tool": "tool", "toolmessage": "tool", "function": "function", "functionmessage": "function",
}  # fmt: skip
_SERVICE_TYPES = frozenset({"service"})
# https://api.slack.com/events/message: messages that somebody wrote.
_SLACK_WRITTEN = frozenset({"bot_message", "me_message", "thread_broadcast", "file_share"})
_DISCORD_WRITTEN = frozenset({"Default", "Reply", "ChatInputCommand", "0", "19"})
# What messages have beside their words.
_BESIDE = {
    "attachments": "files", "files": "files", "file": "files", "photos": "pictures",
    "photo": "pictures", "gifs": "pictures", "videos": "recordings", "audio_files": "recordings",
}  # fmt: skip
_KINDS = (
    ("thought", "thoughts of a model"),
    ("thinking", "thoughts of a model"),
    ("reasoning", "thoughts of a model"),
    ("result", "tool results"),
    ("response", "tool results"),
    ("output", "tool results"),
    ("tool", "tool calls"),
    ("call", "tool calls"),
    ("image", "pictures"),
    ("inline", "pictures"),
    ("audio", "recordings"),
    ("video", "recordings"),
    ("file", "files"),
    ("document", "files"),
    ("attachment", "files"),
)


@dataclass(frozen=True, slots=True)
class Said:
    """What one message says.

    Args:
        speaker: Who says it.
        said_at: When, where the message says so.
        parts: Its texts: strings of JSON.
        inline: Whether the parts follow each other within a line.
        passed_over: What else there is in it, by reason.
    """

    speaker: str | None
    said_at: datetime | None
    parts: Sequence[Node] = ()
    inline: bool = False
    passed_over: Mapping[str, int] = field(default_factory=dict[str, int])


def is_message(value: object) -> bool:
    """Whether a JSON value says who speaks and what is said, whichever program wrote it."""
    if not isinstance(value, dict):
        return False
    held, _ = _unwrapped(cast("Fields", value))
    return speaker_of(held, {}) is not None and any(key in held for key in _CONTENTS)


def passed_over(value: object) -> str | None:
    """Why an object is not read, though a program that writes chats wrote it; None if it is."""
    if not isinstance(value, dict):
        return "values that are no messages"
    outer = cast("Fields", value)
    if outer.get("isSidechain") is True:
        return "messages of sub-agents"
    if outer.get("isMeta") is True or outer.get("isCompactSummary") is True:
        return "notes of the program"
    held, path = _unwrapped(outer)
    kind = held.get("type")
    if held.get("isThought") is True:
        return "thoughts of a model"
    if path == ["payload"] and outer.get("type") != "response_item":
        return "notes of the program"
    if kind in _SERVICE_TYPES or _is_service(held):
        return "service messages"
    if str(held.get("role") or _role_of_type(held) or "").casefold() in _TOOLS:
        return "tool results"
    if isinstance(kind, str) and not _has_content(held):
        return _kind_reason(kind) or "lines that are no messages"
    if held.get("is_visually_hidden_from_conversation") is True or _is_hidden(held):
        return "notes of the program"
    return None


def read_message(text: str, node: Node, names: Mapping[str, str]) -> Said | None:
    """What a message says; None if the object is no message.

    Args:
        text: The source.
        node: The object.
        names: The names of people by the ids that messages use for them.
    """
    held, path = _unwrapped(cast("Fields", node.value))
    fields = dict(members(text, node.start))
    times = _said_at(cast("Fields", node.value))
    for key in path:
        fields = dict(members(text, fields[key].start))
    speaker = speaker_of(held, names)
    key = next((one for one in _CONTENTS if one in fields and _holds_words(held[one])), None)
    key = key or next((one for one in _CONTENTS if one in fields), None)
    said = key in _CONTENTS[:3] or (key is not None and speaker is not None)
    if not said and "role" not in fields:
        return None
    passed: Counter[str] = Counter()
    parts = [] if key is None else list(_texts(text, fields[key], passed))
    calls = held.get("tool_calls")
    passed["tool calls"] += len(cast("list[Any]", calls)) if isinstance(calls, list) else 0
    for name, reason in _BESIDE.items():
        beside = held.get(name)
        passed[reason] += len(cast("list[Any]", beside)) if isinstance(beside, list) else 0
        passed[reason] += isinstance(beside, str) and bool(beside)
    if not parts and not +passed:
        passed["messages without words"] += 1
    content = None if key is None else held[key]
    inline = isinstance(content, list) and any(
        isinstance(one, str) for one in cast("list[Any]", content)
    )
    said_at = times or _said_at(held)
    return Said(speaker, said_at, parts, inline, {k: n for k, n in passed.items() if n})


def speaker_of(held: Fields, names: Mapping[str, str]) -> str | None:
    """Who speaks; a name says more than a role, so it is preferred."""
    for key in _SPEAKERS:
        value = held.get(key)
        if isinstance(value, str) and value.strip():
            if key == "user" and value not in names and isinstance(held.get("user_profile"), dict):
                profile = _named(cast("Fields", held["user_profile"]))
                if profile is not None:
                    return profile
            return valid_unicode(" ".join(names.get(value, value).split()))
        if isinstance(value, dict) and (named := _named(cast("Fields", value))):
            return named
    return _role_of_type(held)


def _named(person: Fields) -> str | None:
    for key in _NAMES:
        value = person.get(key)
        if isinstance(value, str) and value.strip():
            return valid_unicode(" ".join(value.split()))
    return None


def _unwrapped(held: Fields) -> tuple[Fields, list[str]]:
    """The object that holds the words, and the keys that lead there."""
    for key in ("message", "payload", "data", "kwargs"):
        inner = held.get(key)
        if isinstance(inner, dict):
            words = cast("Fields", inner)
            if key == "payload" or any(one in words for one in ("content", "role", "parts")):
                deeper, path = _unwrapped(words) if key == "kwargs" else (words, [])
                return _with_type(held, deeper), [key, *path]
    return held, []


def _with_type(outer: Fields, inner: Fields) -> Fields:
    """The inner object, with who speaks if only the outer one says so."""
    if speaker_of(inner, {}) is not None:
        return inner
    written = outer.get("id")
    if isinstance(written, list) and written:  # the path of a class, as LangChain dumps it
        return {**inner, "type": str(cast("list[Any]", written)[-1])}
    role = outer.get("role") or outer.get("type")
    return {**inner, "role": role} if isinstance(role, str) else inner


def _role_of_type(held: Fields) -> str | None:
    kind = held.get("type")
    return _TYPES.get(kind.casefold()) if isinstance(kind, str) else None


def _is_service(held: Fields) -> bool:
    subtype, kind = held.get("subtype"), held.get("type")
    if isinstance(subtype, str) and "ts" in held:
        return subtype not in _SLACK_WRITTEN
    discord = isinstance(held.get("author"), dict) and "isPinned" in held
    return discord and isinstance(kind, str) and kind not in _DISCORD_WRITTEN


def _is_hidden(held: Fields) -> bool:
    metadata = held.get("metadata")
    hidden = "is_visually_hidden_from_conversation"
    return isinstance(metadata, dict) and cast("Fields", metadata).get(hidden) is True


def _has_content(held: Fields) -> bool:
    return any(held.get(one) is not None for one in ("content", "text", "parts", "message"))


def _holds_words(value: object) -> bool:
    return bool(value.strip()) if isinstance(value, str) else bool(value)


def _texts(text: str, content: Node, passed: Counter[str]) -> Iterator[Node]:
    """The strings that say something; what else there is is counted."""
    value = content.value
    if isinstance(value, str):
        if value.strip():
            yield content
    elif isinstance(value, list):
        for element in elements(text, content.start):
            yield from _texts_of_part(text, element, passed)
    elif isinstance(value, dict):
        yield from _texts_of_part(text, content, passed)


def _texts_of_part(text: str, part: Node, passed: Counter[str]) -> Iterator[Node]:
    if isinstance(part.value, str):
        if part.value.strip():
            yield part
        return
    if not isinstance(part.value, dict):
        return
    held = cast("Fields", part.value)
    kind = str(held.get("type") or held.get("content_type") or next(iter(held), ""))
    reason = "thoughts of a model" if held.get("thought") is True else None
    if reason is None and kind not in ("output_text", "text"):
        reason = _kind_reason(kind)
    words = held.get("text", held.get("value"))
    if reason is None and isinstance(held.get("parts"), list):
        yield from _texts(text, dict(members(text, part.start))["parts"], passed)
    elif reason is None and isinstance(words, str):
        if words.strip():
            fields = dict(members(text, part.start))
            yield fields["text" if "text" in held else "value"]
    elif reason is None and isinstance(words, dict):  # {"type": "text", "text": {"value": …}}
        yield from _texts_of_part(text, dict(members(text, part.start))["text"], passed)
    else:
        passed[reason or "parts of other kinds"] += 1


def _kind_reason(kind: str) -> str | None:
    small = kind.casefold()
    return next((reason for word, reason in _KINDS if word in small), None)


def _said_at(held: Fields) -> datetime | None:
    both = f"{held.get('date')} {held.get('time')}"
    candidates = [held.get(name) for name in _TIMES]
    candidates += [both if "date" in held and "time" in held else None]
    candidates += [held.get("date"), held.get("time")]
    metadata = held.get("metadata")
    if isinstance(metadata, dict):
        candidates += [cast("Fields", metadata).get(name) for name in _TIMES]
    return next((moment for one in candidates if (moment := parse_moment(one))), None)
