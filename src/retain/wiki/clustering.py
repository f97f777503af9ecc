"""Topics: the communities of a bank's passages, named by what tells them apart."""

from __future__ import annotations

import math
import random
import threading
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from retain.memory.model import Passage, Topic
from retain.memory.naming import TOPIC, digest, slug
from retain.wiki.graph import Edges, edges_of
from retain.wiki.telling import Terms, telling, terms_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_FEWEST = 3
_MOST = 60
_SEED = 20
_RESOLUTIONS = (1.0, 2.0, 3.0, 4.5, 6.0, 8.0)
"""Tried in turn until there are enough topics; a large bank has more to tell apart."""

_ITERATIONS = 4
_TITLE = 3
_WORDS_TO_SAY = 3
"""A passage of fewer telling terms says too little to belong anywhere."""

_COVERED = 0.3
"""Where fewer of its passages have a term of its name, a community is of no one topic."""

_generator = threading.Lock()


def topics(passages: Sequence[Passage], vectors: NDArray[np.float32]) -> list[Topic]:
    """What a bank's passages are about, by id; the order in which they are given does not matter.

    The communities that Leiden finds (Traag, Waltman and van Eck, 2019,
    https://doi.org/10.1038/s41598-019-41695-z) by modularity on the graph of nearest neighbours
    and shared names.

    Args:
        passages: The sections of a bank.
        vectors: (n, d) float32, L2-normalised; zero for a passage without a word; row i of
            ``passages[i]``.
    """
    order = sorted(range(len(passages)), key=lambda n: _key(passages[n]))
    found = terms_of([passages[n] for n in order])
    saying = [n for n, those in enumerate(found.of) if len(those) >= _WORDS_TO_SAY]
    if len(saying) < _FEWEST:
        return []
    rows = [order[n] for n in saying]
    graph = _graph(len(rows), edges_of([passages[n] for n in rows], vectors[rows]))
    wanted = min(_MOST, math.sqrt(len(passages)))
    best: list[_Group] = []
    for resolution in _RESOLUTIONS:
        groups = [_Group([saying[n] for n in one], found) for one in _leiden(graph, resolution)]
        clear = [one for one in groups if one.covered >= _COVERED]
        if abs(min(len(clear), _MOST) - wanted) < abs(min(len(best), _MOST) - wanted):
            best = clear
        if len(clear) >= wanted - _FEWEST:
            break
    best.sort(key=lambda one: (-len(one.members), one.members))
    return _topics(best[:_MOST], [passages[n] for n in order])


class _Group:
    """A community and its terms.

    Args:
        members: Its passages.
        terms: Those of all passages.
    """

    def __init__(self, members: Sequence[int], terms: Terms) -> None:
        self.members = members
        self.terms = telling(terms, members)
        self.written = [terms.vocabulary.written(term) for term in self.terms]
        title = set(self.terms[:_TITLE])
        self.covered = sum(bool(title & terms.of[n]) for n in members) / len(members)


def _graph(count: int, edges: Edges) -> Any:
    igraph: Any = import_module("igraph")
    pairs = sorted(edges)
    weights = [edges[pair] for pair in pairs]
    return igraph.Graph(n=count, edges=pairs, edge_attrs={"weight": weights})


def _leiden(graph: Any, resolution: float) -> list[list[int]]:
    """The communities of at least a few; igraph's random numbers are seeded, and put back."""
    igraph: Any = import_module("igraph")
    with _generator:
        igraph.set_random_number_generator(random.Random(_SEED))  # noqa: S311
        try:
            found = graph.community_leiden(
                objective_function="modularity",
                weights="weight",
                resolution=resolution,
                n_iterations=_ITERATIONS,
            )
        finally:
            igraph.set_random_number_generator(random)
    return [list(group) for group in found if len(group) >= _FEWEST]


def _topics(groups: Sequence[_Group], passages: Sequence[Passage]) -> list[Topic]:
    found: dict[str, Topic] = {}
    for group in groups:
        topic_id = _unique(group.terms, found)
        title = _capital(", ".join(group.written[:_TITLE]))
        sections = sorted({(passages[n].source_id, passages[n].section_id) for n in group.members})
        found[topic_id] = Topic(topic_id, title, tuple(group.written), tuple(sections))
    return [found[topic_id] for topic_id in sorted(found)]


def _capital(title: str) -> str:
    """The title with a capital, unless it begins with what is no plain word: ``it_works``."""
    return (
        title[:1].upper() + title[1:] if title.split(",")[0].replace(" ", "").isalpha() else title
    )


def _unique(terms: Sequence[str], taken: dict[str, Topic]) -> str:
    """An id of the first two terms; of one more each time that it is taken, then with a number."""
    words = ""
    for count in range(2, max(len(terms), 2) + 1):
        words = slug(" ".join(terms[:count])) or f"t{digest(*terms[:count])[:8]}"
        if TOPIC + words not in taken:
            return TOPIC + words
    numbered = (f"{TOPIC}{words[:50].strip('-')}-{n}" for n in range(2, len(taken) + 3))
    return next(one for one in numbered if one not in taken)


def _key(passage: Passage) -> tuple[object, ...]:
    return (passage.source_id, passage.section_id, passage.text, passage.path)
