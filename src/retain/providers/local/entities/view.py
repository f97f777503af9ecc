"""A bank's names as far as rules have read them, and the same of names in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import islice

from retain.memory.model import Corrections, Entity, NameCount
from retain.memory.ports import NameIndex
from retain.providers.local.entities.clusters import Node, to_nodes
from retain.providers.local.entities.keys import CROWD, hashed
from retain.providers.local.entities.names import fold


class NameView:
    """Reads each name and each key of an index once.

    Whatever rules ask for is read when they do. Reading it in advance, many at a time, saves calls.

    Args:
        index: The names of a bank.
        limit: How many names of a key are read at most, more than rules take for a crowd.
    """

    def __init__(self, index: NameIndex, limit: int = CROWD + 1) -> None:
        self.limit = limit
        self._index = index
        self._nodes: dict[str, tuple[Node, ...]] = {}
        self._sharing: dict[int, Sequence[str]] = {}
        self._partners: defaultdict[str, set[str]] = defaultdict(set)
        self._decided: set[str] = set()
        self.corrections = Corrections()
        """What was decided of the names that were asked for."""

    def read(self, names: Iterable[str]) -> None:
        """Read how names are written."""
        unread = {name for name in names if name not in self._nodes}
        if unread:
            found = self._index.counts(unread)
            self._nodes.update((name, to_nodes(name, found.get(name, ()))) for name in unread)

    def nodes(self, name: str) -> tuple[Node, ...]:
        """The nodes of a folded name, sorted; none where the bank lacks the name."""
        self.read((name,))
        return self._nodes[name]

    def nodes_of(self, names: Iterable[str]) -> list[Node]:
        """The nodes of some folded names, sorted."""
        return [node for name in sorted(names) for node in self.nodes(name)]

    def read_keys(self, keys: Iterable[str]) -> None:
        """Read which names have keys."""
        unread = {number for key in keys if (number := hashed(key)) not in self._sharing}
        if unread:
            found = self._index.sharing(unread, self.limit)
            self._sharing.update((number, found.get(number, ())) for number in unread)

    def sharing(self, key: str) -> Sequence[str]:
        """The folded names that have a key; `limit` of them where there are more."""
        self.read_keys((key,))
        return self._sharing[hashed(key)]

    def read_corrections(self, names: Iterable[str]) -> None:
        """Read what was decided of names."""
        unread = {name for name in names if name not in self._decided}
        if not unread:
            return
        self._decided |= unread
        found, known = self._index.corrections(unread), self.corrections
        for pair in found.merges | found.judged:
            one, other = map(fold, pair)
            self._partners[one].add(other)
            self._partners[other].add(one)
        self.corrections = Corrections(
            known.merges | found.merges, known.splits | found.splits, known.judged | found.judged,
            known.asked | found.asked,
        )  # fmt: skip

    def partners(self, name: str) -> Collection[str]:
        """The folded names that a user merged with one, or that a model takes for it."""
        self.read_corrections((name,))
        return self._partners.get(name, ())


class NamesInMemory:
    """Names by their folded form and keys; it has no entities.

    Args:
        names: In any order; one of them may come several times.
        corrections: What was decided of them.
        keys: The keys of a folded name.
    """

    def __init__(
        self,
        names: Iterable[NameCount],
        corrections: Corrections,
        keys: Callable[[Sequence[NameCount]], Iterable[int]],
    ) -> None:
        self._corrections = corrections
        self._counts: defaultdict[str, list[NameCount]] = defaultdict(list)
        for one in names:
            if folded := fold(one.name):
                self._counts[folded].append(one)
        self._names: defaultdict[int, list[str]] = defaultdict(list)
        for folded, written in self._counts.items():
            for key in keys(written):
                self._names[key].append(folded)

    @property
    def folded(self) -> Collection[str]:
        """Every folded name."""
        return self._counts.keys()

    def counts(self, folded: Collection[str]) -> Mapping[str, Sequence[NameCount]]:
        """Every way to write each of the names; see `NameIndex`."""
        return {name: self._counts[name] for name in folded if name in self._counts}

    def sharing(self, keys: Collection[int], limit: int) -> Mapping[int, Sequence[str]]:
        """The names that have each key; see `NameIndex`."""
        return {key: list(islice(self._names[key], limit)) for key in keys if key in self._names}

    def corrections(self, folded: Collection[str]) -> Corrections:
        """What was decided; see `NameIndex`. There is no harm in more of it."""
        return self._corrections

    def entities(self, folded: Collection[str]) -> Sequence[Entity]:
        """None; see `NameIndex`."""
        return ()
