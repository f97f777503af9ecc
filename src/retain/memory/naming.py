"""Which entities have a page, and file names for pages and sources: no two share one anywhere."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable

from retain.memory.model import Fact

_ENOUGH_FACTS = 2
_LONGEST = 60
_HASH = 12
_NOT_WORD = re.compile(r"[^a-z0-9]+")
_WORDS = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_HASHED = re.compile(rf"(?:.*-)?[0-9a-f]{{{_HASH}}}")
_CAPITAL = r"[^\W\d_a-zß-öø-ÿ][\w'\u2019-]*"
_CAPITALISED = re.compile(rf"{_CAPITAL}(?: {_CAPITAL})*")
_MOST_WORDS = 4
_RESERVED = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))]
)
TOPIC = "topic-"
"""What the file names of topics, and of nothing else, begin with."""


def slug(text: str) -> str:
    """The text in lower-case ASCII letters, digits and hyphens; empty where it has no such."""
    ascii_ = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    words = _NOT_WORD.sub("-", ascii_.lower()).strip("-")
    if len(words) <= _LONGEST:
        return words
    cut = words[: _LONGEST + 1]
    return cut.rsplit("-", 1)[0] if "-" in cut else cut[:_LONGEST]


def possible_names(texts: Iterable[str]) -> set[str]:
    """What names may be in texts: up to four words with capital letters, one behind the other."""
    found: set[str] = set()
    for text in texts:
        for run in _CAPITALISED.findall(text):
            words = run.split()
            for n, _ in enumerate(words):
                found.update(" ".join(words[n:end]) for end in range(n + 1, n + 1 + _MOST_WORDS))
    return found


def has_page(facts: int, slotted: int) -> bool:
    """Whether an entity is told enough of for a page.

    Args:
        facts: How many facts speak of it.
        slotted: How many of them fill a slot.
    """
    return facts >= _ENOUGH_FACTS or slotted > 0


def names_in(fact: Fact) -> set[str]:
    """The names that the fact gives of whom it speaks of, without case."""
    names = {name.casefold() for name in fact.entities}
    return names | {fact.subject.casefold()} if fact.subject else names


def page_id(name: str, kind: str) -> str:
    """The file name of a page, without its ending: ``porto``, ``new-york``, ``c-1f0a…``.

    A name that can be read back from its letters is kept; any other has a hash behind it.

    Args:
        name: The canonical name, or what else tells the page from others of its kind.
        kind: ``entity``; ``topic``; or the kind of an entity that shares its name with another
            one that has a page.
    """
    words = slug(name)
    if kind == "entity":
        readable = " ".join(word.capitalize() for word in words.split("-")) == name
        return words if readable and _free(words) else _hashed(words, "entity", name)
    if kind == "topic":
        return TOPIC + _hashed(words, kind, name)
    return _hashed(slug(f"{words} {kind}"), kind, name)


def topic_page_id(topic_id: str) -> str:
    """The file name of a topic's page: its id, where that is one."""
    words = topic_id.removeprefix(TOPIC)
    usable = _WORDS.fullmatch(words) and len(topic_id) <= _LONGEST + len(TOPIC)
    if topic_id.startswith(TOPIC) and usable and not _HASHED.fullmatch(words):
        return topic_id
    return page_id(topic_id, "topic")


def source_file(source_id: str) -> str:
    """The file name of a source's page, without its ending."""
    usable = _WORDS.fullmatch(source_id) and len(source_id) <= _LONGEST
    return source_id if usable and _free(source_id) else _hashed(slug(source_id), "", source_id)


def digest(*parts: str) -> str:
    """A short hash of the parts, in hexadecimal digits."""
    whole = "\0".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.sha256(whole).hexdigest()[:_HASH]


def _free(words: str) -> bool:
    """Whether no other rule makes this file name."""
    taken = words in _RESERVED or _HASHED.fullmatch(words) or f"{words}-".startswith(TOPIC)
    return bool(words) and not taken


def _hashed(words: str, kind: str, name: str) -> str:
    if kind != "topic" and f"{words}-".startswith(TOPIC):
        words = f"name-{words}"
    return f"{words or 'name'}-{digest(kind, name)}"
