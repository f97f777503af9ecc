"""The words that the full-text indexes keep of a section or a fact.

An entry is removed from an index by the words that it was added with: a change to these functions
needs a migration that builds the indexes again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from retain.bank.words import date_words
from retain.memory.speech import without_name

SECTION_FIELDS = (
    "speaker", "heading", "said_on", "title", "text", "previous", "earlier", "next", "later",
)  # fmt: skip
"""The fields of a section. The last four hold the texts of a turn's neighbours: the one before it,
the one before that, and the two after it."""

NEIGHBOURS = 2
"""So many turns before and after a turn are indexed with it."""

FACT_WEIGHTS = {"text": 1.0, "names": 0.5, "told_on": 0.5, "heading": 0.5}
"""The fields of a fact: a word counts half where it stands beside the statement."""

_Row = Mapping[str, Any]

_OCCURRED = ("occurred_start", "occurred_end")


def section_words(rows: Sequence[_Row], title: str | None) -> list[dict[str, str]]:
    """What the index keeps of each section of a source.

    A turn is indexed with the two turns before and the two after it that stand below the same
    headings: an answer seldom repeats the words of its question.

    Args:
        rows: Every section of the source, in its order.
        title: The source's.
    """
    said = [_said(row) for row in rows]
    count = len(rows)
    joined = [n > 0 and _continues(rows[n - 1], rows[n]) for n in range(count)] + [False]
    told = title or ""
    found: list[dict[str, str]] = []
    for n, row in enumerate(rows):
        before, after = joined[n], joined[n + 1]
        said_at = row["said_at"]
        found.append(
            {
                "speaker": row["speaker"] or "",
                "heading": "\n".join(json.loads(row["path"])),
                "said_on": date_words(said_at and datetime.fromisoformat(said_at)),
                "title": told,
                "text": said[n],
                "previous": said[n - 1] if before else "",
                "earlier": said[n - 2] if before and joined[n - 1] else "",
                "next": said[n + 1] if after else "",
                "later": said[n + 2] if after and joined[n + 2] else "",
            }
        )
    return found


def fact_words(row: _Row) -> dict[str, str]:
    """What the index keeps of a fact: its text and whom it speaks of, when, below which headings.

    Args:
        row: The fact, with its section's `path`.
    """
    names: list[str] = [row["subject"] or "", *json.loads(row["entities"])]
    times = [date_words(datetime.fromisoformat(row[name])) for name in _OCCURRED if row[name]]
    return {
        "text": row["text"],
        "names": "\n".join(dict.fromkeys(names)),
        "told_on": "\n".join(dict.fromkeys(times)),
        "heading": "\n".join(json.loads(row["path"])),
    }


def _said(row: _Row) -> str:
    if row["kind"] == "turn" and row["speaker"]:
        return without_name(row["text"], row["speaker"])
    return row["text"]


def _continues(before: _Row, row: _Row) -> bool:
    return before["kind"] == row["kind"] == "turn" and before["path"] == row["path"]
