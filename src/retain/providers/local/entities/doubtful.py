"""Names that are near to each other, which rules leave open: what a model may be asked of.

Whether a pair is among them depends on its two names alone, on how they are written and how often,
so that whoever asks as sources come in has asked the same at the end, in whatever order they came.
A name that may be short for several others is therefore not asked about: nothing in two names tells
which of the others is meant.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from retain.memory.model import Corrections, EntityKind, NameCount, NamePair
from retain.memory.ports import NameIndex
from retain.providers.local.entities.apart import are_apart, numbers
from retain.providers.local.entities.keys import hashed
from retain.providers.local.entities.names import fold
from retain.providers.local.entities.nearness import (
    PERSON,
    RULES,
    Known,
    Rule,
    doubt_keys,
    own_kind,
    to_known,
)
from retain.providers.local.entities.view import NamesInMemory

MOST = 50
"""How many pairs are given at once."""
_CROWD = 12
"""So many names with one key are a series, not ways to write one name."""


def doubtful_pairs(
    names: Iterable[NameCount], corrections: Corrections, about: Collection[str]
) -> list[NamePair]:
    """Pairs that are near to each other, were not decided, and hold a name of `about`.

    Args:
        names: All names of a bank, with how often each is written; in any order.
        corrections: What was decided of them.
        about: Some of them, as they are written.

    Returns:
        The most frequent first, `MOST` at most.
    """
    return doubtful_about(NamesInMemory(names, corrections, doubt_keys), about)


def doubtful_about(index: NameIndex, about: Collection[str]) -> list[NamePair]:
    """The same of the names of an index, read through its keys; see `EntityRules.doubtful`."""
    pairs = list(compared(index, about))
    corrections = _corrections(index, {one.folded for _, *both in pairs for one in both})
    decided = _decided(corrections)
    found: dict[tuple[str, str], tuple[int, NamePair]] = {}
    for rule, one, other in pairs:
        key = (one.name, other.name)
        if (
            key not in found
            and key not in corrections.asked
            and rule.near(one, other)
            and not _exclude(one, other, rule)
            and not decided(one.folded, other.folded)
        ):
            kinds = _kind(one, rule), _kind(other, rule)
            pair = NamePair(one.name, kinds[0], other.name, kinds[1])
            found[key] = (-one.count - other.count, pair)
    return [pair for _, pair in sorted(found.values())[:MOST]]


def compared(index: NameIndex, about: Collection[str]) -> Iterator[tuple[Rule, Known, Known]]:
    """Every two names that share a key, one of `about` among them, by the rule that it is of."""
    asking = [one for one in _known(index, map(fold, about)) if one.name in about]
    keys = [
        (rule, dict.fromkeys(key for one in asking for key in rule.keys(one))) for rule in RULES
    ]
    numbers = {hashed(rule.key(key)) for rule, texts in keys for key in texts}
    sharing = index.sharing(numbers, _CROWD + 1)
    folded = {name for names in sharing.values() if len(names) <= _CROWD for name in names}
    plain = {name for rule, texts in keys for key in texts for name in rule.plain(key)}
    near = _known(index, folded | plain)
    for rule, texts in keys:
        groups: dict[str, list[Known]] = {key: [] for key in texts}
        for one in near:
            for key in {*rule.keys(one)} & texts.keys():
                groups[key].append(one)
        for key, group in groups.items():
            crowded = len(sharing.get(hashed(rule.key(key)), ())) > _CROWD or len(group) > _CROWD
            yield from () if crowded else _pairs(rule, group, about)


def _known(index: NameIndex, folded: Iterable[str]) -> list[Known]:
    counts = index.counts({*folded})
    return to_known(one for names in counts.values() for one in names)


def _pairs(
    rule: Rule, group: Sequence[Known], about: Collection[str]
) -> Iterator[tuple[Rule, Known, Known]]:
    for at, one in enumerate(group):
        for other in group[at + 1 :]:
            if one.name in about or other.name in about:
                yield rule, one, other


def _corrections(index: NameIndex, names: Collection[str]) -> Corrections:
    """What was decided of names, and of others that users merged with them."""
    merges, splits, asked = set[tuple[str, str]](), set[tuple[str, str]](), set[tuple[str, str]]()
    seen: set[str] = set()
    while names := {*names} - seen:
        seen |= names
        found = index.corrections(names)
        merges |= found.merges
        splits |= found.splits
        asked |= found.asked
        names = {fold(name) for pair in found.merges for name in pair}
    return Corrections(frozenset(merges), frozenset(splits), asked=frozenset(asked))


def _exclude(one: Known, other: Known, rule: Rule) -> bool:
    """Whether the two cannot be one, by their kinds, their numbers or their initials."""
    alike = one.kinds & other.kinds or "unknown" in one.kinds | other.kinds
    persons = rule.kind == "person" or one.kinds == other.kinds == PERSON
    mine, yours = (one.person, other.person) if persons else (None, None)
    return (
        not alike
        or numbers(one.folded) != numbers(other.folded)
        or are_apart(one.folded, other.folded, mine, yours)
    )


def _decided(corrections: Corrections) -> Callable[[str, str], bool]:
    """Whether users have said what two folded names are to each other, by way of others too."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while (above := parent.get(name, name)) != name:
            name = above
        return name

    for pair in sorted(tuple(sorted(map(fold, pair))) for pair in corrections.merges):
        first, second = root(pair[0]), root(pair[1])
        parent[max(first, second)] = min(first, second)
    apart = {frozenset(root(fold(name)) for name in pair) for pair in corrections.splits}

    def decided(one: str, other: str) -> bool:
        roots = frozenset((root(one), root(other)))
        return len(roots) == 1 or roots in apart

    return decided


def _kind(one: Known, rule: Rule) -> EntityKind:
    return own_kind(one.name) if rule.kind is None else rule.kind
