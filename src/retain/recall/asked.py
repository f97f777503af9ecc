"""Which slot of somebody a question asks for: where they live, what they work as, whom they wed."""

from __future__ import annotations

import re

from retain.english.wordlists import KIN, word_set
from retain.memory.model import Fact
from retain.recall.query import words

_LIVES = (
    r"\b(?:where|(?:what|which) (?:city|town|country|place)) (?:is|are|was|were|do|does|did|am)"
    r" .{1,80}?\b(?:live|living|reside|based|located)\b"
)
_WORKS_AT = (
    r"\b(?:where|(?:what|which) (?:company|firm)) (?:is|are|was|were|do|does|did|am) .{1,80}?"
    r"\b(?:work|working)\b|\bwho (?:do|does|did) .{1,80}? work for\b|\bemployer\b"
)
_WORKS_AS = (
    r"\bwhat (?:do|does|did) .{1,80}? (?:do for (?:a living|work)|work as)\b"
    r"|\b(?:job|profession|occupation)\b"
)
_BORN = r"\b(?:when|where) (?:is|are|was|were|am) .{1,80}? born\b|\bbirthday\b"
_MARRIED = r"\bwho (?:is|are|was|did|am) .{1,80}? (?:married to|marry)\b"
_ALLERGIC = r"\bwhat (?:is|are|am) .{1,80}? allergic\b|\ballerg(?:y|ies)\b"
_SLOTS = tuple(
    (re.compile(pattern, re.IGNORECASE), frozenset(slots))
    for pattern, slots in (
        (_LIVES, ("lives in",)),
        (_WORKS_AT, ("works at",)),
        (_WORKS_AS, ("works as", "works at", "role")),
        (r"\bhow old (?:is|are|was|were|am)\b", ("age", "born", "birthday")),
        (_BORN, ("born", "birthday")),
        (_MARRIED, ("married to",)),
        (_ALLERGIC, ("allergic to",)),
    )
)
_NONE: frozenset[str] = frozenset()
_KIN = word_set(KIN)
_OWN = frozenset(("i", "my", "me"))
_USER = "The user"


def slots_of(question: str) -> frozenset[str]:
    """The slots that a question asks for; none where it asks for something else."""
    return next((slots for pattern, slots in _SLOTS if pattern.search(question)), _NONE)


def fills(fact: Fact, slots: frozenset[str], asked: frozenset[str]) -> bool:
    """Whether a fact says what is asked of whom it is asked.

    Args:
        fact: The fact.
        slots: What is asked for; see `slots_of`.
        asked: The words of the question, in lower case.
    """
    if fact.slot not in slots or not fact.subject or (fact.value or "").startswith("not "):
        return False
    if fact.subject == _USER:
        return bool(asked & _OWN) or "user" in asked
    told = frozenset(word.casefold() for word in words(fact.subject))
    if not (asked & _KIN) <= told:
        return False
    return told <= asked if told & _KIN or "'s " in fact.subject else bool(told & asked)
