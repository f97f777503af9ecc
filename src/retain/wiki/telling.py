"""The terms that tell groups of passages from each other."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from retain.english.verbforms import BASES, PARTICIPLES, PAST, THIRD
from retain.wiki.words import Vocabulary, split

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_TERMS = 6
_FEWEST = 2
_BROAD = 0.12
"""A word that this share of a larger bank's passages has tells no topic of it."""

_LARGE = 60
_PAIR = 1.3
_NAME = 1.2
_DOING = 0.6
_STEM = 6
_VERBS = BASES | THIRD | PAST | PARTICIPLES


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms that several of n passages have, the plural as the singular.

    Args:
        vocabulary: The words that they are made of.
        first: The first word of each, (t,) int64; -1 where it has but one.
        last: The last word of each, (t,) int64.
        counts: In how many passages each is, (t,) int64.
        weights: How well each reads as a topic, (t,) float64.
        broad: Whether each, or a word of it, is all over a larger bank, (t,) bool.
        ids: The terms of the first passage, then those of the second, and so on, (m,) int64.
        ends: Where those of each passage end among `ids`, (n,) int64.
        sizes: How many terms each passage has, those that no other has included, (n,) int64.
        forms: Every way to write a term, (f,) uint64.
        times: How often each of these is written, (f,) int64.
        term_of: The term that each of these is, (f,) int64; -1 where no other passage has it.
    """

    vocabulary: Vocabulary
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    counts: NDArray[np.int64]
    weights: NDArray[np.float64]
    broad: NDArray[np.bool_]
    ids: NDArray[np.int64]
    ends: NDArray[np.int64]
    sizes: NDArray[np.int64]
    forms: NDArray[np.uint64]
    times: NDArray[np.int64]
    term_of: NDArray[np.int64]

    def of(self, passage: int) -> NDArray[np.int64]:
        """The terms of a passage."""
        start = self.ends[passage - 1] if passage else 0
        return self.ids[start : self.ends[passage]]

    def text(self, term: int) -> str:
        """The term in lower case."""
        first, last = self.first[term], self.vocabulary.word(self.last[term])
        return last if first < 0 else f"{self.vocabulary.word(first)} {last}"

    def written(self, term: int) -> str:
        """The term as it is mostly written."""
        import numpy as np

        found = [
            (-int(self.times[at]), self.vocabulary.written(int(self.forms[at])))
            for at in np.flatnonzero(self.term_of == term)
        ]
        return min(found)[1]


def terms_of(vocabulary: Vocabulary, places: NDArray[np.int64], names: Collection[str]) -> Terms:
    """The terms of passages.

    Args:
        vocabulary: What has read them.
        places: The place of each row that was read, (n,) int64.
        names: The names of entities, in lower case.
    """
    import numpy as np

    forms, times, form = vocabulary.forms()
    lower = vocabulary.lower(forms)
    known, at = np.unique(lower, return_inverse=True)
    keys, singular = np.unique(vocabulary.singular(known), return_inverse=True)
    term_of = singular[at]
    total = max(len(keys), 1)
    # A number for each passage and term is sorted at once, and says each pair of them once.
    pairs = np.unique(places[vocabulary.rows()] * total + term_of[form])
    passages, ids = pairs // total, pairs % total
    counts = np.bincount(ids, minlength=len(keys))
    kept = counts >= _FEWEST
    number = np.where(kept, np.cumsum(kept) - 1, -1)
    several = kept[ids]
    count = len(places)
    first, last = split(keys[kept])
    called = np.array([key for name in names if (key := vocabulary.term(name)) is not None])
    named = np.isin(known, called.astype(np.uint64))
    is_name = np.isin(np.arange(len(keys)), singular[named])[kept]
    return Terms(
        vocabulary,
        first,
        last,
        counts[kept],
        _weights(vocabulary, first, last, is_name),
        _broad(vocabulary, first, last, counts[kept], is_name, count),
        number[ids[several]],
        np.cumsum(np.bincount(passages[several], minlength=count)),
        np.bincount(passages, minlength=count),
        forms,
        times,
        number[term_of],
    )


def _weights(
    vocabulary: Vocabulary,
    first: NDArray[np.int64],
    last: NDArray[np.int64],
    is_name: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Names, pairs of words, and words that stand where nouns do are read as topics."""
    import numpy as np

    seen = np.array(vocabulary.seen, np.float64)
    nouns = np.array(vocabulary.nouns, np.float64) / np.maximum(seen, 1)
    words = list(vocabulary.words)
    doing = np.array([word in _VERBS or word.endswith("ing") for word in words], bool)
    pair = first >= 0
    opening = np.where(pair, first, last)
    both = (pair & (seen[opening] > 0)).astype(np.float64) + (seen[last] > 0)
    share = np.where(pair, nouns[opening], 0.0) + nouns[last]
    weight = 0.5 + np.where(both > 0, share / np.maximum(both, 1), 0.5)
    weight *= np.where(doing[opening], _DOING, 1.0) * np.where(pair, _PAIR, 1.0)
    return np.where(is_name, _NAME, weight)


def _broad(
    vocabulary: Vocabulary,
    first: NDArray[np.int64],
    last: NDArray[np.int64],
    counts: NDArray[np.int64],
    is_name: NDArray[np.bool_],
    passages: int,
) -> NDArray[np.bool_]:
    import numpy as np

    found = counts > _BROAD * passages
    if passages < _LARGE:
        return np.zeros(len(counts), bool)
    pair = first >= 0
    word = np.zeros(len(vocabulary.words), bool)
    word[last[found & ~pair]] = True
    return found | (pair & ~is_name & (word[first] | word[last]))


def telling(terms: Terms, members: Sequence[int]) -> list[int]:
    """The terms that tell the passages `members` from the others, the most telling first.

    A term is scored as what would find the group: by the share of the passages with the term that
    are in the group, and by the share of the group's that have the term; one passage is taken off
    the first, so that what is rare by chance does not win.
    """
    import numpy as np

    ids, counts = np.unique(np.concatenate([terms.of(n) for n in members]), return_counts=True)
    fit = (counts >= _FEWEST) & ~terms.broad[ids]
    if len(terms.ends) < _LARGE and len(members) < len(terms.ends):
        fit &= terms.counts[ids] < len(terms.ends)
    ids, counts = ids[fit], counts[fit]
    found = (counts - 1) / terms.counts[ids] * counts / len(members)
    scores = found**0.5 * terms.weights[ids]
    return _distinct(_Ranked(terms, ids, counts, scores))


@dataclass(frozen=True, slots=True)
class _Ranked:
    """The terms of a group, ranked.

    Args:
        terms: Those of all passages.
        ids: Those of the group, (t,) int64.
        counts: In how many of its passages each is, (t,) int64.
        scores: How telling each is, (t,) float64.
    """

    terms: Terms
    ids: NDArray[np.int64]
    counts: NDArray[np.int64]
    scores: NDArray[np.float64]

    def __iter__(self) -> Iterator[int]:
        """The places of the terms, the most telling first, of equal ones by their text."""
        import numpy as np

        order: list[int] = np.argsort(-self.scores, kind="stable").tolist()
        for _, equal in groupby(order, key=lambda at: float(self.scores[at])):
            yield from sorted(equal, key=self._text)

    def in_pair(self, at: int) -> int:
        """The most frequent pair that at least half of the passages with a word have it in."""
        import numpy as np

        first, last = self.terms.first[self.ids], self.terms.last[self.ids]
        if first[at] >= 0:
            return at
        pairs = np.flatnonzero((first >= 0) & ((first == last[at]) | (last == last[at])))
        most = self.counts[pairs].max(initial=0)
        if 2 * most < max(self.counts[at], 1):
            return at
        best = [int(pair) for pair in pairs if self.counts[pair] == most]
        return min(best, key=lambda pair: (-self.scores[pair], self._text(pair)))

    def _text(self, at: int) -> str:
        return self.terms.text(int(self.ids[at]))


def _distinct(ranked: _Ranked) -> list[int]:
    """The first terms that share no word; a pair in place of a word that mostly stands in it."""
    found: list[int] = []
    taken: set[str] = set()
    for at in ranked:
        term = int(ranked.ids[ranked.in_pair(at)])
        own = {_stem(part) for part in ranked.terms.text(term).split()}
        if not own & taken:
            found.append(term)
            taken |= own
        if len(found) == _TERMS:
            break
    return found


def _stem(word: str) -> str:
    """What forms of a word share: ``allergic`` and ``allergies``, ``LGBTQ`` and ``LGBTQ+``."""
    return "".join(filter(str.isalnum, word))[:_STEM].removesuffix("s")
