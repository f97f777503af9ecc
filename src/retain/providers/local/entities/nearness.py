"""Ways for two names to be near to each other, which rules do not take for sameness."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from retain.english.wordlists import word_set
from retain.memory.model import EntityKind, NameCount
from retain.providers.local.entities.gazetteer import GIVEN
from retain.providers.local.entities.keys import hashed
from retain.providers.local.entities.kinds import Around, decide, judge
from retain.providers.local.entities.names import PersonName, fold, parse_person
from retain.providers.local.entities.nicknames import may_be_one, names_of
from retain.providers.local.entities.spelling import distance, in_latin, skeleton
from retain.providers.local.entities.tokens import is_common
from retain.providers.local.entities.typos import RARE, is_slip
from retain.providers.local.entities.words import LEGAL

PERSON: frozenset[EntityKind] = frozenset({"person"})
_ACRONYM = re.compile(r"[A-Z]{2,6}")
_MAX_LETTERS = 60
_MAX_WORDS = 8
_LEFT_OUT = word_set("""
    university college school academy institute institution hospital clinic bank foundation museum
    gallery library theatre theater group holdings company corporation airlines airways records
    press publishing hotel restaurant cafe pub bakery pharmacy airport station city town village
    county island islands lake mount atelier studio studios labs laboratories
    """)
"""What people leave out of the name of a place or an organisation where they speak of it often."""


@dataclass(frozen=True, slots=True)
class Known:
    """A way to write a name in a bank.

    Args:
        name: As it is written.
        folded: The folded name.
        kinds: What it seems to name, here and there.
        count: How many mentions it has.
        person: The parts of the name, if it may be a person's.
    """

    name: str
    folded: str
    kinds: frozenset[EntityKind]
    count: int
    person: PersonName | None


@dataclass(frozen=True, slots=True)
class Rule:
    """One way for names to be near.

    Args:
        name: What the rule is called in keys.
        keys: Near names share one of these.
        near: Whether two names that share a key are near.
        plain: The folded names that have a key, but need none to be found.
        kind: What names are that are near in this way; none: what their words say.
    """

    name: str
    keys: Callable[[Known], Iterable[str]]
    near: Callable[[Known, Known], bool]
    plain: Callable[[str], Sequence[str]] = lambda _: ()
    kind: EntityKind | None = None

    def key(self, text: str) -> str:
        """One of `keys` as a bank keeps it."""
        return f"{self.name} {text}"


def doubt_keys(names: Sequence[NameCount]) -> frozenset[int]:
    """The keys of a folded name for what may be near to it; how often it is written is no matter.

    Args:
        names: Every way in which it is written.
    """
    return frozenset(
        hashed(rule.key(text))
        for one in to_known(names)
        for rule in RULES
        for text in rule.keys(one)
        if one.folded not in rule.plain(text)
    )


def to_known(names: Iterable[NameCount]) -> list[Known]:
    """One for each way of writing, sorted."""
    kinds: defaultdict[str, set[EntityKind]] = defaultdict(set)
    counts: defaultdict[str, int] = defaultdict(int)
    for one in names:
        kinds[one.name].add(one.kind)
        counts[one.name] += one.times
    written = sorted(name for name in kinds if name.strip())
    return [_known(name, frozenset(kinds[name]), counts[name]) for name in written]


def _known(name: str, kinds: frozenset[EntityKind], count: int) -> Known:
    person = parse_person(name) if kinds & {"person", "unknown"} else None
    return Known(name, fold(name), kinds, count, person)


def own_kind(name: str) -> EntityKind:
    """What the words of the name alone say."""
    return decide(judge(name.split(), Around()))


def _form_keys(one: Known) -> Iterator[str]:
    """``Kate`` and ``Katherine``, ``Bob Miller`` and ``Robert Miller``."""
    person = one.person
    if person is not None and not (person.titles and not person.given):
        given, last = (person.given, person.last) if person.given else (person.last, "")
        for number in names_of(given):
            yield f"{number} {last}"


def _are_forms(one: Known, other: Known) -> bool:
    mine, yours = one.person, other.person
    if mine is None or yours is None or "person" not in one.kinds | other.kinds:
        return False
    given, theirs = mine.given or mine.last, yours.given or yours.last
    return given != theirs and may_be_one(given, theirs)


def _acronym_keys(one: Known) -> Iterator[str]:
    """``NYC`` and ``New York City``, ``IBM`` and ``International Business Machines``."""
    letters = one.name.replace(".", "")
    if _ACRONYM.fullmatch(letters):
        yield letters
        return
    words = [word for word in re.split(r"[\s-]+", one.name) if word]
    words = words[1:] if words[:1] in (["The"], ["the"]) else words
    bare = words[:-1] if len(words) > 2 and fold(words[-1]) in LEGAL else words
    if len(words) <= _MAX_WORDS and own_kind(one.name) != "person":
        found = {_initials(some) for whole in (words, bare) for some in (whole, _capital(whole))}
        yield from (letters for letters in found if _ACRONYM.fullmatch(letters))


def _written_as(letters: str) -> Sequence[str]:
    """``NYC`` and ``N.Y.C.``, folded."""
    return letters.lower(), " ".join(letters.lower())


def _initials(words: Sequence[str]) -> str:
    return "".join(word[0] for word in words).upper()


def _capital(words: Sequence[str]) -> list[str]:
    return [word for word in words if word[0].isupper()]


def _abbreviates(one: Known, other: Known) -> bool:
    short, long = sorted((one, other), key=lambda known: len(known.folded))
    return (
        bool(_ACRONYM.fullmatch(short.name.replace(".", "")))
        and " " in " ".join(long.name.replace("-", " ").split())
        and long.kinds != PERSON
    )


def _whole_keys(one: Known) -> Iterator[str]:
    """``Harvard`` and ``Harvard University``, ``Como`` and ``Lake Como``."""
    yield one.folded
    if left := _without_head(one.folded):
        yield left


def _without_head(folded: str) -> str:
    words = folded.split()
    if len(words) > 1 and words[-1] in _LEFT_OUT:
        words = words[:-1]
    elif len(words) > 1 and words[0] in _LEFT_OUT:
        words = words[1:]
    else:
        return ""
    return "" if len(words) == 1 and is_common(words[0]) else " ".join(words)


def _leaves_out(one: Known, other: Known) -> bool:
    short, long = sorted((one, other), key=lambda known: len(known.folded))
    return _without_head(long.folded) == short.folded and short.kinds != PERSON


def _sound_keys(one: Known) -> Iterator[str]:
    """``Tchaikovsky`` and ``Chaikovsky``, and the same name in another script."""
    if len(one.folded) <= _MAX_LETTERS:
        key = skeleton(one.folded)
        if len(key) > (4 if " " in one.folded else 3):
            yield key


def _sound_alike(one: Known, other: Known) -> bool:
    """Whether they may be spellings of one; slips of the pen are mended by rules, if rare."""
    mine, yours = in_latin(one.folded), in_latin(other.folded)
    if mine == yours or {one.folded, other.folded} <= GIVEN:
        return one.folded != other.folded
    if mine.rstrip("aeiou") == yours.rstrip("aeiou"):  # Mario and Maria
        return False
    if is_slip(one.folded, other.folded) and min(one.count, other.count) <= RARE:
        return False
    return distance(mine, yours, 3) <= min(3, len(mine) // 3)


RULES = (
    Rule("form", _form_keys, _are_forms, kind="person"),
    Rule("letters", _acronym_keys, _abbreviates, _written_as),
    Rule("head", _whole_keys, _leaves_out, lambda folded: (folded,)),
    Rule("sound", _sound_keys, _sound_alike),
)
