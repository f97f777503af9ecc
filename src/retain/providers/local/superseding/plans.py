"""Plans that were called off, and statements that no longer hold, matched by their words."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from retain.memory.model import Fact
from retain.providers.local.superseding.facts import Dated, Edge
from retain.providers.local.superseding.order import is_later
from retain.providers.local.superseding.subjects import comparable
from retain.providers.local.superseding.values import tokens
from retain.providers.local.wordlists import word_set

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
_ENDS = re.compile(r"\b(?:no longer|any ?more|after all)\b", re.IGNORECASE)
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
_WHEN = word_set("""
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
    facts = list(facts)
    undoing: dict[str, list[_Words]] = defaultdict(list)
    for dated in facts:
        if (words := _undoing(dated.fact)) and (subject := comparable(dated.fact.subject, names)):
            undoing[subject].append(_Words(dated, words))
    if not undoing:
        return
    stated: dict[str, dict[str, list[_Words]]] = {}
    for dated in facts:
        raw = dated.fact.subject
        if raw and (subject := comparable(raw, names)) in undoing and _states(dated.fact):
            words = _Words(dated, _content(dated.fact.text, subject))
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


def _undoing(fact: Fact) -> frozenset[str] | None:
    """The words of what the fact undoes; None if it undoes nothing."""
    text = fact.text
    if not any(cue in text for cue in _CUES) or _UNSURE.search(text) or len(text) > 200:
        return None
    called_off = _CALLS_OFF.search(text)
    if not called_off and not (_ENDS.search(text) and _NOT.search(text)):
        return None
    content = _content(text, (fact.subject or "").casefold()) - _ABOUT - _WHEN
    return content if len(content) >= (1 if called_off or _ENDS.search(text) else 2) else None


def _states(fact: Fact) -> bool:
    return not _NOT.search(fact.text) and not _CALLS_OFF.search(fact.text)


def _may_end(new: _Words, old: _Words) -> bool:
    """Whether what is called off was a plan; what is no longer so was said in the same words."""
    if _CALLS_OFF.search(new.dated.fact.text):
        return old.dated.fact.type == "plan" or old.dated.fact.slot == "plans"
    return len(old.content - _WHEN) <= len(new.content) + 1


def _content(text: str, subject: str) -> frozenset[str]:
    words = {_stem(word) for word in tokens(text.replace("n't", " not").replace("'s ", " "))}
    return frozenset(words - _STOP - set(tokens(subject)))


def _stem(word: str) -> str:
    """The word without the ending that another form of it may lack, for comparing only."""
    for ending in ("ing", "ies", "es", "s", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and word not in _STOP | _WHEN:
            return word[: -len(ending)]
    return word


def _reason(fact: Fact) -> str:
    return "cancelled" if _CALLS_OFF.search(fact.text) else "no longer so"
