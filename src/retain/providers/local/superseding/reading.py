"""Claims read from a statement whose slot no rule of the extractor knows."""

from __future__ import annotations

import re

from retain.providers.local.slots import find_slot
from retain.providers.local.superseding.forms import (
    BEFORE_NAMES,
    FIRST_SIGNS,
    MARKS,
    NEXT,
    READERS,
    SKIPPED,
)
from retain.providers.local.superseding.slots import Said

_MAX_CHARS = 160
_LEAD = re.compile(
    r"(?:(?:correction|actually|sorry|no,? wait|update|edit|scratch that|i meant|i mean|in fact"
    r"|news|heads up)\b[:,.!\u2014-]*\s*)+",
    re.IGNORECASE,
)
_LEADS = ("Corr", "corr", "Actu", "actu", "Sorr", "No w", "No, ", "Upda", "Edit", "Scra", "I me")
_VERBS = frozenset(READERS)


def read(text: str) -> Said | None:
    """Subject, slot and value of the statement; None where it has no form that is known."""
    if len(text) > _MAX_CHARS:
        return None
    if text.startswith(_LEADS) and (lead := _LEAD.match(text)):
        return _corrected(text[lead.end() :])
    tokens = text.split(" ", 11)
    if _VERBS.isdisjoint(tokens) or not text[0].isupper():
        return None
    for n, word in enumerate(tokens[1:-1], 1):
        if word in _VERBS:
            if not _tells(word, tokens, n + 1):
                return None
            subject = " ".join(tokens[:n])
            rest = text[len(subject) + len(word) + 2 :]
            return READERS[word](subject, word, rest.rstrip(" .!"))
    return None


def _tells(verb: str, tokens: list[str], at: int) -> bool:
    """Whether the word after the verb and its adverbs may begin what a reader knows."""
    while at + 1 < len(tokens) and tokens[at] in SKIPPED:
        at += 1
    first = tokens[at]
    if first[:1] in FIRST_SIGNS or first.rstrip(",.;!") in NEXT or verb in BEFORE_NAMES:
        return True
    return verb == "is" and any(word.endswith("'s") or word in MARKS for word in tokens[:at])


def _corrected(text: str) -> Said | None:
    text = text[:1].upper() + text[1:]
    if slot := find_slot(text):
        return slot.subject, slot.name, slot.value
    return read(text)
