"""Links of pages: to the line that says something, and to the pages of the names in a text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

from retain.memory.model import CitedFact, Entity, EntityNote
from retain.memory.naming import source_file
from retain.wiki.escaping import escape, inert, plain, shortened

_WORD = re.compile(r"\w")
_INSIDE = "-_+#@/\\"
"""Signs that make one word of what stands on both their sides."""

_MOST_CITED = 5
_LONGEST_STATEMENT = 600
_LONGEST_TITLE = 120


@lru_cache(maxsize=4096)
def title(text: str) -> str:
    """A name or title, escaped; never empty."""
    return escape(shortened(text, _LONGEST_TITLE)) or "(no name)"


def to_page(name: str, page_id: str, folder: str = "") -> str:
    """A link to a page; `folder` is where pages stand, as seen from here."""
    return f"[{title(name)}]({folder}{page_id}.md)"


def most_linked(pages: Counter[tuple[str, str]], most: int) -> str:
    """Links to the pages, ``(page_id, title)``, that count most, with their counts."""
    ranked = sorted(pages.items(), key=lambda item: (-item[1], item[0]))[:most]
    return ", ".join(f"{to_page(name, page_id)} ({count:,})" for (page_id, name), count in ranked)


def to_source(source_id: str, folder: str = "../sources/") -> str:
    """A link to the page of a source; `folder` is where those stand, as seen from here."""
    return f"[{title(source_id)}]({folder}{source_file(source_id)}.md)"


def to_line(source_id: str, line: int) -> str:
    """A link from a page to a line of a source."""
    name, file = _source(source_id)
    return f"[{name}:{line}](../sources/{file}.md#^L{line})"


@lru_cache(maxsize=4096)
def _source(source_id: str) -> tuple[str, str]:
    return title(source_id), source_file(source_id)


def citations(cited: Sequence[CitedFact]) -> str:
    """Links to the lines that say it; beyond a few, how many more there are."""
    places = sorted({(one.source_id, one.line) for one in cited})
    links = ", ".join(to_line(*place) for place in places[:_MOST_CITED])
    more = len(places) - _MOST_CITED
    return f"{links} and {more} more" if more > 0 else links


class Linker:
    """Writes texts with links to the pages of the names that facts give.

    Args:
        entities: What the names may stand for; those without a page are left out.
    """

    def __init__(self, entities: Iterable[EntityNote]) -> None:
        self._by_alias: dict[str, dict[str, Entity]] = {}
        for note in entities:
            if note.page_id is not None:
                for alias in note.aliases:
                    self._by_alias.setdefault(alias, {})[note.page_id] = note.entity
        self._spellings: dict[frozenset[str], list[tuple[str, str]]] = {}

    def meant(self, names: Iterable[str]) -> dict[str, Entity]:
        """The entities with a page that the names, without case, stand for, by page id."""
        found: dict[str, Entity] = {}
        for name in names:
            found.update(self._by_alias.get(name, ()))
        return found

    def statement(self, text: str, names: Iterable[str], own_page: str) -> str:
        """The text, escaped; each name links to its page where it first stands, none to its own.

        Args:
            text: The text.
            names: The names that its facts give, without case. What they stand for is linked by
                every alias, and nothing else is.
            own_page: The page that the text stands on.
        """
        text = shortened(text, _LONGEST_STATEMENT)
        parts: list[str] = []
        linked = {own_page}
        done = at = 0
        for start, end, page_id in self._names_in(text, frozenset(names)):
            if start < at:
                continue
            at = end
            if page_id not in linked:
                linked.add(page_id)
                parts.append(inert(text[done:start], before_link=True, opens=done == 0))
                parts.append(f"[{inert(text[start:at])}]({page_id}.md)")
                done = at
        return "".join([*parts, inert(text[done:], opens=done == 0)])

    def _names_in(self, text: str, names: frozenset[str]) -> list[tuple[int, int, str]]:
        """Where names stand, from where to where, and their pages: of one place the longest first.

        Places may overlap: the first of those counts.
        """
        if names not in self._spellings:
            self._spellings[names] = self._spelled(names)
        found: list[tuple[int, int, str]] = []
        for spelling, page_id in self._spellings[names]:
            start = text.find(spelling)
            while start >= 0:
                end = start + len(spelling)
                if _whole(text, start, end):
                    found.append((start, end, page_id))
                start = text.find(spelling, end)
        return sorted(found, key=lambda one: (one[0], -one[1]))

    def _spelled(self, names: frozenset[str]) -> list[tuple[str, str]]:
        """How what the names stand for is written, with its page.

        Where two have an alias in common, it links to the one that the names call by its canonical
        name, and else to the one whose page's id sorts first.
        """
        found: dict[str, str] = {}
        meant = self.meant(names).items()
        for page_id, entity in sorted(
            meant, key=lambda item: (item[1].name.casefold() not in names, item[0])
        ):
            for alias in {entity.name, *entity.aliases}:
                if _WORD.search(spelling := plain(alias)):
                    found.setdefault(spelling, page_id)
        return list(found.items())


def _whole(text: str, start: int, end: int) -> bool:
    """Whether the name between these places is no part of a longer word."""
    before = text[start - 1 : start]
    after, next_ = text[end : end + 1], text[end + 1 : end + 2]
    if before.isalnum() or (before and before in _INSIDE):
        return False
    if after.isalnum() or (after and after in "_+#@\\"):
        return False
    return not (after and after in "-./:" and next_.isalnum())
