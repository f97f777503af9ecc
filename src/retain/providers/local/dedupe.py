"""Facts that say the same become one, and facts get their ids; the order does not matter."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from retain.english.wordlists import word_set
from retain.memory.model import Deduplicated, Fact, MergedFact
from retain.providers.local.words import WORD, straight

_ALIKE = 0.85
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_NEGATION = re.compile(r"n't\b|\b(?:not|no|never|nobody|nothing|none|without|cannot|neither|nor)\b")
_CODE = re.compile(r"(?<!\S)\S*[_<>(){}\[\]/\\=|&#@$%^~+*:-]\S*")
_NAME = re.compile(
    r"(?<=\w )[^\W\d_a-zà-öø-ÿ][\w'-]*|(?<![^\W\d_])[^\W\d_]*[a-z][A-Z]\w*|\b[A-Z]{2,}\w*"
)
_NUMBER_WORDS = word_set(
    "one two three four five six seven eight nine ten eleven twelve twenty thirty hundred thousand "
    "million first second third fourth fifth half twice once both"
)
_ARTICLES = frozenset({"a", "an", "the", "that", "just", "also", "really", "very", "so", "then"})


@dataclass(frozen=True, slots=True)
class _Group:
    kept: Fact
    words: frozenset[str]
    known: bool
    others: list[tuple[Fact, str]]


def dedupe_facts(facts: Iterable[Fact], source_id: str, known: Sequence[Fact] = ()) -> Deduplicated:
    """Merge near-duplicates, and give every fact that is left its id.

    Facts with different numbers, names, dates, subjects, slots, types or polarity are never
    merged, however alike their words are. The id is made of the source, the statement and its
    occurrence among equal statements in order of their dates, so it stays when other facts
    change.

    Args:
        facts: In any order.
        source_id: The source that all of them are of.
        known: Facts with ids that the source has already; they stay as they are.
    """
    guarded: dict[str, tuple[list[Fact], list[Fact]]] = defaultdict(lambda: ([], []))
    for fact in known:
        guarded[_guard(fact)][0].append(fact)
    for fact in facts:
        guarded[_guard(fact)][1].append(fact)
    groups = [group for alike in guarded.values() for group in _grouped(*alike)]
    seen = Counter(normalised(fact.text) for fact in known)
    kept = _identified([group.kept for group in groups if not group.known], source_id, seen)
    merged = [
        _merged(group.kept.fact_id if group.known else kept[_place(group.kept)].fact_id, *other)
        for group in groups
        for other in group.others
    ]
    ordered = sorted(kept.values(), key=lambda fact: (fact.start, fact.end, fact.text))
    return Deduplicated(tuple(ordered), tuple(sorted(merged, key=lambda one: _place(one.fact))))


def _guard(fact: Fact) -> str:
    """What two facts must share to be the same."""
    text = fact.text
    tokens = set(straight(text).split())
    guards = (
        fact.subject and fact.subject.casefold(),
        fact.slot,
        fact.value and fact.value.casefold(),
        fact.type,
        _told(fact.occurred_start),
        _told(fact.occurred_end),
        sorted(_NUMBER.findall(text)),
        sorted(tokens & _NUMBER_WORDS),
        bool(_NEGATION.search(straight(text))),
        sorted({name.casefold() for name in _NAME.findall(text)}),
        sorted(_CODE.findall(text)),
    )
    return json.dumps(guards)


def _told(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def fact_id(source_id: str, normal: str, occurrence: int) -> str:
    """The id of a fact.

    Args:
        source_id: Its source.
        normal: What it says, normalised.
        occurrence: How many facts of the source say the same before it.
    """
    named = json.dumps([source_id, normal, occurrence])
    return hashlib.sha256(named.encode()).hexdigest()[:16]


def _grouped(known: Sequence[Fact], facts: Sequence[Fact]) -> Iterator[_Group]:
    """Groups of facts that say the same, the best of each first; all share their guards."""
    groups: list[_Group] = []
    by_word: dict[str, list[_Group]] = defaultdict(list)
    exact: dict[str, _Group] = {}
    frequency = Counter(word for fact in (*known, *facts) for word in _words(fact))
    in_order = [(fact, True) for fact in known]
    in_order += [(fact, False) for fact in sorted(facts, key=_preference)]
    for fact, is_known in in_order:
        normal, found = normalised(fact.text), _words(fact)
        if (same := exact.get(normal)) is not None:
            if not is_known:
                same.others.append((fact, "the same words"))
            continue
        rare = _prefix(found, frequency)
        alike, group = _most_alike(found, [group for word in rare for group in by_word[word]])
        if group is None or is_known:
            group = _Group(fact, found, is_known, [])
            groups.append(group)
            for word in rare:
                by_word[word].append(group)
        else:
            reason = f"{alike:.0%} of the words; the same numbers, names, dates and polarity"
            group.others.append((fact, reason))
        exact[normal] = group
    yield from groups


def _prefix(found: frozenset[str], frequency: Counter[str]) -> list[str]:
    """The rarest words: two sets that are alike enough share one of them."""
    rarest = sorted(found, key=lambda word: (frequency[word], word))
    return rarest[: len(found) - int(_ALIKE * len(found)) + 1]


def _most_alike(found: frozenset[str], groups: Iterable[_Group]) -> tuple[float, _Group | None]:
    best: tuple[float, _Group | None] = (0.0, None)
    for group in groups:
        alike = len(found & group.words) / max(len(found | group.words), 1)
        if alike >= _ALIKE and alike > best[0]:
            best = (alike, group)
    return best


def _preference(fact: Fact) -> tuple[float, int, str, str, int, int]:
    """The surest and longest first, then an order that places in the source decide last."""
    said = _told(fact.mentioned_at) or ""
    return (-fact.confidence, -len(fact.text), fact.text, said, fact.start, fact.end)


def _words(fact: Fact) -> frozenset[str]:
    return frozenset(straight(word) for word in WORD.findall(fact.text)) - _ARTICLES


def normalised(text: str) -> str:
    """The statement without case, spacing and the marks at its end."""
    return " ".join(straight(text).split()).rstrip(" .!,;")


def _identified(
    facts: Sequence[Fact], source_id: str, seen: Counter[str]
) -> dict[tuple[int, int, str, str], Fact]:
    identified: dict[tuple[int, int, str, str], Fact] = {}
    for fact in sorted(facts, key=_occurrence):
        normal = normalised(fact.text)
        named = fact_id(source_id, normal, seen[normal])
        seen[normal] += 1
        identified[_place(fact)] = replace(fact, fact_id=named)
    return identified


def _occurrence(fact: Fact) -> tuple[str, str, str, str, str, int, int]:
    dates = (_told(fact.occurred_start) or "", _told(fact.mentioned_at) or "")
    return (normalised(fact.text), *dates, fact.type, fact.subject or "", fact.start, fact.end)


def _place(fact: Fact) -> tuple[int, int, str, str]:
    return (fact.start, fact.end, fact.text, fact.section_id)


def _merged(into: str, other: Fact, reason: str) -> MergedFact:
    return MergedFact(replace(other, fact_id=into), reason)
