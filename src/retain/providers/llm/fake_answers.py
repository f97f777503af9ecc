"""What the local rules would answer where a model is asked: one function a purpose."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Literal

import msgspec

from retain.english.wordlists import word_set
from retain.memory.model import Fact, Mention, Purpose, Section
from retain.providers.llm.answers import (
    FactAnswer,
    FactsAnswer,
    LeadAnswer,
    LeadSentenceAnswer,
    NameAnswer,
    QuestionAnswer,
    RememberedAnswer,
    ReplacesAnswer,
    SameAnswer,
)
from retain.providers.llm.payloads import (
    Statement,
    lead_of,
    names_of,
    question_of,
    section_of,
    statements_of,
    turns_of,
)
from retain.providers.local.entities.clusters import Name
from retain.providers.local.entities.mentions import extract_mentions
from retain.providers.local.entities.names import fold
from retain.providers.local.entities.normalise import normalise_names
from retain.providers.local.facts import Source, extract_from
from retain.providers.local.slots import find_slot
from retain.providers.local.superseding import Dated, edges
from retain.providers.local.words import content_words

NameKind = Literal["person", "place", "organisation", "thing"]

_DAY = timedelta(days=1)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_OPENING = re.compile(r"\A\s*\*\*[^*:\n]{1,60}(?::\*\*|\*\*:)\s*")
_ENDING = re.compile(r"(?<=\w\w\w)(?:ings?|ed|es|s|ies|y|e)$")
_DENIES = re.compile(r"\b(?:no longer|instead|not|never|any ?more|cancelled|stopped)\b|n't\b")
_SMALL_WORDS = word_set("of the and for in de la y und")
_LEAD_SENTENCES = 3
_ANSWER_SENTENCES = 2
_OVERLAP = 0.6
_SHORT_FORMS = {
    short: frozenset(names.split())
    for short, names in {
        "abby": "abigail", "alex": "alexander alexandra", "andy": "andrew", "ben": "benjamin",
        "beth": "elizabeth", "bill": "william", "bob": "robert", "cate": "catherine",
        "charlie": "charles charlotte", "chris": "christopher christine", "dan": "daniel",
        "dave": "david", "ed": "edward", "jen": "jennifer", "jim": "james", "joe": "joseph",
        "jon": "jonathan", "josh": "joshua", "kate": "katherine", "ken": "kenneth",
        "liz": "elizabeth", "maggie": "margaret", "matt": "matthew", "mel": "melanie",
        "mike": "michael", "nate": "nathan nathaniel", "nick": "nicholas", "pam": "pamela",
        "pat": "patrick patricia", "peggy": "margaret", "rick": "richard", "rob": "robert",
        "sam": "samuel samantha", "steve": "steven stephen", "sue": "susan", "ted": "edward",
        "tim": "timothy", "tom": "thomas", "tony": "anthony", "will": "william",
    }.items()
}  # fmt: skip


def facts(data: str) -> FactsAnswer:
    """The facts that the local extractor finds in the section, or in each of the turns."""
    parts = turns_of(data) or [section_of(data)]
    return FactsAnswer(tuple(fact for section, text in parts for fact in _facts_of(section, text)))


def _facts_of(section: Section, text: str) -> Sequence[FactAnswer]:
    found = extract_from(Source.of(text, [section]), [section]).facts
    mentions = extract_mentions(text, [section])
    return [_fact(fact, mentions) for fact in found]


def _fact(fact: Fact, mentions: Sequence[Mention]) -> FactAnswer:
    first = fact.occurred_start
    last = fact.occurred_end - _DAY if fact.occurred_end else None
    return FactAnswer(
        fact.text,
        fact.quote,
        fact.type,
        fact.subject,
        fact.slot,
        fact.value,
        f"{first:%Y-%m-%d}" if first else None,
        f"{last:%Y-%m-%d}" if last else None,
        _names(fact, mentions),
        fact.confidence,
    )


def _names(fact: Fact, mentions: Sequence[Mention]) -> tuple[NameAnswer, ...]:
    """The names in the fact's quote, and its subject where that is one."""
    starts = [mention.start for mention in mentions]
    inside = mentions[bisect_left(starts, fact.start) : bisect_left(starts, fact.end)]
    about = [mention for mention in mentions if mention.name == fact.subject]
    kinds: dict[str, NameKind] = {one.name: _kind(one) for one in (*inside, *about)}
    return tuple(NameAnswer(name, kind) for name, kind in kinds.items())


def _kind(mention: Mention) -> NameKind:
    return "thing" if mention.kind == "unknown" else mention.kind


def same(data: str) -> SameAnswer:
    """Short forms, acronyms and what the rules of names take for one are the same."""
    pair = names_of(data)
    one, other = fold(pair.name).split(), fold(pair.other).split()
    names = [Name(pair.name, pair.kind, 1), Name(pair.other, pair.other_kind, 1)]
    if len(normalise_names(names)) == 1 or _is_acronym(one, other) or _is_acronym(other, one):
        return SameAnswer("same")
    kinds = {pair.kind, pair.other_kind} - {"unknown"}
    if len(kinds) < 2 and (_is_short(one, other) or _is_short(other, one)):
        return SameAnswer("same")
    return SameAnswer("unsure" if len(kinds) < 2 and set(one) & set(other) else "different")


def _is_acronym(short: Sequence[str], whole: Sequence[str]) -> bool:
    letters = "".join(word[0] for word in whole if word not in _SMALL_WORDS)
    return len(short) == 1 and len(letters) > 1 and short[0] == letters


def _is_short(short: Sequence[str], whole: Sequence[str]) -> bool:
    """Whether the first name is a short form of the other, and no surname speaks against it."""
    if not short or not whole or whole[0] not in _SHORT_FORMS.get(short[0], ()):
        return False
    return len(short) == 1 or len(whole) == 1 or short[1:] == whole[1:]


def replaces(data: str) -> ReplacesAnswer:
    """What the rules of superseding see, and else what shares the words but denies or differs."""
    older, newer = statements_of(data)
    found = edges([_dated("older", older, 0), _dated("newer", newer, 1)], {})
    if any(edge.newer == "newer" for edge in found) or _changes(older.text, newer.text):
        return ReplacesAnswer("replaces")
    return ReplacesAnswer("both hold")


def _dated(name: str, said: Statement, order: int) -> Dated:
    """The statement as a fact; the day of a fact is the order that is told where none is."""
    day = said.said_on or date(2000, 1, 1)
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC) + order * timedelta(minutes=1)
    fact = Fact(name, "", "world", said.text, said.text, 0, len(said.text), mentioned_at=moment)
    if slot := find_slot(said.text):
        fact = replace(fact, subject=slot.subject, slot=slot.name, value=slot.value)
    return Dated(name, fact)


def _changes(older: str, newer: str) -> bool:
    one, other = _stems(older), _stems(newer)
    shared = len(one & other)
    if not one or not other or shared < _OVERLAP * min(len(one), len(other)):
        return False
    denied = [_DENIES.search(text.lower()) is not None for text in (older, newer)]
    before, after = _numbers(one), _numbers(other)
    return denied[0] != denied[1] or (bool(before and after) and before != after)


def lead(data: str) -> LeadAnswer:
    """The first facts that name the title, or else the first, as they are."""
    title, told = lead_of(data)
    naming = [one for one in told if title.casefold() in one.text.casefold()]
    return LeadAnswer(
        tuple(
            LeadSentenceAnswer(_ended(one.text), (one.number,))
            for one in (naming or told)[:_LEAD_SENTENCES]
        )
    )


def answer(data: str) -> QuestionAnswer:
    """From the pieces that share most words with the question, if those are half of its words."""
    question, pieces = question_of(data)
    asked = _stems(question)
    shared = {piece.number: len(asked & _stems(piece.text)) for piece in pieces}
    best = max(shared.values(), default=0)
    if not asked or best * 2 < len(asked):
        return QuestionAnswer(False, ())
    chosen = [piece for piece in pieces if shared[piece.number] == best][:_ANSWER_SENTENCES]
    return QuestionAnswer(
        True, tuple(RememberedAnswer(_nearest(one.text, asked), (one.number,)) for one in chosen)
    )


def _nearest(text: str, asked: frozenset[str]) -> str:
    """The first of the sentences that share most words with the question."""
    sentences = _SENTENCE_END.split(_OPENING.sub("", text).strip())
    return _ended(" ".join(max(sentences, key=lambda one: len(asked & _stems(one))).split()))


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _stems(text: str) -> frozenset[str]:
    """What the text tells of, without the endings of words."""
    return frozenset(_ENDING.sub("", word.removesuffix("'s")) for word in content_words(text))


def _numbers(stems: frozenset[str]) -> frozenset[str]:
    return frozenset(word for word in stems if word[0].isdigit())


GUESSES: Mapping[Purpose, Callable[[str], msgspec.Struct]] = {
    "facts": facts,
    "names": same,
    "supersedes": replaces,
    "lead": lead,
    "answer": answer,
}
