"""Find again what a bank holds."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import sqrt
from typing import TYPE_CHECKING

from retain.bank import BankSearch, BankStore
from retain.dates.queries import was_by
from retain.errors import InputError
from retain.memory.call_context import in_call_context
from retain.memory.model import (
    FactRow,
    FieldWeights,
    Hit,
    HitKind,
    Likeness,
    Replaced,
    SectionRow,
)
from retain.memory.ports import Embedder, Embedders
from retain.recall.copies import without_copies
from retain.recall.cues import Query, in_first_person, names, understood
from retain.recall.facts import matches
from retain.recall.filters import Filters
from retain.recall.fusion import Candidate, ranked
from retain.recall.hits import KINDS, hits
from retain.recall.identifiers import symbols
from retain.recall.relevance import FIRST, judged
from retain.recall.superseded import Superseded, superseded
from retain.recall.weights import TUNED, Weights

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_HITS = 1000
"""The most hits that one recall gives."""

CANDIDATES = 100
"""How many sections each search brings at least; they are ranked together."""

FACTS = 0.5
"""The part of that number that is looked for among facts, unless only facts are wanted."""

SPREAD, SPREAD_WEIGHT = 0.08, 50
"""The standard deviation of similarities in a bank of many sections, and how many of them it counts
for: of two or three sections, the deviation says nothing of how alike texts are."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the searches brought, before it is ranked.

    Args:
        candidates: The sections.
        model: Of the bank's vectors, if it has any.
        exhausted: Whether a larger limit would bring nothing more.
        gone: What other facts have replaced.
        no_more_facts: Whether it would bring no more facts.
    """

    candidates: Sequence[Candidate]
    model: str | None
    exhausted: bool
    gone: Superseded = Superseded()  # noqa: RUF009 - it is frozen
    no_more_facts: bool = True


async def recall(
    store: BankStore,
    query: str,
    bank_id: str,
    k: int = 10,
    as_of: datetime | None = None,
    *,
    embedders: Embedders | None = None,
    kinds: Collection[HitKind] = KINDS,
    weights: Weights = TUNED,
    explain: bool = False,
    with_superseded: bool = False,
    min_relevance: float = 0.0,
    filters: Filters = Filters(),  # noqa: B008 - it is frozen
) -> list[Hit]:
    """The `k` facts and sections that answer `query` best, best first.

    Each section takes one place: as the fact in it that answers as well as all of it, or whole.
    What several sources say in the same words takes one place too; the hit tells its `copies`.

    Args:
        store: Where the bank is.
        query: A question or some words; nothing in it is syntax.
        bank_id: Whose memory to look in.
        k: The most hits to return, 1 to 1000.
        as_of: Leave out what was said later; what has no date is of when it came in.
        embedders: For the bank's vectors; without them, words alone are searched.
        kinds: What to give: with ``fact`` alone, every fact of a section has a place of its own.
        weights: What each signal counts for.
        explain: Whether a hit's reasons tell what its own words bring from what its neighbours'
            do, which takes one more search; without it, ``neighbours`` is only what the likeness
            of the turn before brings.
        with_superseded: Whether to give what other facts have replaced as well.
        min_relevance: Leave out what is less relevant, 0 to 1.
        filters: What to look at.

    Raises:
        InputError: The query is empty or holds NUL, `k` or `min_relevance` is out of bounds, a time
            has no time zone, or `kinds` names none.
        MissingExtraError: What made the bank's vectors is not installed.
        ModelBusyError: It is behind a server, which gives no answer; other errors of models are
            those of the embedder.
    """
    _check(query, k, as_of, kinds, min_relevance)
    filters.check()
    among = filters.passing(await store.sources(bank_id)) if filters.needs_sources else None
    asked = understood(query, as_of)
    limit = max(CANDIDATES, 2 * k)
    while True:
        facts = int(FACTS * limit) if "section" in kinds else limit
        with in_call_context(bank_id, "", "RECALL"):
            found = await gather(
                *(store, embedders, asked, bank_id, limit, weights, explain, facts, as_of),
                with_superseded,
            )
        left_out = Superseded() if with_superseded else found.gone
        in_time = [
            one
            for one in found.candidates
            if _was_said(one.row, as_of)
            and filters.passes(one.row, among)
            and left_out.successor(asked, one.row, one.facts) is None
        ]
        sections = "section" in kinds
        most = max(k, FIRST) if sections else len(in_time)
        order = without_copies(ranked(asked, in_time, weights, found.model))[:most]
        order = judged(asked, order, [one.row for one in in_time], found.model)
        given = hits(asked, order, kinds, weights, k, found.gone)
        if len(given) == k or (found.exhausted if sections else found.no_more_facts):
            return [hit for hit in given if hit.relevance >= min_relevance]
        limit *= 4


async def gather(
    store: BankStore,
    embedders: Embedders | None,
    query: Query,
    bank_id: str,
    limit: int,
    weights: Weights = TUNED,
    explain: bool = False,
    facts: int = int(FACTS * CANDIDATES),
    as_of: datetime | None = None,
    with_superseded: bool = False,
) -> Found:
    """The best sections by words and by meaning, `limit` each, and `facts` facts, all measured."""
    read = None if embedders is None else await _as_read(store, embedders, query, bank_id)

    def in_words(bank: BankSearch) -> _InWords:
        return _look_for_words(bank, query, limit, facts, weights.fields, explain=explain)

    # The query is embedded meanwhile.
    vector, words = await asyncio.gather(
        _none() if read is None else _vector(*read), store.search(bank_id, in_words)
    )
    own = words.alone or {}
    candidates = {
        _key(row): Candidate(row, score, min(score, own.get(_key(row), 0.0)) if explain else score)
        for row, score in words.sections
    }
    for row in words.with_pictures:
        candidates.setdefault(_key(row), Candidate(row))

    def in_meaning(bank: BankSearch) -> tuple[Likeness, list[Replaced]]:
        likeness = Likeness()
        if read is not None and vector is not None:
            among = {**{key: one.row for key, one in candidates.items()}, **_rows(words.facts)}
            model = read[0].model
            alike = weights.of_model(model).alike
            likeness = bank.likeness(model, vector, limit, among.values(), alike)
        rows = {**_rows([*words.sections, *likeness.best]), **_rows(words.facts)}
        return likeness, bank.replaced(rows.values())

    likeness, replaced = await store.search(bank_id, in_meaning)
    gone = superseded(replaced, as_of)
    _add_facts(words.facts if with_superseded else gone.in_force(words.facts), candidates)
    _add_likeness(likeness, candidates)
    more, no_more = max(len(words.sections), likeness.near), len(words.facts) < facts
    model = None if read is None else read[0].model
    return Found(list(candidates.values()), model, more < limit and no_more, gone, no_more)


@dataclass(frozen=True, slots=True)
class _InWords:
    """What was found by words.

    Args:
        sections: By their words, with their scores.
        facts: By theirs.
        with_pictures: Sections that hold an emoji of the query.
        alone: What the sections that fit best would score without their neighbours, if that is
            asked for.
    """

    sections: Sequence[tuple[SectionRow, float]]
    facts: Sequence[tuple[FactRow, float]]
    with_pictures: Sequence[SectionRow]
    alone: Mapping[tuple[str, str], float] | None


def _look_for_words(
    bank: BankSearch, query: Query, limit: int, facts: int, fields: FieldWeights, *, explain: bool
) -> _InWords:
    alone = None
    if explain:
        own = replace(fields, previous=0.0, earlier=0.0, next=0.0, later=0.0)
        found = bank.sections(query.terms, 4 * limit, own)
        alone = {_key(row): score for row, score in found}
    pictures = symbols(query.text)
    return _InWords(
        bank.sections(query.terms, limit, fields),
        bank.facts(query.terms, facts),
        bank.sections_with(pictures, limit) if pictures else (),
        alone,
    )


def _add_facts(
    found: Sequence[tuple[FactRow, float]], candidates: dict[tuple[str, str], Candidate]
) -> None:
    """Give the candidates their facts, and add the sections that only a fact brings."""
    for one, _ in found:
        candidates.setdefault(_key(one.row), Candidate(one.row))
    for key, facts in matches(found).items():
        candidates[key].facts = facts


async def _as_read(
    store: BankStore, embedders: Embedders, query: Query, bank_id: str
) -> tuple[Embedder, str] | None:
    """The embedder of the bank's vectors, if it has any, and what that reads of the query.

    The query is put as the speakers whom it names would put it.
    """
    model, speakers = await store.search(
        bank_id, lambda bank: (bank.vector_model(), bank.speakers())
    )
    if model is None:
        return None
    named = [speaker for speaker in speakers if names(query, speaker)]
    return embedders.get(model), in_first_person(query, named)


async def _vector(embedder: Embedder, text: str) -> NDArray[np.float32]:
    return (await embedder.embed([text]))[0]


def _rows(
    found: Iterable[tuple[SectionRow | FactRow, float]],
) -> dict[tuple[str, str], SectionRow]:
    """The sections that a search brought, or those of the facts that it brought, each once."""
    rows = (one.row if isinstance(one, FactRow) else one for one, _ in found)
    return {_key(row): row for row in rows}


def _add_likeness(likeness: Likeness, candidates: dict[tuple[str, str], Candidate]) -> None:
    """Give the candidates how like the query they are, and add the sections that are most like."""
    spread = _spread(likeness)
    for key, cosine in likeness.asked.items():
        if key in candidates:
            candidates[key].likeness = (cosine - likeness.mean) / spread
            candidates[key].cosine = cosine
    for row, cosine in likeness.best:
        if _key(row) not in candidates:
            z = (cosine - likeness.mean) / spread
            candidates[_key(row)] = Candidate(row, likeness=z, cosine=cosine)


def _spread(likeness: Likeness) -> float:
    """How much similarities differ: in a bank of a few sections, as they do in others."""
    n = likeness.measured
    variance = n * likeness.spread**2 + SPREAD_WEIGHT * SPREAD**2
    return sqrt(variance / (n + SPREAD_WEIGHT))


async def _none() -> None:
    return None


def _check(
    query: str,
    k: int,
    as_of: datetime | None,
    kinds: Collection[HitKind],
    min_relevance: float,
) -> None:
    if not query.strip():
        raise InputError("the query is empty: ask a question, or give some words to look for")
    if "\0" in query:
        raise InputError("the query holds NUL (U+0000): remove that character")
    if not 1 <= k <= MAX_HITS:
        raise InputError(f"k is {k}: ask for 1 to {MAX_HITS} hits")
    if not 0 <= min_relevance <= 1:
        raise InputError(f"min_relevance is {min_relevance}: give a number from 0 to 1")
    if not set(kinds) or not set(kinds) <= set(KINDS):
        raise InputError(f"kinds is {list(kinds)}: ask for {', '.join(KINDS)} or both")
    if as_of is not None and as_of.tzinfo is None:
        raise InputError(f"as_of has no time zone: {as_of.isoformat()}: add one, such as +00:00")


def _key(row: SectionRow) -> tuple[str, str]:
    return row.source_id, row.section.section_id


def _was_said(row: SectionRow, as_of: datetime | None) -> bool:
    said_at = row.section.said_at or row.came_in
    return as_of is None or said_at is None or was_by(said_at, as_of)
