"""Sentences that state two things, cut between them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from retain.english import verbforms
from retain.english.anycase import AnyCase
from retain.english.wordlists import SUBORDINATORS
from retain.providers.local.words import (
    WORD,
    first_verb,
    has_verb,
    is_adverb,
    leading_name,
    words,
)

_JOINT = re.compile(
    r"(?:(?<!\s)|(?=[;,]))(?=[;,\s])(?:(?P<semicolon>;\s+| [-\u2013\u2014] )"
    r"|(?P<comma>,)?\s+(?P<word>and|but|so|or)\s+"
    r"|(?P<splice>,\s+)(?=(?:i|we|he|she|they)(?:'\w+)? \w))",
    re.IGNORECASE,
)
_DEPENDENT = AnyCase(SUBORDINATORS)
_PRONOUN = re.compile(
    r"(?:I|we|he|she|they|it|there)(?P<short>'(?:m|s|re|ve|ll|d))?\b", re.IGNORECASE
)
_DETERMINED = re.compile(r"(?:my|our|his|her|their|the|a|an) ", re.IGNORECASE)
_INFINITIVE = re.compile(
    r"\bto \w+|\b(?:will|would|can|could|may|might|must|shall|should)\b|'(?:ll|d)\b"
)
_FRONTED = re.compile(
    r"(?:(?:last|next|this|in|on|at|since|after|before|during|yesterday|today|tomorrow|a few|two"
    r"|three|every)\b[^,]{0,40},? )?(?=I\b|we\b|my\b|our\b|he\b|she\b|they\b|[A-Z])",
    re.IGNORECASE,
)
_LONG_JOINT = re.compile(r"(?:;|,| [-\u2013\u2014])\s+(?:(?:and|but|so|while|whereas)\s+)?")
_ARTICLES = frozenset(("the", "a", "an", "my", "our", "his", "her", "their", "its"))
_AHEAD = 200
_MAX_SUBJECT = 4


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a sentence that states one thing.

    Args:
        start: First character, in the plain text of the paragraph.
        end: One past the last.
        subject: What stands before it where it has no subject of its own.
    """

    start: int
    end: int
    subject: str = ""


def pieces(text: str, start: int, end: int, most: int) -> Iterator[tuple[int, int]]:
    """The parts of a long sentence that stand on their own and have at most `most` characters."""
    sentence, at = text[start:end], 0
    for joint in _LONG_JOINT.finditer(sentence):
        right = sentence[joint.end() : joint.end() + _AHEAD]
        if joint.start() < at or not _own_subject(right, strong=True):
            continue
        if joint.start() - at <= most:
            yield start + at, start + joint.start()
        at = joint.end()
    if len(sentence) - at <= most:
        yield start + at, end


def clauses(text: str, start: int, end: int) -> Iterator[Clause]:
    """The clauses of the sentence at ``text[start:end]``; most sentences are one."""
    sentence = text[start:end]
    at, subject = 0, ""
    for joint in _JOINT.finditer(sentence):
        if joint.start() < at:
            continue
        left, right = sentence[at : joint.start()], sentence[joint.end() :]
        following = _following(joint, subject + left, right)
        if following is None:
            continue
        yield Clause(start + at, start + joint.start(), subject)
        at, subject = joint.end(), following
    yield Clause(start + at, end, subject)


def _following(joint: re.Match[str], left: str, right: str) -> str | None:
    """The subject that the right side lacks, empty if it has one; None if it is no clause."""
    if not has_verb(left) or left.count("(") > left.count(")") or left.count("“") > left.count("”"):
        return None
    if len(right.split(" ", 2)) < 2:
        return None
    if joint["splice"]:
        alone = _own_subject(left.lstrip(), strong=True) and not _DEPENDENT.search(left)
        return "" if alone and _own_subject(right, strong=True) else None
    if joint["semicolon"]:
        return "" if has_verb(right) and right[:1] not in '("' else None
    if _own_subject(right, strong=joint["comma"] is not None):
        if _DEPENDENT.search(left) and not joint["comma"]:
            return None
        return "" if joint["word"].lower() != "or" else None
    if joint["word"].lower() in ("so", "or") or _DEPENDENT.search(left):
        return None
    return _shared_subject(left, right)


def _own_subject(right: str, *, strong: bool) -> bool:
    if pronoun := _PRONOUN.match(right):
        return pronoun["short"] is not None or _verb_soon(right[pronoun.end() :], 0)
    if _DETERMINED.match(right):
        return strong and _verb_soon(right, 3)
    name = leading_name(right)
    return name is not None and _verb_soon(right[len(name) :], 0)


def _verb_soon(text: str, skip: int) -> bool:
    """Whether a verb follows after adverbs and up to `skip` other words."""
    tokens = words(text[:120])[: skip + 3]
    left = skip
    for number, word in enumerate(tokens):
        if verbforms.is_auxiliary(word) or word == "have":
            return True
        if verbforms.is_finite(word) and (number > 0 or not skip) and not word.endswith("ing"):
            return skip == 0 or verbforms.is_past(word) or word in verbforms.THIRD
        if not is_adverb(word):
            if not left:
                return False
            left -= 1
    return False


def _shared_subject(left: str, right: str) -> str | None:
    """The subject of the left side, where the right one begins with a verb of the same form."""
    fronted = _FRONTED.match(left)
    head = left[fronted.end() :] if fronted else left
    tokens = words(head)
    verb = first_verb(tokens, 1)
    if verb == 1 and tokens[0] in _ARTICLES:
        verb = first_verb(tokens, 2)
    if verb is None or verb > _MAX_SUBJECT or _INFINITIVE.search(head):
        return None
    rest = words(right[:80])
    while rest and is_adverb(rest[0]):
        rest = rest[1:]
    if len(rest) < 2 or not _same_form(tokens, verb, rest[0]):
        return None
    place = list(WORD.finditer(head))[verb].start()
    while verb > 1 and is_adverb(tokens[verb - 1]):
        verb -= 1
        place = list(WORD.finditer(head))[verb].start()
    return head[:place].rstrip(" ,") + " "


def _same_form(tokens: list[str], verb: int, word: str) -> bool:
    here, person = tokens[verb], tokens[verb - 1]
    if word in ("is", "was", "has", "had", "does", "did", "are", "were", "am"):
        return True
    if verbforms.is_past(here) and here not in verbforms.BASES:
        return verbforms.is_past(word) and word in verbforms.PAST
    if here in verbforms.THIRD or here in ("is", "has"):
        return word in verbforms.THIRD and person not in ("i", "we", "you", "they")
    return person in ("i", "we", "they") and (word in verbforms.BASES)
