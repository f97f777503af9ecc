"""Plans that were called off, and statements that no longer hold, matched by their words."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

from retain.english.wordlists import word_set
from retain.memory.model import Fact, StoredFact
from retain.memory.ports import Canonical
from retain.providers.local.superseding.subjects import comparable
from retain.providers.local.superseding.values import tokens

_MAX_CHARS = 200
_CUES = (
    "cancel",
    "alled off",
    "call off",
    "ostponed",
    "put off",
    "no longer",
    "any more",
    "anymore",
    "after all",
    "ecided not",
    "decided against",
    "gave up",
    "dropped",
)
_CALLS_OFF = re.compile(
    r"\b(?:(?:had to |has |have |just ){0,4}(?:cancell?ed|cancel|called off|call off|postponed"
    r"|put off|dropped|scrapped|shelved)|gave up(?: on)?|decided against|decided not to"
    r"|(?:cancelled|changed) (?:\w+ )?plans? to)\b",
    re.IGNORECASE,
)
_ACTS = re.compile(
    r"(?P<actor>(?:The user|[A-Z][\w.'-]*)(?: [A-Z][\w.'-]*){0,3})(?: and others)?"
    rf" (?:finally |recently )?{_CALLS_OFF.pattern}"
)
_ENDS = re.compile(
    r"\bno longer\b|\bafter all\b"
    r"|\bany ?more(?=\s*$|[,.;!]|\s+(?:but|because|since|so|and|as|due)\b)",
    re.IGNORECASE,
)
_NOT = re.compile(r"\b(?:no longer|not|never)\b|n't\b", re.IGNORECASE)
_UNSURE = re.compile(
    r"\b(?:almost|nearly|might|may|maybe|perhaps|could|would|should|wants? to|if"
    r"|thinks? (?:of|about)|considering|hopes?|not (?:be )?cancell?ed|n't (?:be )?(?:cancel|call)"
    r"|not (?:been )?(?:cancell?ed|called))\b"
)
_STOP = word_set("""
    a an the to of in on at for from by with and or but his her their its our my your s is are was
    were be been am do does did has have had will not no longer any more anymore after all now still
    others also just really it that this we i going go goes planning plan plans planned decided
    because due
    """)
_ABOUT = word_set("cancell cancel call off postpon put dropp scrapp shelv gave up against")
WHEN = word_set("""
    every each often always usually sometimes daily day morning afternoon evening night lot much
    today tomorrow tonight yesterday monday tuesday wednesday thursday friday saturday sunday week
    weekend month year next last january february march april may june july august september october
    november december spring summer autumn winter
    """)
_WHOLE = _STOP | WHEN


def undoing(fact: Fact, canonical: Canonical) -> tuple[str, frozenset[str]] | None:
    """Of which subject the fact says that something is called off or no longer so.

    Args:
        fact: The fact.
        canonical: Looks up names.

    Returns:
        The comparable subject, and the words that what is undone has; None if nothing is undone.
    """
    if not fact.subject or not _undoes(fact):
        return None
    subject = comparable(_actor(fact), canonical)
    content = undone_words(fact.text, subject) if subject else frozenset[str]()
    return (subject, content) if subject and content else None


@lru_cache(maxsize=4_096)
def undone_words(text: str, subject: str) -> frozenset[str]:
    """The words of what an undoing statement says to be undone of a comparable subject."""
    return content_words(text, subject) - _ABOUT - WHEN


def mark(content: Collection[str]) -> str:
    """The word that an undoing fact is kept under: the longest, which few facts have."""
    return max(content, key=lambda word: (len(word), word))


def stated(fact: StoredFact) -> frozenset[str]:
    """The words of what a fact states of its subject; none if it cannot be undone."""
    if not fact.subject or _NOT.search(fact.fact.text) or _calls_off(fact.fact):
        return frozenset()
    return content_words(fact.fact.text, fact.subject) - WHEN


def marks(fact: StoredFact) -> tuple[str, ...]:
    """The words that a stating fact is kept under, so that each undoing fact finds it by one.

    What calls off a plan has any of the plan's words. What says that something is no longer so has
    all words of the statement but one at most: so it has one of any two.
    """
    words = sorted(stated(fact), key=lambda word: (-len(word), word))
    return tuple(words if _is_plan(fact.fact) else words[:2])


def sought(undoing: Fact, content: frozenset[str]) -> Collection[str]:
    """Words under one of which every fact is kept that an undoing fact may end; see `marks`."""
    return [mark(content)] if _calls_off(undoing) else content


def ends(new: StoredFact, old: StoredFact, words: frozenset[str]) -> bool:
    """Whether a fact that undoes something of the subject of an earlier one undoes that.

    What is called off was a plan; what is no longer so was said in the same words.

    Args:
        new: The undoing fact.
        old: A fact of the subject.
        words: What `old` states.
    """
    content = undone_words(new.fact.text, old.subject or "")
    if not content <= words:
        return False
    return _is_plan(old.fact) if _calls_off(new.fact) else len(words) <= len(content) + 1


def undone_reason(fact: Fact) -> str:
    """Why an undoing fact supersedes, in one line."""
    return "cancelled" if _calls_off(fact) else "no longer so"


def _undoes(fact: Fact) -> bool:
    text = fact.text
    for cue in _CUES:
        if cue in text:
            break
    else:
        return False
    if len(text) > _MAX_CHARS or _UNSURE.search(text):
        return False
    return bool(_CALLS_OFF.search(text) or (_ENDS.search(text) and _NOT.search(text)))


def _actor(fact: Fact) -> str | None:
    """Who calls something off, where the fact is about what is called off; else its subject."""
    acts = _ACTS.match(fact.text)
    return acts["actor"] if acts else fact.subject


def _calls_off(fact: Fact) -> bool:
    return _CALLS_OFF.search(fact.text) is not None


def _is_plan(fact: Fact) -> bool:
    return fact.type == "plan" or fact.slot == "plans"


def content_words(text: str, subject: str) -> frozenset[str]:
    """The stems of the words of a statement that carry what it tells, without its subject."""
    text = text.replace("won't", "not").replace("can't", "not").replace("n't", " not")
    words = {_stem(word) for word in tokens(text.replace("'s ", " "))}
    return frozenset(words - _STOP - set(tokens(subject)))


def _stem(word: str) -> str:
    """The word without the ending that another form of it may lack, for comparing only."""
    if word[-1] in "gsd" and word not in _WHOLE:
        for ending in ("ing", "ies", "es", "s", "ed"):
            if word.endswith(ending) and len(word) - len(ending) >= 3:
                return word[: -len(ending)]
    return word
