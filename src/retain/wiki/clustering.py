"""Topics: the communities of a bank's passages, named by what tells them apart."""

from __future__ import annotations

import math
import random
import threading
from collections.abc import Collection, Iterable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from retain.memory.model import Passage, SectionKey, Topic
from retain.memory.naming import TOPIC, digest, slug
from retain.wiki.graph import edges_of
from retain.wiki.keeping import kept_ids
from retain.wiki.telling import Terms, telling, terms_of
from retain.wiki.words import Vocabulary

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


def topics(
    passages: Iterable[Passage], vectors: NDArray[np.float32], before: Sequence[Topic] = ()
) -> list[Topic]:
    """What a bank's passages are about, by id; the order in which they are given does not matter.

    The communities that Leiden finds (Traag, Waltman and van Eck, 2019,
    https://doi.org/10.1038/s41598-019-41695-z) by modularity on the graph of nearest neighbours
    and shared names.

    Args:
        passages: The sections of a bank. Each is read once, and its text is not kept.
        vectors: (n, d) float32, L2-normalised; zero for a passage without a word; row i of the
            i-th passage.
        before: The topics that the bank had, with those of their sections that it still has. A
            topic of mostly the same sections has the same id.
    """
    import numpy as np

    vocabulary = Vocabulary()
    keys: list[SectionKey] = []
    names: list[tuple[str, ...]] = []
    for row, passage in enumerate(passages):
        vocabulary.read(passage, row)
        keys.append((passage.source_id, passage.section_id))
        names.append(passage.entities)
    order = np.array(sorted(range(len(keys)), key=keys.__getitem__), np.int64)
    places = np.empty(len(order), np.int64)
    places[order] = np.arange(len(order))
    found = terms_of(vocabulary, places, {name.lower() for those in names for name in those})
    saying = np.flatnonzero(found.sizes >= _WORDS_TO_SAY)
    if len(saying) < _FEWEST:
        return []
    rows = order[saying]
    graph = _graph(len(rows), *edges_of([names[row] for row in map(int, rows)], vectors[rows]))
    return _topics(_groups(graph, saying, found), sorted(keys), found, before)


def _groups(graph: Any, saying: NDArray[np.int64], terms: Terms) -> list[_Group]:
    """The communities of the graph that are each of one topic, the largest first."""
    wanted = min(_MOST, math.sqrt(len(terms.sizes)))
    best: list[_Group] = []
    for resolution in _RESOLUTIONS:
        groups = [_Group(saying[one].tolist(), terms) for one in _leiden(graph, resolution)]
        clear = [one for one in groups if one.covered >= _COVERED]
        if abs(min(len(clear), _MOST) - wanted) < abs(min(len(best), _MOST) - wanted):
            best = clear
        if len(clear) >= wanted - _FEWEST:
            break
    best.sort(key=lambda one: (-len(one.members), one.members))
    return best[:_MOST]


class _Group:
    """A community and its terms.

    Args:
        members: Its passages.
        terms: Those of all passages.
    """

    def __init__(self, members: Sequence[int], terms: Terms) -> None:
        self.members = members
        self.terms = telling(terms, members)
        title = set(self.terms[:_TITLE])
        named = sum(not title.isdisjoint(terms.of(n).tolist()) for n in members)
        self.covered = named / len(members)


def _graph(count: int, edges: NDArray[np.int64], weights: NDArray[np.float64]) -> Any:
    igraph: Any = import_module("igraph")
    return igraph.Graph(n=count, edges=edges, edge_attrs={"weight": weights.tolist()})


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


def _topics(
    groups: Sequence[_Group], keys: Sequence[SectionKey], terms: Terms, before: Sequence[Topic]
) -> list[Topic]:
    sections = [tuple(sorted(keys[n] for n in group.members)) for group in groups]
    kept = kept_ids(sections, before)
    found: dict[str, Topic] = {}
    taken = set(kept.values())
    for n, group in enumerate(groups):
        topic_id = kept.get(n) or _unique([terms.text(one) for one in group.terms], taken)
        taken.add(topic_id)
        written = tuple(terms.written(one) for one in group.terms)
        title = _capital(", ".join(written[:_TITLE]))
        found[topic_id] = Topic(topic_id, title, written, sections[n])
    return [found[topic_id] for topic_id in sorted(found)]


def _capital(title: str) -> str:
    """The title with a capital, unless it begins with what is no plain word: ``it_works``."""
    return (
        title[:1].upper() + title[1:] if title.split(",")[0].replace(" ", "").isalpha() else title
    )


def _unique(terms: Sequence[str], taken: Collection[str]) -> str:
    """An id of the first two terms; of one more each time that it is taken, then with a number."""
    words = ""
    for count in range(2, max(len(terms), 2) + 1):
        words = slug(" ".join(terms[:count])) or f"t{digest(*terms[:count])[:8]}"
        if TOPIC + words not in taken:
            return TOPIC + words
    numbered = (f"{TOPIC}{words[:50].strip('-')}-{n}" for n in range(2, len(taken) + 3))
    return next(one for one in numbered if one not in taken)
