"""The entities that a change of names concerns, found without reading the rest of the bank.

The names around a change are closed under all by which one name bears on another: rules join a name
to its `kin` alone; a short name depends on whom it may mean, and joins them where all of them are
one; and an entity that was stored is given up with all of its names. So the names outside are as
they were, and nobody among them is joined to one inside.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from retain.memory.model import Entity, EntityChange, NameCount
from retain.memory.ports import NameIndex
from retain.providers.local.entities.clusters import Node, to_nodes
from retain.providers.local.entities.keys import CROWD, keys, slip_keys, words_in
from retain.providers.local.entities.links import kin, kin_keys
from retain.providers.local.entities.names import fold
from retain.providers.local.entities.normalise import by_name, resolved
from retain.providers.local.entities.people import asked_keys, meaning, short_keys, short_names
from retain.providers.local.entities.typos import RARE, similar, slip
from retain.providers.local.entities.view import NameView


def resolve_around(
    index: NameIndex, before: Mapping[str, Sequence[NameCount]], decided: Collection[str] = ()
) -> EntityChange:
    """What becomes of the entities that a change concerns; see `EntityRules.resolve`."""
    old = {name: to_nodes(name, names) for name, names in before.items()}
    view = NameView(index)
    view.read([*old, *decided])
    view.limit += _most_added(before, index.counts([*before]))
    loud = {*decided, *(name for name in old if not _is_quiet(name, old[name], view))}
    region = _Region(index, view)
    region.grow({*loud, *_readers(loud, old, view)})
    region.add_entities(old.keys())
    names = region.names
    region.read_around(names)
    entities = resolved(view.nodes_of(names), view.corrections, view)
    stored, standing = region.stored, set(entities)
    return EntityChange(
        tuple(sorted(stored - standing, key=by_name)),
        tuple(one for one in entities if one not in stored),
    )


def _most_added(
    before: Mapping[str, Sequence[NameCount]], after: Mapping[str, Sequence[NameCount]]
) -> int:
    """How many names have come to one key at most, which may have made them a crowd."""
    added: Counter[int] = Counter()
    for name, names in before.items():
        added.update(keys(after.get(name, ())) - keys(names))
    return max(added.values(), default=0)


def _is_quiet(name: str, old: Sequence[Node], view: NameView) -> bool:
    """Whether only the name's own entity is concerned: no rule takes it for another than before."""
    nodes = view.nodes(name)
    if [_profile(one) for one in old] != [_profile(one) for one in nodes]:
        return False
    rare = {sum(one.count for one in some) <= RARE for some in (old, nodes)}
    return len(rare) == 1 or not similar(name, view)


def _profile(node: Node) -> tuple[object, ...]:
    return node.kind, node.shared, node.person


def _readers(changed: Iterable[str], old: Mapping[str, Sequence[Node]], view: NameView) -> set[str]:
    """The names whose rules read one of those that changed, before the change or after it.

    A key that more names have than the view reads was that of a crowd before, too.
    """
    both = [(name, nodes) for name in changed for nodes in (old.get(name, ()), view.nodes(name))]
    view.read_keys(key for name, nodes in both for key in _keys_read(name, nodes))
    view.read_corrections(changed)
    crowd = view.limit - 1
    found: set[str] = set()
    for name, nodes in both:
        found |= kin(name, nodes, view, crowd)
        found.update(_short_names(nodes, view, crowd))
        for node in nodes:
            if node.kind != "person" and " " in name:
                found.update(words_in(node))
        for key in slip_keys(name):
            sharing = view.sharing(key)
            found.update(sharing if len(sharing) <= crowd else ())
    return found


def _keys_read(name: str, nodes: Sequence[Node]) -> Iterator[str]:
    yield from slip_keys(name)
    yield from (key for key, _ in kin_keys(name, nodes))
    for node in nodes:
        if node.kind == "person" and node.person is not None:
            yield from short_keys(node.person)
        if node.is_short:
            yield from asked_keys(node)


def _short_names(nodes: Sequence[Node], view: NameView, crowd: int) -> Iterator[str]:
    for node in nodes:
        if node.kind == "person" and node.person is not None:
            yield from short_names(node.person, view, crowd)


class _Region:
    """Names around a change.

    Args:
        index: The bank after the change.
        view: What is read of it.
    """

    def __init__(self, index: NameIndex, view: NameView) -> None:
        self.names: set[str] = set()
        self.stored: set[Entity] = set()
        self._index = index
        self._view = view
        self._families: dict[str, set[str]] = {}

    def grow(self, names: Iterable[str]) -> None:
        """Add names, and all that the entity of one of them may depend on, or that on it."""
        added = set(names)
        while added:
            self.names |= added
            found = self._aliases(added) | self._related(added) | self._meant(added)
            self._view.read(found)
            added = {name for name in found - self.names if self._view.nodes(name)}

    def add_entities(self, names: Iterable[str]) -> None:
        """Add names, and whatever shares a stored entity with one of them."""
        added = set(names) - self.names
        while added:
            self.names |= added
            added = self._aliases(added) - self.names

    def _aliases(self, names: Collection[str]) -> set[str]:
        stored = self._index.entities(names)
        self.stored.update(stored)
        return {fold(alias) for entity in stored for alias in entity.aliases}

    def _related(self, names: Collection[str]) -> set[str]:
        """The names that some may be joined to, and those that may be short for them."""
        self.read_around(names)
        found: set[str] = set()
        for name in names:
            found |= self._kin(name)
            found.update(_short_names(self._view.nodes(name), self._view, CROWD))
        return found

    def read_around(self, names: Collection[str]) -> None:
        """Read at once what rules ask of names: their keys, and the names that these lead to."""
        view = self._view
        view.read(names)
        view.read_corrections(names)
        view.read_keys(key for name in names for key in _keys_read(name, view.nodes(name)))
        view.read(
            other
            for name in names
            for other in (*kin(name, view.nodes(name), view), *similar(name, view))
        )

    def _kin(self, name: str) -> set[str]:
        nodes = self._view.nodes(name)
        slips = (other for node in nodes if (other := slip(node, self._view)))
        return kin(name, nodes, self._view).union(one.folded for one in slips)

    def _meant(self, names: Collection[str]) -> set[str]:
        """The names that short ones among some may mean, where all may be one."""
        found: set[str] = set()
        links = [
            link
            for node in self._view.nodes_of(names)
            if node.is_short and (link := meaning(node, self._view)) is not None
        ]
        for link in links:
            candidates = {one.folded for one in link.candidates}
            full = {one.folded for one in link.candidates if not one.is_short}
            if not candidates <= self.names and self._are_one(full):
                found |= candidates
        return found

    def _are_one(self, names: Collection[str]) -> bool:
        """Whether full names may be of one entity: short ones make no two of them one."""
        return len(names) < 2 or self._family(min(names)).issuperset(names)

    def _family(self, name: str) -> set[str]:
        """The kin of a name, and theirs."""
        family: set[str] = self._families.get(name, set())
        added: set[str] = set() if family else {name}
        while added:
            family |= added
            self.read_around(added)
            found = {other for one in added for other in self._kin(one)} - family
            self._view.read(found)
            added = {other for other in found if self._view.nodes(other)}
        self._families.update(dict.fromkeys(family, family))
        return family
