"""Contents for the tests of stores."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from retain.bank import BankStore
from retain.memory.model import Document, Fact, Knowledge, MergedFact, Section, Vectors


def document(
    *texts: str,
    title: str | None = None,
    meta: dict[str, Any] | None = None,
    path: tuple[str, ...] = (),
    speaker: str | None = None,
    said_at: datetime | None = None,
) -> tuple[str, Document]:
    """A source text, one paragraph for each of `texts`, and what reading it gives."""
    sections: list[Section] = []
    at, line = 0, 1
    for ordinal, text in enumerate(texts):
        name = hashlib.sha256(repr((path, text)).encode("utf-8", "surrogatepass")).hexdigest()[:16]
        last = line + text.count("\n")
        sections.append(
            Section(
                section_id=name,
                ordinal=ordinal,
                kind="turn" if speaker else "text",
                level=len(path),
                path=path,
                start=at,
                end=at + len(text),
                line_start=line,
                line_end=last,
                speaker=speaker,
                said_at=said_at,
            )
        )
        at, line = at + len(text) + 2, last + 2
    return "\n\n".join(texts), Document(title, meta or {}, tuple(sections))


async def put(
    store: BankStore,
    bank_id: str,
    source_id: str,
    content: tuple[str, Document],
    name: str = "",
    vectors: Vectors | None = None,
    knowledge: Knowledge | None = None,
) -> int:
    """Store `content` under a hash of its text and `name`; the visible version."""
    text, parsed = content
    digest = hashlib.sha256((name + text).encode("utf-8", "surrogatepass")).hexdigest()
    return await store.replace_source(
        bank_id,
        source_id,
        content_hash=digest,
        text=text,
        document=parsed,
        vectors=vectors,
        knowledge=knowledge,
    )


def saying(content: tuple[str, Document], *facts: Fact, merged: Sequence[Fact] = ()) -> Knowledge:
    """What says `facts`; each is placed where its quote stands, in the section that holds it."""
    placed = [_placed(content, fact) for fact in facts]
    again = [MergedFact(_placed(content, fact), "said before") for fact in merged]
    return Knowledge("rules 1", tuple(placed), tuple(again))


def fact(text: str, quote: str | None = None, **more: Any) -> Fact:
    """A fact whose statement is `text`; it still has to be placed."""
    name = hashlib.sha256(repr((text, sorted(more.items()))).encode()).hexdigest()[:16]
    return Fact(name, "", "world", text, quote or text, 0, 0, **more)


async def found(store: BankStore, bank_id: str, *terms: str, limit: int = 100) -> list[str]:
    """The texts that a search finds, best first."""
    return [
        row.text for row, _ in await store.search(bank_id, lambda bank: bank.sections(terms, limit))
    ]


def _placed(content: tuple[str, Document], fact: Fact) -> Fact:
    text, parsed = content
    start = text.index(fact.quote)
    home = next(section for section in parsed.sections if section.start <= start < section.end)
    end = start + len(fact.quote)
    return replace(
        fact, section_id=home.section_id, start=start, end=end, mentioned_at=home.said_at
    )
