"""Runs of words that may be one name: capitalised words, and what joins them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from retain.providers.local.entities.common import COMMON, NEVER
from retain.providers.local.entities.gazetteer import GIVEN
from retain.providers.local.entities.kinds import Around
from retain.providers.local.entities.tokens import Token, Usage
from retain.providers.local.entities.words import (
    DOTTED,
    LEGAL,
    NUMBERED_PARTS,
    OF_HEADS,
    ORGANISATION_HEADS,
    PARTICLES,
    PERSON_VERBS,
    PLACE_HEADS,
    TITLES,
)

_PLAIN = re.compile(r"[ \t]+|[ \t]*\r?\n[ \t]*")
_NO_WORD_ENDINGS = ("ing", "ed", "ly")
_OF = frozenset({"of", "the"})
_MAX_NUMBER = 4


@dataclass(frozen=True, slots=True)
class Run:
    """Words ``tokens[first:end]`` of a section that may be one name."""

    tokens: Sequence[Token]
    first: int
    end: int

    @property
    def parts(self) -> Sequence[Token]:
        """Its words."""
        return self.tokens[self.first : self.end]

    @property
    def head(self) -> Token:
        """Its first word."""
        return self.tokens[self.first]

    @property
    def last(self) -> Token:
        """Its last word."""
        return self.tokens[self.end - 1]

    def around(self, *, turn: bool, follows: str) -> Around:
        """The words about it; `follows` is the character after it."""
        before: list[str] = []
        at = self.first
        while at > 0 and len(before) < 3 and not self.tokens[at].weak:
            at -= 1
            before.insert(0, self.tokens[at].lower)
        after = self.tokens[self.end] if self.end < len(self.tokens) else None
        joined = after is not None and not after.weak and bool(_PLAIN.fullmatch(after.gap))
        addressed = turn and "," in self.head.gap and follows in ("!", "?", ".")
        return Around(
            tuple(before), after.lower if after and joined else "", self.last.possessive, addressed
        )


def find_runs(tokens: Sequence[Token]) -> list[Run]:
    """The longest runs, in order."""
    runs: list[Run] = []
    at = 0
    while at < len(tokens):
        if tokens[at].capital and tokens[at].word != "I":
            end = _extend(tokens, at)
            runs.append(Run(tokens, at, end))
            at = end
        else:
            at += 1
    return runs


def _extend(tokens: Sequence[Token], first: int) -> int:
    end = first + 1
    while end < len(tokens):
        last, token = tokens[end - 1], tokens[end]
        if token.heading != last.heading:
            return end
        if _is_number(last, token) and not _is_version(tokens, end):
            return end + 1
        if token.capital and token.word != "I" and _joins(tokens, first, last, token):
            end += 1
            continue
        bridge = _bridge(tokens, end, last)
        if not bridge:
            return end
        end += bridge
    return end


def _joins(tokens: Sequence[Token], first: int, last: Token, token: Token) -> bool:
    gap = token.gap
    if last.possessive:
        saint = len(tokens) > first and tokens[first].lower in ("st", "saint")
        institution = token.lower in ORGANISATION_HEADS or token.lower in PLACE_HEADS
        return _PLAIN.fullmatch(gap) is not None and (saint or institution)
    if _PLAIN.fullmatch(gap):
        return not token.weak or token.heading
    if gap == " & ":
        return True
    if gap in (", ", " ,") and token.lower in LEGAL:
        return True
    if gap in (".", ". ", ".\n"):
        initial = len(last.word) == 1 and token.lower not in COMMON
        return initial or last.lower == "st" or (last.lower in TITLES and len(last.word) < 5)
    return False


def _is_number(last: Token, token: Token) -> bool:
    """Whether a number belongs to the name: ``Room 101``, not ``Chapter 4`` or ``May 4``."""
    if not token.word[0].isdigit() or token.gap != " " or len(token.word) > _MAX_NUMBER:
        return False
    year = len(token.word) == _MAX_NUMBER and token.word[:2] in ("19", "20")
    return last.capital and last.lower not in NUMBERED_PARTS | NEVER and not year


def _is_version(tokens: Sequence[Token], at: int) -> bool:
    following = tokens[at + 1] if at + 1 < len(tokens) else None
    return following is not None and following.gap == "." and following.word[0].isdigit()


def _bridge(tokens: Sequence[Token], at: int, last: Token) -> int:
    """How many small words at `at` join the words around them: ``van der``, ``of``."""
    count = 0
    allowed = _OF if last.lower in OF_HEADS else PARTICLES
    while at + count < len(tokens) and count < 3 and not last.possessive:
        token = tokens[at + count]
        titled = last.lower in TITLES and token.gap == ". " and not count
        if token.weak or not (titled or _PLAIN.fullmatch(token.gap)):
            return 0
        if token.capital:
            return count if token.word != "I" else 0
        if token.word not in allowed or (token.word == "the" and not count):
            return 0
        count += 1
    return 0


def trim(run: Run, usage: Usage, known: frozenset[str]) -> Run | None:
    """The run without words at its ends that only begin a sentence or tell a day."""
    first, end = run.first, run.end
    tokens = run.tokens
    if spelling(run) in known:
        return run
    while first < end and _is_opening(tokens, first, end, usage):
        first += 1
        while first < end and not tokens[first].capital:
            first += 1
    while first < end and _is_closing(tokens[end - 1]) and tokens[first].lower != "the":
        end -= 1
    while first < end and not (tokens[end - 1].capital or tokens[end - 1].word[0].isdigit()):
        end -= 1
    return Run(tokens, first, end) if first < end else None


def _is_closing(token: Token) -> bool:
    if token.lower in NEVER:
        return True
    named = token.lower in ORGANISATION_HEADS or token.lower in PLACE_HEADS
    return token.heading and token.lower in COMMON and not named


def _is_opening(tokens: Sequence[Token], at: int, end: int, usage: Usage) -> bool:
    token = tokens[at]
    if token.lower == "the" and not token.weak:
        return end - at < 3
    if at + 1 < end and (token.lower in TITLES or tokens[at + 1].word[0].isdigit()):
        return token.lower in ("sister", "brother") and token.weak
    if token.lower in NEVER:
        return True
    if not token.weak or end - at == 1:
        return False
    if token.lower in PERSON_VERBS:
        return True
    if token.lower in GIVEN or usage.proves(token.word) or len(token.word) == 1:
        return False
    if token.lower in COMMON or token.lower.endswith(_NO_WORD_ENDINGS) or usage.small[token.lower]:
        return token.lower not in ("st", "mount", "lake", "saint", "cape", "port", "fort")
    following = tokens[at + 1].word
    if following in usage.speakers:
        return True
    return following.lower() in GIVEN and usage.telling[following] > 1 and usage.proves(following)


def spelling(run: Run) -> str:
    """The run's words with single blanks."""
    return " ".join(token.word for token in run.parts)


def end_of(run: Run, text: str) -> int:
    """Where the name ends in the source: the full stop of ``Ltd.`` and ``'s`` of a saint count."""
    end = run.last.end
    if run.last.possessive and run.head.lower in ("st", "saint") and run.end - run.first > 1:
        return end + 2
    return end + 1 if run.last.lower in DOTTED and text[end : end + 1] == "." else end
