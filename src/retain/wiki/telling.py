"""The terms that tell groups of passages from each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from retain.english.verbforms import BASES, PARTICIPLES, PAST, THIRD
from retain.memory.model import Passage
from retain.wiki.words import Vocabulary, singular

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
    """The terms of a bank's passages.

    Args:
        vocabulary: How they are written and used.
        of: The terms of each passage, the plural as the singular.
        counts: In how many passages each is.
        names: Those that are names of entities.
    """

    vocabulary: Vocabulary
    of: tuple[frozenset[str], ...]
    counts: Counter[str]
    names: frozenset[str]


def terms_of(passages: Sequence[Passage]) -> Terms:
    """The terms of passages."""
    vocabulary = Vocabulary()
    raw = [vocabulary.read(one) for one in passages]
    known = Counter(term for those in raw for term in those)
    base = {term: singular(term, known) for term in known}
    vocabulary.join(base)
    of = tuple(frozenset(base[term] for term in those) for those in raw)
    names = {
        base[low] for one in passages for name in one.entities if (low := name.lower()) in base
    }
    counts = Counter(term for those in of for term in those)
    return Terms(vocabulary, of, counts, frozenset(names))


def telling(terms: Terms, members: Sequence[int]) -> list[str]:
    """The terms that tell the passages `members` from the others, the most telling first.

    A term is scored as what would find the group: by the share of the passages with the term that
    are in the group, and by the share of the group's that have the term; one passage is taken off
    the first, so that what is rare by chance does not win.
    """
    counts = Counter(term for n in members for term in terms.of[n])
    scores: dict[str, float] = {}
    for term, count in counts.items():
        if count < _FEWEST or _is_broad(term, terms, len(members)):
            continue
        found = (count - 1) / terms.counts[term] * count / len(members)
        scores[term] = found**0.5 * _weight(term, terms)
    ranked = sorted(scores, key=lambda term: (-scores[term], term))
    return _distinct(ranked, counts)


def _is_broad(term: str, terms: Terms, members: int) -> bool:
    """Whether the term, or a word of it, is all over the bank."""
    every = len(terms.of)
    if every < _LARGE:
        return members < every and terms.counts[term] == every
    parts = [term] if term in terms.names else [term, *term.split()]
    return any(terms.counts[part] > _BROAD * every for part in parts)


def _weight(term: str, terms: Terms) -> float:
    """Names, pairs of words, and words that stand where nouns do are read as topics."""
    if term in terms.names:
        return _NAME
    first, *rest = term.split()
    weight = 0.5 + terms.vocabulary.is_noun(term)
    if first in _VERBS or first.endswith("ing"):
        weight *= _DOING
    return weight * _PAIR if rest else weight


def _distinct(ranked: Sequence[str], counts: Counter[str]) -> list[str]:
    """The first terms that share no word; a pair in place of a word that mostly stands in it."""
    found: list[str] = []
    taken: set[str] = set()
    for word in ranked:
        term = _in_pair(word, ranked, counts)
        own = {_stem(part) for part in term.split()}
        if not own & taken:
            found.append(term)
            taken |= own
        if len(found) == _TERMS:
            break
    return found


def _in_pair(word: str, ranked: Sequence[str], counts: Counter[str]) -> str:
    """The most frequent pair that at least half of the passages with the word have it in."""
    if " " in word:
        return word
    pairs = [term for term in ranked if " " in term and word in term.split()]
    best = max(pairs, key=lambda term: counts[term], default=word)
    return best if 2 * counts[best] >= counts[word] else word


def _stem(word: str) -> str:
    """What forms of a word share: ``allergic`` and ``allergies``, ``LGBTQ`` and ``LGBTQ+``."""
    return "".join(filter(str.isalnum, word))[:_STEM].removesuffix("s")
