"""The weighted sum that ranks what was found, and the reasons that it leaves behind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from retain.memory.model import Reason, SectionRow, Signal
from retain.recall.asked import fills
from retain.recall.cues import (
    Query,
    exactly_had,
    is_question,
    names,
    nearness,
    tells_time,
)
from retain.recall.facts import Match, speaks_of_named
from retain.recall.weights import Meaning, Weights

Part = tuple[Signal, float]


@dataclass(slots=True)
class Candidate:
    """A section that may answer, with what was measured of it, search by search.

    Args:
        row: The section.
        words: How well its words, and those of the turns around it, fit the query; 0 for none.
        own: The part of `words` that is its own.
        likeness: How its vector is like the query's, in standard deviations above the bank's
            mean; None where there is no vector.
        cosine: The cosine similarity itself.
        facts: Those of its facts that fit, best first.
    """

    row: SectionRow
    words: float = 0.0
    own: float = 0.0
    likeness: float | None = None
    facts: Sequence[Match] = ()
    cosine: float | None = None


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate in its place: the reasons add up to the score.

    Other sources that say the same are its `copies`.
    """

    row: SectionRow
    score: float
    why: tuple[Reason, ...]
    facts: Sequence[Match] = ()
    cosine: float | None = None
    relevance: float = 0.0
    copies: tuple[Ranked, ...] = ()


def ranked(
    query: Query, candidates: Sequence[Candidate], weights: Weights, model: str | None
) -> list[Ranked]:
    """The candidates, best first; equal ones in the order of source and place.

    A weighted sum of scores ranks better than a fusion of ranks: it knows by how much one section
    fits better than the next.

    Args:
        query: What is asked.
        candidates: What was found.
        weights: What each signal counts for.
        model: What made the vectors, if there are any.
    """
    best = max((one.words for one in candidates), default=0.0)
    unit = max(weights.words, weights.least / best) if best > 0 else weights.words
    meaning = weights.of_model(model)
    speakers = {one.row.section.speaker for one in candidates}
    named = {speaker: names(query, speaker) for speaker in speakers}
    before = _before(candidates, meaning)
    found = [
        _Scored(one, _parts(query, one, weights, unit, meaning, named, near))
        for one, near in zip(candidates, before, strict=True)
    ]
    of_session: dict[object, float] = {}
    for one in found:
        of_session[one.session] = max(one.score, of_session.get(one.session, 0.0))
    for one in found:
        one.add("session", weights.session * of_session[one.session])
    return [one.explained() for one in sorted(found, key=_Scored.order)]


class _Scored:
    """A candidate while its score is summed up."""

    __slots__ = ("cosine", "facts", "parts", "row", "score", "session")

    def __init__(self, candidate: Candidate, parts: list[Part]) -> None:
        self.row = row = candidate.row
        self.facts = candidate.facts
        self.cosine = candidate.cosine
        self.parts = parts
        self.score = sum([score for _, score in parts])
        self.session = (row.source_id, row.section.path)

    def add(self, signal: Signal, score: float) -> None:
        self.parts.append((signal, score))
        self.score += score

    def order(self) -> tuple[float, str, int, str]:
        section = self.row.section
        return -self.score, self.row.source_id, section.ordinal, section.section_id

    def explained(self) -> Ranked:
        why = (Reason(signal, score) for signal, score in self.parts if score)
        return Ranked(self.row, self.score, largest_first(why), self.facts, self.cosine)


def largest_first(why: Iterable[Reason]) -> tuple[Reason, ...]:
    """The reasons in the order of how much they weigh."""
    return tuple(sorted(why, key=lambda reason: -abs(reason.score)))


def _parts(
    query: Query,
    candidate: Candidate,
    weights: Weights,
    unit: float,
    meaning: Meaning,
    named: Mapping[str | None, bool],
    near: float,
) -> list[Part]:
    row, matches = candidate.row, candidate.facts
    parts: list[Part] = [("words", unit * candidate.own)]
    parts.append(("neighbours", unit * (candidate.words - candidate.own) + near))
    if matches:
        fitting = max([fact_part(match, weights) for match in matches])
        filled = any(fills(match.fact, query.slots, query.words) for match in matches)
        parts.append(("fact", fitting + weights.slot * filled))
    if named[row.section.speaker]:
        parts.append(("speaker", weights.speaker))
    if matches and speaks_of_named(query, row, matches):
        parts.append(("entity", weights.entity))
    if query.asks_when or query.period is not None:
        parts.append(("time", _time_part(query, candidate, weights)))
    if exact := exactly_had(query, row):
        parts.append(("exact", weights.exact * exact))
    turn = row.section.kind == "turn"
    if turn and is_question(row):
        parts.append(("question", -weights.question))
    if candidate.likeness is not None:
        parts.append(("meaning", (meaning.turn if turn else meaning.weight) * candidate.likeness))
    return parts


def _before(candidates: Sequence[Candidate], meaning: Meaning) -> Iterator[float]:
    """What the likeness of the turn before each, if it is a candidate too, brings to it."""
    alike = {
        (one.row.source_id, one.row.section.path, one.row.section.ordinal): one.likeness
        for one in candidates
        if one.row.section.kind == "turn" and one.likeness is not None and one.likeness > 0
    }
    for one in candidates:
        section = one.row.section
        place = one.row.source_id, section.path, section.ordinal - 1
        likeness = alike.get(place, 0.0) if section.kind == "turn" else 0.0
        yield meaning.turn * meaning.previous * likeness


def _time_part(query: Query, candidate: Candidate, weights: Weights) -> float:
    facts = [match.fact for match in candidate.facts]
    told = weights.time if query.asks_when and tells_time(candidate.row, facts) else 0.0
    return told + weights.date * nearness(query, candidate.row, facts)


def fact_part(match: Match, weights: Weights) -> float:
    """What a fact adds to a score; its square, since a fact that fits by half tells little."""
    return weights.fact * match.fit**2
