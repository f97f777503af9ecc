"""Texts in the composed normal form of Unicode, NFC, whose characters know their places.

Some programs write an é as one character, others as an e with an accent behind it. A bank holds the
first form alone, so that names and words are equal where they look equal.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from dataclasses import replace
from typing import Any, cast

from retain.memory.unicode import changes, composed
from retain.sources.decoded import DecodedText
from retain.sources.drafts import Draft, Outline


def composed_outline(outline: Outline, text: str) -> Outline:
    """The outline of a source with its words, names and properties composed.

    Args:
        outline: What a format made of the source.
        text: The source as it was given.
    """
    read = text if outline.decoded is None else outline.decoded.text
    outline = replace(outline, title=composed(outline.title), meta=_plain(outline.meta))
    if unicodedata.is_normalized("NFC", read):
        drafts = [_named(draft) for draft in outline.drafts]
        return replace(outline, drafts=drafts)
    whole = outline.decoded
    if whole is None:
        whole = DecodedText(text)
        whole.copy(0, len(text))
    made, moved = _composed(whole)
    drafts = [
        replace(_named(draft), start=moved(draft.start), end=moved(draft.end))
        for draft in outline.drafts
    ]
    marks = [[moved(at) for at in level] for level in outline.marks]
    return replace(outline, drafts=drafts, marks=marks, decoded=made)


class _Moves:
    """Where the characters of a text are once it is composed."""

    def __init__(self) -> None:
        self._before = [0]
        self._after = [0]

    def note(self, before: int, after: int) -> None:
        """From these two places on, characters are as far apart as they were."""
        self._before.append(before)
        self._after.append(after)

    def __call__(self, at: int) -> int:
        last = bisect_right(self._before, at) - 1
        moved = self._after[last] + at - self._before[last]
        return moved if last + 1 == len(self._after) else min(moved, self._after[last + 1])


def _composed(whole: DecodedText) -> tuple[DecodedText, _Moves]:
    made, moves, done = whole.beside(), _Moves(), 0
    for start, end, words in changes(whole.text):
        made.take(whole, done, start)
        place = whole.place(start, end)
        made.put(words, place.start, place.end)
        moves.note(end, made.length)
        done = end
    made.take(whole, done, whole.length)
    return made, moves


def _named(draft: Draft) -> Draft:
    path, speaker = tuple(composed(name) for name in draft.path), composed(draft.speaker)
    if path == draft.path and speaker == draft.speaker:
        return draft
    return replace(draft, path=path, speaker=speaker)


def _plain(value: Any) -> Any:
    match value:
        case str():
            return composed(value)
        case list():
            return [_plain(one) for one in cast("list[Any]", value)]
        case dict():
            items = cast("dict[str, Any]", value).items()
            return {composed(key): _plain(one) for key, one in items}
        case _:
            return value
