"""The keys under which a bank finds the names that rules may take for a given one.

A bank keeps a row for each key of a name, so there are few of them. What can be looked up by the
folded name itself has no key: ``Mill Road`` is one of the two ways to write ``Mill Rd``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b

from retain.memory.model import NameCount
from retain.providers.local.entities.clusters import Node, nodes_by_kind
from retain.providers.local.entities.names import PersonName, fold
from retain.providers.local.entities.words import LEGAL, LITTLE

CROWD = 16
"""So many names with one part are not all names of one person."""
_LEGAL_FORMS = {
    "limited": "ltd", "incorporated": "inc", "corporation": "corp", "company": "co"
}  # fmt: skip
_DIGIT = re.compile(r"\d")
_MIN_LETTERS = 8
_MAX_LETTERS = 60
MIN_CHANGED_WORD = 6
"""Shorter words that differ by a slip are often two names."""
_HALVED = 8
"""A slip leaves the first four or the last three letters of a word so long as they are."""
_MAX_WORDS = 9


@lru_cache(maxsize=65_536)
def hashed(key: str) -> int:
    """The key as a bank keeps it: a signed number of 64 bits, however long the names are."""
    digest = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def keys(names: Sequence[NameCount]) -> frozenset[int]:
    """The keys of a folded name, which do not depend on how often it is written.

    Args:
        names: Every way in which it is written.
    """
    nodes = nodes_by_kind(fold(names[0].name), names) if names else ()
    return frozenset(map(hashed, keys_of(nodes)))


def keys_of(nodes: Sequence[Node]) -> Iterator[str]:
    """The keys of a folded name, as texts, by its nodes."""
    for node in nodes:
        if base := legal(node)[0]:
            yield legal_key(base)
        if node.kind == "person" and node.person is not None:
            yield from _keys_of_person(node.folded, node.person)
        elif " " in node.folded:
            yield from map(word_key, words_in(node))
    if nodes:
        yield from slip_keys(nodes[0].folded)


def _keys_of_person(folded: str, person: PersonName) -> Iterator[str]:
    if (text := bare(person)) != folded:
        yield bare_key(text)
    if person.middle:
        yield middle_key(person)
    if person.given:
        yield from initial_keys(person)
    yield from map(part_key, parts(person))


def bare(person: PersonName) -> str:
    """A full name without its titles; a single name with them, written one way."""
    words = person.words if person.given else (*sorted(person.titles), person.last)
    return f"{' '.join(words)} {person.generation}".rstrip()


def bare_key(text: str) -> str:
    """Shared by ``Dr. Priya Patel`` and ``Prof. Priya Patel``."""
    return f"bare {text}"


def given_and_family(person: PersonName) -> str:
    """The full name without titles and middle names."""
    return f"{person.given} {person.family}"


def middle_key(person: PersonName) -> str:
    """Shared by ``Priya R. Patel`` and ``Priya Rani Patel``, for whom ``Priya Patel`` asks."""
    return f"middle {given_and_family(person)}"


def initials(words: Sequence[str]) -> str:
    """The first letter of each word."""
    return "".join(word[:1] for word in words)


def initial_keys(person: PersonName) -> list[str]:
    """Shared by ``P. Patel`` and ``Priya Patel``, ``J. R. Tolkien`` and ``John Ronald Tolkien``.

    The last one holds the initials of all given names.
    """
    letters = dict.fromkeys((person.given[0], initials(person.words[:-1])))
    return [f"initials {some} {person.family}" for some in letters]


def parts(person: PersonName) -> set[str]:
    """What a person may be called for short, without a title."""
    given = {person.given} if len(person.given) > 1 else set[str]()
    return given | ({person.family} if person.given or person.titles else set())


def part_key(part: str) -> str:
    """Shared by all persons whose first name or surname is `part`."""
    return f"part {part}"


def legal(node: Node) -> tuple[str, str]:
    """The name of an organisation without its legal form, and the form; nothing without one."""
    words = node.folded.split()
    if node.kind not in ("organisation", "unknown") or len(words) < 2 or words[-1] not in LEGAL:
        return "", ""
    return " ".join(words[:-1]), _LEGAL_FORMS.get(words[-1], words[-1])


def legal_key(base: str) -> str:
    """Shared by ``Northwind Ltd`` and ``Northwind GmbH``, for which ``Northwind`` asks."""
    return f"legal {base}"


def words_in(node: Node) -> list[str]:
    """The words of a name that may be names of persons too."""
    return [
        word
        for word in node.folded.split()[:_MAX_WORDS]
        if word not in LITTLE and not _DIGIT.search(word)
    ]


def word_key(word: str) -> str:
    """Shared by all names of several words, but for persons', that hold `word`."""
    return f"word {word}"


def slip_keys(folded: str) -> Iterator[str]:
    """At least one is shared by every two names of which one is a slip of the pen for the other.

    A slip changes one word, and neither its first letter nor its last two. It swaps or doubles
    letters of a word that stands alone or is short, and so leaves the set of its letters.
    """
    if not _MIN_LETTERS <= len(folded) <= _MAX_LETTERS or _DIGIT.search(folded):
        return
    words = folded.split(" ")
    for at, word in enumerate(words):
        if len(word) < MIN_CHANGED_WORD:
            continue
        others = " ".join((*words[:at], "*", *words[at + 1 :]))
        if len(words) == 1 or len(word) < _HALVED:
            yield f"slip {others} {word[0]} {''.join(sorted(set(word)))} {word[-2:]}"
        else:
            yield f"slip {others} {word[:4]} {word[-2:]}"
            yield f"slip {others} {word[0]} {word[-3:]}"
