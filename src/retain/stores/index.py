"""What the full-text indexes hold of a section or fact, and the expressions that search them.

What `index_words` and `fact_words` return is what an index already holds, and what takes it out
again: a change to it needs a migration that builds the index anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from retain.memory.model import FieldWeights
from retain.memory.speech import without_name
from retain.stores.words import bank_word, date_words, phrases, spaced

_Row = Mapping[str, Any]

FACT_FIELDS = ("text", "names", "told_on", "heading")
"""The fields of a fact that are searched."""

_OCCURRED = ("occurred_start", "occurred_end")


def index_words(rows: Sequence[_Row], title: str | None) -> list[dict[str, str]]:
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
    told = spaced(title or "")
    found: list[dict[str, str]] = []
    for n, row in enumerate(rows):
        before, after = joined[n], joined[n + 1]
        said_at = row["said_at"]
        found.append(
            {
                "bank": bank_word(row["bank_id"]),
                "speaker": spaced(row["speaker"] or ""),
                "heading": spaced("\n".join(json.loads(row["path"]))),
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


def fact_words(row: _Row, bank_id: str) -> dict[str, str]:
    """What the index keeps of a fact: its text and whom it speaks of, when, below which headings.

    Args:
        row: The fact, with its section's `path`.
        bank_id: Its bank.
    """
    names: list[str] = [row["subject"] or "", *json.loads(row["entities"])]
    times = [date_words(datetime.fromisoformat(row[name])) for name in _OCCURRED if row[name]]
    return {
        "bank": bank_word(bank_id),
        "text": spaced(row["text"]),
        "names": spaced("\n".join(dict.fromkeys(names))),
        "told_on": "\n".join(dict.fromkeys(times)),
        "heading": spaced("\n".join(json.loads(row["path"]))),
    }


def searched(weights: FieldWeights) -> list[str]:
    """The fields of a section that weigh anything; the others are not searched."""
    return [name for name, weight in asdict(weights).items() if weight]


def wanted(terms: Iterable[str]) -> list[str]:
    """The phrases that find the terms, each once."""
    found = (phrase for term in terms for phrase in phrases(term) if phrase.strip())
    return list(dict.fromkeys(found))


def expression(
    bank_id: str, any_of: Sequence[str], fields: Sequence[str], alone: bool = False
) -> str:
    """The FTS5 expression for any of some phrases in fields of a bank.

    Args:
        bank_id: The bank.
        any_of: The phrases to look for, one or more.
        fields: Where to look, one or more.
        alone: Whether the index holds no other bank: then the bank's own word, which every row
            has, is not looked for.
    """
    any_phrase = " OR ".join(map(_quoted, any_of))
    if alone:
        return f"{{{' '.join(fields)}}} : ({any_phrase})"
    # FTS5 leaves out a phrase that has no word in it, and then an AND with nothing on one side is
    # the other side: the whole bank. A word that no bank has keeps that side from being empty.
    there = f'{{{" ".join(fields)}}} : ({any_phrase}) OR bank : "nobank"'
    return f"{whole(bank_id)} AND ({there})"


def whole(bank_id: str) -> str:
    """The FTS5 expression for every row of a bank."""
    return f'bank : "{bank_word(bank_id)}"'


def _quoted(phrase: str) -> str:
    """A phrase as FTS5 reads it: nothing in it is syntax."""
    return f'"{phrase.replace(chr(34), chr(34) * 2)}"'


def _said(row: _Row) -> str:
    if row["kind"] == "turn" and row["speaker"]:
        return spaced(without_name(row["text"], row["speaker"]))
    return spaced(row["text"])


def _continues(before: _Row, row: _Row) -> bool:
    return before["kind"] == row["kind"] == "turn" and before["path"] == row["path"]
