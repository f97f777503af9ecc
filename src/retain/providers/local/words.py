"""Words of a clause, and what they are for the rules."""

from __future__ import annotations

import re

from retain.english.verbforms import is_finite, shows_clause
from retain.english.wordlists import ADVERBS, CAPITAL, STOP_WORDS, word_set

WORD = re.compile(r"[^\W_][\w'&-]*")
_ASCII_WORD = re.compile(r"[a-z0-9][a-z0-9_'&-]*")
_NAME = rf"{CAPITAL}[\w'&-]*"
NAME = (
    rf"(?:(?:Dr|Mr|Mrs|Ms|Prof|St)\.? )?{_NAME}(?: (?:van|von|de|da|der|den|la|le|du"
    rf"|di|dos|bin|al) {_NAME}| {_NAME}){{0,3}}"
)
_NO_NAMES = word_set("""
    i a an the this that these those my our your his her its their we you he she it they there here
    when if because while after before since although though in on at by for from with without as
    and but or so not no yes last next yesterday today tomorrow tonight then now some many most all
    both each every any nobody everybody everyone someone nothing something what which who whose why
    how where one two three four five met talked called went saw spoke also never always painting
    press turn use run add set check open close call see let do don't does did is are was were has
    have had will can could may might must should would to of once only even just please first
    until unless despite during between under over into upon other another such several few
    """)


_DETERMINERS = word_set("i we the a an my our their his her")


def straight(word: str) -> str:
    """The word in lower case with a straight apostrophe."""
    return word.lower()


def words(text: str) -> list[str]:
    """The words of the text in lower case."""
    lower = text.lower()
    return (_ASCII_WORD if lower.isascii() else WORD).findall(lower)


def content_words(text: str) -> list[str]:
    """The words that carry what the text tells."""
    return [word for word in words(text) if word not in STOP_WORDS and len(word) > 1]


def is_adverb(word: str) -> bool:
    """Whether the word, in lower case, may stand between a subject and its verb."""
    return word in ADVERBS or (word.endswith("ly") and len(word) > 4)


def has_verb(text: str) -> bool:
    """Whether the text has a word that can be the verb of a clause."""
    tokens = words(text)
    return any(map(shows_clause, tokens[1:])) or any("'" in word[-4:] for word in tokens)


def first_verb(tokens: list[str], begin: int = 0) -> int | None:
    """The place of the first finite verb among the tokens, from `begin` on."""
    return next((n for n in range(begin, len(tokens)) if is_finite(tokens[n])), None)


def is_name(text: str) -> bool:
    """Whether the text looks like a name and nothing else."""
    first = text.split(" ", 1)[0]
    return straight(first) not in _NO_NAMES and re.fullmatch(NAME, text) is not None


def leading_name(text: str) -> str | None:
    """The name that the text begins with."""
    match = _LEADING.match(text)
    if not match or straight(match[0].split(" ", 1)[0]) in _NO_NAMES:
        return None
    return match[0]


def may_be_subject(text: str) -> bool:
    """Whether the text, by its first word, may name whom or what a clause is about."""
    first = straight(text.split(" ", 1)[0])
    return first not in _NO_NAMES or first in _DETERMINERS


def acting_name(text: str) -> str | None:
    """The name that the text begins with, where its verb follows."""
    name = leading_name(text)
    if name is None or name.endswith(("ing", "ly")):
        return None
    rest = words(text[len(name) : len(name) + 60])
    while rest and is_adverb(rest[0]):
        rest = rest[1:]
    return name if rest and (is_finite(rest[0]) or rest[0] == "and") else None


_LEADING = re.compile(NAME)
