"""Plans that were called off, and statements that no longer hold, matched by their words."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from retain.english.wordlists import word_set
from retain.memory.model import Fact
from retain.providers.local.superseding.facts import Dated, Edge
from retain.providers.local.superseding.order import is_later
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
    r"\b(?:(?:had to |has |have |just )*(?:cancell?ed|cancel|called off|call off|postponed|put off"
    r"|dropped|scrapped|shelved)|gave up(?: on)?|decided against|decided not to"
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


@dataclass(frozen=True, slots=True)
class _Words:
    dated: Dated
    content: frozenset[str]


def undone(facts: Iterable[Dated], names: Mapping[str, str]) -> Iterator[Edge]:
    """The edges from what calls something off, or says that it is no longer so.

    Args:
        facts: Of a bank.
        names: Alias to canonical name.
    """
    facts = [dated for dated in facts if dated.fact.subject]
    undoing: dict[str, list[_Words]] = defaultdict(list)
    for dated in facts:
        if _undoes(dated.fact) and (subject := comparable(_actor(dated.fact), names)):
            content = content_words(dated.fact.text, subject) - _ABOUT - WHEN
            if content:
                undoing[subject].append(_Words(dated, content))
    if not undoing:
        return
    subjects = {raw: comparable(raw, names) for raw in {dated.fact.subject for dated in facts}}
    stated: dict[str, dict[str, list[_Words]]] = {}
    for dated in facts:
        subject = subjects[dated.fact.subject]
        if subject in undoing and _states(dated.fact):
            words = _Words(dated, content_words(dated.fact.text, subject))
            index = stated.setdefault(subject, defaultdict(list))
            for word in words.content:
                index[word].append(words)
    for subject, news in undoing.items():
        yield from _matched(news, stated.get(subject, {}))


def _matched(news: Iterable[_Words], index: Mapping[str, list[_Words]]) -> Iterator[Edge]:
    for new in news:
        content = new.content
        rarest = min(sorted(content), key=lambda word: len(index.get(word, ())))
        candidates = [
            old
            for old in index.get(rarest, ())
            if content <= old.content and _may_end(new, old) and is_later(new.dated, old.dated)
        ]
        for old in candidates:
            yield Edge(new.dated.fact.fact_id, old.dated.fact.fact_id, _reason(new.dated.fact))


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


def _states(fact: Fact) -> bool:
    return not _NOT.search(fact.text) and not _CALLS_OFF.search(fact.text)


def _may_end(new: _Words, old: _Words) -> bool:
    """Whether what is called off was a plan; what is no longer so was said in the same words."""
    if _CALLS_OFF.search(new.dated.fact.text):
        return old.dated.fact.type == "plan" or old.dated.fact.slot == "plans"
    return len(old.content - WHEN) <= len(new.content) + 1


def content_words(text: str, subject: str) -> frozenset[str]:
    """The stems of the words of a statement that carry what it tells, without its subject."""
    text = text.replace("won't", "not").replace("can't", "not").replace("n't", " not")
    words = {_stem(word) for word in tokens(text.replace("'s ", " "))}
    return frozenset(words - _STOP - set(tokens(subject)))


def _stem(word: str) -> str:
    """The word without the ending that another form of it may lack, for comparing only."""
    for ending in ("ing", "ies", "es", "s", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and word not in _STOP | WHEN:
            return word[: -len(ending)]
    return word


def _reason(fact: Fact) -> str:
    return "cancelled" if _CALLS_OFF.search(fact.text) else "no longer so"
