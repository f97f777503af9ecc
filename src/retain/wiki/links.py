"""Links of pages: to the line that says something, and to the pages of the names in a text."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache

from retain.memory.model import CitedFact
from retain.wiki.escaping import escape, inert, plain, shortened
from retain.wiki.naming import source_file

_WORD = re.compile(r"\w+")
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
    """Writes texts with links to the pages of the names in them.

    Args:
        names: ``(name, page_id)``; of several pages of a name the first is taken.
    """

    def __init__(self, names: Iterable[tuple[str, str]]) -> None:
        self._by_word: defaultdict[str, dict[str, str]] = defaultdict(dict)
        for name, page_id in names:
            spelled = plain(name)
            if first := _WORD.search(spelled):
                self._by_word[first[0]].setdefault(spelled, page_id)
        self._candidates: dict[str, list[tuple[str, int, str]]] = {}

    def statement(self, text: str, own_page: str) -> str:
        """The text, escaped; each name links to its page where it first stands, none to its own."""
        text = shortened(text, _LONGEST_STATEMENT)
        parts: list[str] = []
        linked = {own_page}
        done = at = 0
        for word in _WORD.finditer(text):
            if word.start() < at or word[0] not in self._by_word:
                continue
            found = self._name_at(text, word, at)
            if found is None:
                continue
            start, at, page_id = found
            if page_id not in linked:
                linked.add(page_id)
                parts.append(inert(text[done:start], before_link=True, opens=done == 0))
                parts.append(f"[{inert(text[start:at])}]({page_id}.md)")
                done = at
        return "".join([*parts, inert(text[done:], opens=done == 0)])

    def _name_at(self, text: str, word: re.Match[str], begin: int) -> tuple[int, int, str] | None:
        """The longest name whose first word this is: from where to where, and its page."""
        for name, offset, page_id in self._starting_with(word[0]):
            start = word.start() - offset
            end = start + len(name)
            if start >= begin and text.startswith(name, start) and _whole(text, start, end):
                return start, end, page_id
        return None

    def _starting_with(self, word: str) -> list[tuple[str, int, str]]:
        """The names whose first word it is, the longest first, with where the word stands."""
        if word not in self._candidates:
            self._candidates[word] = sorted(
                (
                    (name, name.index(word), page_id)
                    for name, page_id in self._by_word[word].items()
                ),
                key=lambda one: (-len(one[0]), one[0]),
            )
        return self._candidates[word]


def _whole(text: str, start: int, end: int) -> bool:
    """Whether the name between these places is no part of a longer word."""
    before = text[start - 1 : start]
    after, next_ = text[end : end + 1], text[end + 1 : end + 2]
    if before.isalnum() or (before and before in _INSIDE):
        return False
    if after.isalnum() or (after and after in "_+#@\\"):
        return False
    return not (after and after in "-./:" and next_.isalnum())
