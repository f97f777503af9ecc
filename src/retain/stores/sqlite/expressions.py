"""FTS5 expressions that search the full-text indexes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict

from retain.bank.words import phrases
from retain.memory.model import FieldWeights

FACT_FIELDS = ("text", "names", "told_on", "heading")
"""The fields of a fact that are searched."""


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


def bank_word(bank_id: str) -> str:
    """One word, free of query syntax, that stands for the bank."""
    return "b" + hashlib.sha256(bank_id.encode()).hexdigest()[:16]
