"""The words of a paragraph read: its own statements, and those of whoever is quoted in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from retain.memory.model import Fact
from retain.providers.local.antecedents import Antecedents
from retain.providers.local.persons import Speaker, resolve
from retain.providers.local.quotes import masked, quotes_in
from retain.providers.local.reader import Reader
from retain.providers.local.sentences import sentences

_UNCLEAR = ("his ", "her ", "their ", "a ", "an ")


def read_words(reader: Reader) -> Iterator[Fact]:
    """The facts of the words of a paragraph.

    What somebody says in quotation marks of himself is a fact of his, if the words around the
    quotation name him, and else of nobody.
    """
    words = reader.words
    quotes = tuple(quotes_in(words.text))
    around = replace(words, text=masked(words.text, quotes))
    outer = replace(reader, words=around, original=words.text, quotes=quotes)
    for start, end in sentences(around):
        yield from outer.sentence(start, end)
    for quote in quotes:
        if not (quote.spoken and quote.own and quote.who):
            continue
        by = _speaker(quote.who, reader.by or reader.author)
        if by is None:
            continue
        inner = replace(
            reader,
            words=words.within(quote.start, quote.end),
            by=by,
            topic=None,
            author=None,
            named=Antecedents(),
        )
        for start, end in sentences(inner.words):
            yield from inner.sentence(start, end)


def _speaker(who: str, quoting: Speaker | None) -> Speaker | None:
    """Who is quoted, told from the name that the sentence gives; None where that is not clear."""
    low = who.lower()
    if low == "i":
        return quoting
    if low == "you":
        return Speaker(quoting.other, quoting.other) if quoting and quoting.other else None
    if low.startswith(("my ", "our ")):
        if quoting is None:
            return None
        name = resolve(who, replace(quoting, alone=False))
        return Speaker(name, name)
    if low.startswith(_UNCLEAR):
        return None
    name = f"the {who[4:]}" if low.startswith("the ") else who
    return Speaker(name, name)
