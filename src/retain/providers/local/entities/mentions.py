"""EXTRACT_ENTITIES: the names in a source, with their exact spans."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from retain.memory.model import EntityKind, Mention, Section
from retain.providers.local.entities.common import ACRONYMS, KIN_ADDRESS, NEVER
from retain.providers.local.entities.gazetteer import GIVEN, PLACES, THINGS
from retain.providers.local.entities.kinds import Around, Votes, decide, judge
from retain.providers.local.entities.masking import mask
from retain.providers.local.entities.names import fold
from retain.providers.local.entities.runs import Run, end_of, find_runs, spelling, trim
from retain.providers.local.entities.speakers import speaker_span
from retain.providers.local.entities.tokens import Usage, headings, is_common, tokens
from retain.providers.local.entities.words import (
    EMPLOY,
    NUMBERED_PARTS,
    NUMBERED_PLACES,
    ORGANISATION_HEADS,
    PERSON_VERBS,
    PLACE_HEADS,
    TITLES,
    WORK,
)

_MAX_WORDS = 7
_MAX_LENGTH = 120
_SPEAKS = 12
"""The weight of being a speaker: no other evidence outdoes it."""
_NEVER_ALONE = (NEVER | ACRONYMS | KIN_ADDRESS | TITLES) - GIVEN
_FAMOUS = PLACES | THINGS
_PLURALS = ("ss", "us", "is", "as", "os", "es")


@dataclass(frozen=True, slots=True)
class _Found:
    section_id: str
    start: int
    end: int
    name: str
    votes: Votes

    @property
    def key(self) -> str:
        return fold(self.name)


def extract_mentions(
    text: str, sections: Sequence[Section], known: Mapping[str, EntityKind] = MappingProxyType({})
) -> list[Mention]:
    """Find the names of people, places, organisations and things.

    A capital letter is evidence of a name only where prose would not have one anyway; a word
    that begins a sentence or stands in a heading is a name if the source, the words around it
    or the lists of well-known names say so. A name has one kind in the whole source.

    Args:
        text: The source.
        sections: Its sections; only they are read.
        known: Names that the source writes elsewhere, with what each is.

    Returns:
        Mentions in the order of the source, none overlapping, ``text[start:end] == name``; but
        the mention of a speaker whose turn does not have the name is empty and stands at its start.
    """
    found = sorted(
        _found(text, sections, known), key=lambda one: (one.start, one.start < one.end, -one.end)
    )
    kinds: dict[str, EntityKind] = dict(_kinds(found))
    kinds.update((fold(name), kind) for name, kind in known.items())
    mentions: list[Mention] = []
    done = 0
    for one in found:
        if one.start >= done:
            mentions.append(Mention(one.name, kinds[one.key], one.section_id, one.start, one.end))
            done = one.end
    return mentions


def _found(text: str, sections: Sequence[Section], known: Iterable[str]) -> Iterator[_Found]:
    masked = mask(text)
    usage = Usage()
    usage.telling.update(word for name in known for word in name.split())
    per_section: list[tuple[Section, list[Run]]] = []
    lines = headings(masked)
    starts = [start for start, _ in lines]
    for section in sections:
        low, high = bisect_left(starts, section.start), bisect_left(starts, section.end)
        words = list(tokens(masked, section, lines[low:high]))
        usage.count(words)
        if section.speaker:
            usage.speakers.add(section.speaker)
        per_section.append((section, find_runs(words)))
    evidence = _Evidence(usage, [run for _, runs in per_section for run in runs])
    for section, runs in per_section:
        span = speaker_span(text, section)
        if span and section.speaker:
            yield _Found(section.section_id, *span, section.speaker, Votes({"person": _SPEAKS}))
        for run in runs:
            if not span or run.head.start >= span[1] or run.last.end <= span[0]:
                yield from _accepted(text, section, run, evidence)


def _accepted(text: str, section: Section, run: Run, evidence: _Evidence) -> Iterator[_Found]:
    trimmed = trim(run, evidence.usage, evidence.runs)
    if trimmed is None:
        return
    end = end_of(trimmed, text)
    around = trimmed.around(turn=section.kind == "turn", follows=text[end : end + 1])
    start = trimmed.head.start
    if evidence.accepts(trimmed, around) and end - start <= _MAX_LENGTH:
        words = [token.word for token in trimmed.parts]
        if "&" in text[start:end]:
            words.append("&")
        votes = judge(words, around)
        if spelling(trimmed) in evidence.employers:
            votes["organisation"] += 3
        yield _Found(section.section_id, start, end, text[start:end], votes)


class _Evidence:
    """What the whole source says of capitals.

    Args:
        usage: How its words are written.
        runs: Every run of capitalised words.
    """

    def __init__(self, usage: Usage, runs: Sequence[Run]) -> None:
        self.usage = usage
        long = Counter(
            spelling(run) for run in runs if run.end - run.first > 1 and not run.head.weak
        )
        self.runs = frozenset(long)
        self.words = frozenset(
            token.lower
            for run in runs
            if 1 < run.end - run.first < 4
            and not run.head.heading
            and not any(is_common(token.lower) or token.word.isupper() for token in run.parts)
            for token in run.parts
        )
        self.employers = frozenset(spelling(run) for run in runs if _is_employer(run))

    def accepts(self, run: Run, around: Around) -> bool:
        """Whether the run is a name."""
        parts = run.parts
        if len(parts) > _MAX_WORDS:
            return False
        if parts[0].heading:
            return self._heads(run)
        if len(parts) > 1:
            return self._long(run)
        token = run.head
        if token.lower in _NEVER_ALONE or len(token.word) == 1:
            return False
        if token.word.isupper():
            return self._capitals(token.word)
        if token.weak:
            return self._begins(token.word, token.lower, around)
        if is_common(token.lower):
            return token.lower in GIVEN and not self.usage.small[token.lower]
        return self.usage.small[token.lower] < max(self.usage.telling[token.word], 1)

    def _heads(self, run: Run) -> bool:
        words = [token for token in run.parts if token.capital]
        if len(words) == 1:
            return self.usage.proves(words[0].word) and words[0].lower not in _NEVER_ALONE
        if any(is_common(token.lower) and token.lower not in GIVEN for token in words):
            return spelling(run) in self.runs
        return any(self.usage.proves(one.word) or one.lower in GIVEN for one in words)

    def _long(self, run: Run) -> bool:
        parts = [token for token in run.parts if token.capital or token.word[0].isdigit()]
        if len(parts) == 2 and len(parts[1].word) == 1 and parts[0].lower in NUMBERED_PARTS:
            return False
        if all(len(token.word) == 1 or token.word.isupper() for token in parts):
            return parts[-1].word[0].isdigit() and parts[0].lower not in ACRONYMS
        rest = [one for one in parts if not (is_common(one.lower) or one.word[0].isdigit())]
        if rest and any(one.lower not in ACRONYMS | TITLES for one in rest):
            return True
        first, last = parts[0], parts[-1]
        if last.word[0].isdigit():
            return first.lower in NUMBERED_PLACES
        named = last.lower in PLACE_HEADS or last.lower in ORGANISATION_HEADS
        return not run.head.weak and (named or first.lower == "the" or first.lower in GIVEN)

    def _capitals(self, word: str) -> bool:
        if word.lower() in PLACES:
            return len(word) < 4 or self.usage.telling[word.title()] > 0
        return word in self.employers or self.usage.proves(word.title())

    def _begins(self, word: str, lower: str, around: Around) -> bool:
        if self.usage.proves(word):
            return True
        if is_common(lower) or self.usage.small[lower] or lower.endswith(("ing", "ly")):
            return False
        if lower in GIVEN or lower in PLACES or lower in THINGS:
            return True
        if lower.endswith("s") and not lower.endswith(_PLURALS):
            return False
        if lower in self.words and not self.usage.small[lower]:
            return True
        return around.possessive or around.after in PERSON_VERBS


def _is_employer(run: Run) -> bool:
    """Whether an acronym is spoken of as somebody's employer."""
    if run.end - run.first > 1 or not run.head.word.isupper() or len(run.head.word) < 3:
        return False
    before = [one for one in run.around(turn=False, follows="").before if one != "the"]
    near = before[-1:]
    return (near in (["at"], ["for"], ["by"]) and bool(WORK & set(before))) or bool(
        EMPLOY & set(near)
    )


def _kinds(found: Sequence[_Found]) -> Mapping[str, EntityKind]:
    """The kind of each folded name: what most of its mentions say, or the full names it is in."""
    votes: defaultdict[str, Votes] = defaultdict(Counter)
    for one in found:
        votes[one.key].update(one.votes)
    kinds: dict[str, EntityKind] = {key: decide(total) for key, total in votes.items()}
    people = {word for key, kind in kinds.items() if kind == "person" for word in key.split()}
    for key, kind in kinds.items():
        if key in people and kind != "person" and not (kind == "organisation" or key in _FAMOUS):
            kinds[key] = "person"
    return kinds
