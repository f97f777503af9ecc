"""A heading that names a person or thing, and sentences below it that leave the name out."""

from __future__ import annotations

import re
from dataclasses import dataclass

from retain.english import verbforms
from retain.english.wordlists import CAPITAL
from retain.providers.local.words import NAME, is_adverb, is_name, words

_PERSON = re.compile(rf"{NAME}")
_PRONOUN = re.compile(r"(?P<who>She|He)(?P<short>'s)?(?= )")
_POSSESSIVE = re.compile(r"(?:Her|His) (?=[a-z])")
_GOES_ON = re.compile(r"(?:\A|[.!?] |\n)(?:[-*] )?(?:He|She|His|Her) [a-z]")
_ACTS = re.compile(rf"(?:[.!?] |\n)(?:[-*] )?(?:{NAME} [a-z]+(?:s|ed) |{CAPITAL}\w+ {CAPITAL}\w+ )")
_ADJECTIVE = re.compile(r"(?:Allergic|Married|Engaged|Fluent|Fond|Afraid|Keen|Born|Retired) ")


@dataclass(frozen=True, slots=True)
class Topic:
    """Whom a section is about.

    Args:
        name: As the heading gives it.
    """

    name: str

    def lead(self, sentence: str) -> str | None:
        """What stands for the name at the beginning of the sentence; None if nothing does."""
        if match := _PRONOUN.match(sentence) or _POSSESSIVE.match(sentence):
            return match[0]
        first = words(sentence[:80])[:2]
        if len(first) < 2 or not sentence[0].isupper():
            return None
        if _ADJECTIVE.match(sentence):
            return "is"
        verb = first[1] if is_adverb(first[0]) else first[0]
        return "left out" if verb in verbforms.THIRD and verb not in verbforms.BASES else None

    def told(self, words_: str, lead: str) -> str:
        """The sentence with the name where it belongs."""
        if lead in ("is", "left out"):
            rest = words_[:1].lower() + words_[1:]
            return f"{self.name} is {rest}" if lead == "is" else f"{self.name} {rest}"
        if _POSSESSIVE.match(words_):
            return _POSSESSIVE.sub(f"{self.name}'s ", words_, count=1)
        return _PRONOUN.sub(lambda m: self.name + (" is" if m["short"] else ""), words_, count=1)


def topic_of(path: tuple[str, ...], words_: str) -> Topic | None:
    """The topic of a section: its last heading, if it names a person.

    Args:
        path: The headings above it.
        words_: What it says: one name alone may be anything, unless the text goes on with "he".
    """
    if not path or not is_name(path[-1]):
        return None
    names = len(path[-1].split())
    if names == 1:
        pronoun = _GOES_ON.search(words_)
        named = pronoun and _ACTS.search(words_, 0, pronoun.start() + 1)
        return None if pronoun is None or named else Topic(path[-1])
    return Topic(path[-1]) if names == 2 else None
