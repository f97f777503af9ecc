"""How what a model is asked about is written down: each piece on lines that say what it is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from retain.memory.model import FactPair, Hit, LeadRequest, NamePair, Section

INDENT = "    "
"""What stands before each line of a document where the lines between documents have a meaning."""


def facts_data(section: Section, text: str, header: str = "") -> str:
    """A section: what is known of it, a line each, an empty line, and its text.

    Nothing of its place in the source is in it, nor of its neighbours: the same section asks the
    same, wherever it stands. Only rows of a table that began before it come with their `header`.
    """
    head = [f"section: {section.kind}"]
    if section.path:
        head.append(f"headings: {' > '.join(map(_one_line, section.path))}")
    if section.speaker:
        head.append(f"speaker: {_one_line(section.speaker)}")
    if section.said_at:
        head.append(f"date: {section.said_at:%Y-%m-%d}")
    if header:
        head.append(f"table: {_one_line(header)}")
    return "\n".join(head) + "\n\n" + text


def turns_data(turns: Sequence[tuple[Section, str]], before: tuple[Section, str] | None) -> str:
    """Turns of a conversation by number, from 1, and the one before them as number 0.

    What a turn says is indented: it cannot write the line of another one.
    """
    head = ["section: turns"]
    if path := turns[0][0].path:
        head.append(f"headings: {' > '.join(map(_one_line, path))}")
    pieces = ["\n".join(head)]
    shown = list(turns) if before is None else [before, *turns]
    for number, (section, text) in enumerate(shown, 1 if before is None else 0):
        who = _one_line(section.speaker or "(somebody)")
        pieces.append(f"[{number}] {_said(section.said_at)}{who}\n{indented(text.strip())}")
    return "\n\n".join(pieces)


def names_data(pair: NamePair) -> str:
    """Two names, each with what it seems to name."""
    return (
        f"name: {_one_line(pair.name)}\nkind: {pair.kind}\n"
        f"name: {_one_line(pair.other)}\nkind: {pair.other_kind}"
    )


def supersedes_data(pair: FactPair) -> str:
    """Two statements, each with the day on which it was said."""
    return (
        f"older: {_said(pair.older.moment)}{_one_line(pair.older.text)}\n"
        f"newer: {_said(pair.newer.moment)}{_one_line(pair.newer.text)}"
    )


def lead_data(wanted: LeadRequest) -> str:
    """A title, an empty line, and facts by number, from 1."""
    lines = [
        f"[{number}] {_said(cited.fact.mentioned_at)}{_one_line(cited.fact.text)}"
        for number, cited in enumerate(wanted.facts, 1)
    ]
    return f"title: {_one_line(wanted.title)}\n\n" + "\n".join(lines)


def answer_data(question: str, hits: Sequence[Hit]) -> str:
    """A question, and pieces of memory by number, from 1, each after an empty line.

    What a piece says is indented: a document cannot write a line that names another source.
    """
    pieces = [f"question: {_one_line(question)}"]
    for number, hit in enumerate(hits, 1):
        where = _one_line(" > ".join([hit.source_id, *hit.path]))
        pieces.append(f"[{number}] {_said(hit.mentioned_at)}{where}\n{indented(hit.text.strip())}")
    return "\n\n".join(pieces)


def indented(text: str) -> str:
    """The lines of a text, each after `INDENT`, whatever ends them."""
    return "\n".join(INDENT + line for line in text.splitlines())


def outdented(text: str) -> str:
    """The text whose lines `indented` wrote."""
    return "\n".join(line.removeprefix(INDENT) for line in text.split("\n"))


def _said(when: datetime | None) -> str:
    return "" if when is None else f"({when:%Y-%m-%d}) "


def _one_line(text: str) -> str:
    return " ".join(text.split())
