"""Writes what a bank recalls as a text for a prompt, within a number of tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from retain.app.answer_context import excerpt, wanted_stems, without_blank_lines
from retain.errors import InputError
from retain.memory.model import Hit, MemoryContext
from retain.memory.moments import shown
from retain.providers.llm.tokens import estimate

LEAST_TOKENS = 50
MOST_TOKENS = 200_000

_LEAST_SHOWN = 120
"""A hit that has room for fewer characters than this is left out."""

_CHARACTERS_A_TOKEN = 3
"""A token of most texts has more characters than this, so an excerpt of so many fits."""


def check_limit(max_tokens: int) -> None:
    """See that a text may have so many tokens.

    Raises:
        InputError: The limit is too small or too large.
    """
    if not LEAST_TOKENS <= max_tokens <= MOST_TOKENS:
        raise InputError(f"max_tokens is {max_tokens}: give {LEAST_TOKENS} to {MOST_TOKENS:,}")


def prompt_context(query: str, hits: Sequence[Hit], max_tokens: int) -> MemoryContext:
    """As many of the hits as fit, best first; the last one may be cut.

    Args:
        query: What was asked for: long hits are cut around its words.
        hits: Best first.
        max_tokens: How many tokens the text may have.
    """
    wanted = wanted_stems(query)
    entries: list[str] = []
    used: list[Hit] = []
    left = max_tokens
    for hit in hits:
        head = _head(len(used) + 1, hit)
        room = (left - estimate(head)) * _CHARACTERS_A_TOKEN
        text = without_blank_lines(hit.text.strip())
        tokens = estimate(f"{head}\n{text}\n\n")
        if tokens > left and room >= _LEAST_SHOWN:
            text = excerpt(wanted, text, room)
            tokens = estimate(f"{head}\n{text}\n\n")
        if tokens > left:
            break
        entries.append(f"{head}\n{text}")
        used.append(replace(hit, text=text))
        left -= tokens
    return MemoryContext("\n\n".join(entries), max_tokens - left, tuple(used))


def _head(number: int, hit: Hit) -> str:
    """``[1] notes/ana.md:3 (2026-05-01, Ana) Work > Studio``."""
    said = "" if hit.mentioned_at is None else shown(hit.mentioned_at)
    old = "superseded" if hit.superseded_by else ""
    details = ", ".join(part for part in (said, hit.speaker, old) if part)
    place = f"[{number}] {' '.join(hit.source_id.split())}:{hit.lines[0]}"
    path = " > ".join(" ".join(part.split()) for part in hit.path)
    return " ".join(part for part in (place, f"({details})" if details else "", path) if part)
