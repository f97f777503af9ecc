"""What a model is asked about, read back from what `formats` wrote: for stand-ins of models."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import cast, get_args

from retain.errors import AnswerError
from retain.memory.model import EntityKind, NamePair, Section, SectionKind
from retain.providers.llm.formats import outdented

_FACT = re.compile(r"^\[(\d+)\] (?:\((\d{4}-\d\d-\d\d)\) )?(.*)$", re.MULTILINE)
_PIECE = re.compile(r"\[(\d+)\] (?:\((\d{4}-\d\d-\d\d)\) )?(.*)")
_STATEMENT = re.compile(r"(older|newer): (?:\((\d{4}-\d\d-\d\d)\) )?(.*)")


@dataclass(frozen=True, slots=True)
class Statement:
    """A numbered statement or piece of memory.

    Args:
        number: As it is cited.
        said_on: The day on which it was said.
        text: What it says.
        where: Its source and headings; empty for a fact.
    """

    number: int
    said_on: date | None
    text: str
    where: str = ""


def section_of(data: str) -> tuple[Section, str]:
    """The section that `facts_data` wrote, alone in its source, and its text.

    Raises:
        AnswerError: `data` is of another form, here and below.
    """
    head, found, text = data.partition("\n\n")
    fields = _fields(head)
    if not found or fields.get("section") not in get_args(SectionKind):
        raise AnswerError("no section with its text")
    path = tuple(fields["headings"].split(" > ")) if "headings" in fields else ()
    day = _day(fields.get("date"))
    section = Section(
        section_id="section",
        ordinal=0,
        kind=cast(SectionKind, fields["section"]),
        level=len(path),
        path=path,
        start=0,
        end=len(text),
        line_start=1,
        line_end=text.count("\n") + 1,
        speaker=fields.get("speaker"),
        said_at=datetime(day.year, day.month, day.day, tzinfo=UTC) if day else None,
    )
    return section, text


def turns_of(data: str) -> list[tuple[Section, str]]:
    """The turns that `turns_data` wrote, without the one before them; none if it is a section."""
    head, _, rest = data.partition("\n\n")
    fields = _fields(head)
    if fields.get("section") != "turns":
        return []
    heading = f"headings: {fields['headings']}\n" if "headings" in fields else ""
    found: list[tuple[Section, str]] = []
    for piece in _pieces(rest):
        line, _, text = piece.partition("\n")
        if (told := _PIECE.fullmatch(line)) is None:
            raise AnswerError("a turn without its number")
        if told[1] != "0":
            said = f"date: {told[2]}\n" if told[2] else ""
            head = f"section: turn\n{heading}speaker: {told[3]}\n{said}".rstrip("\n")
            found.append(section_of(f"{head}\n\n{outdented(text)}"))
    return found


def names_of(data: str) -> NamePair:
    """The pair that `names_data` wrote."""
    lines = data.split("\n")
    values = [line.partition(": ")[2] for line in lines]
    if [line.partition(": ")[0] for line in lines] != ["name", "kind", "name", "kind"]:
        raise AnswerError("no two names with their kinds")
    kinds = cast(tuple[EntityKind, EntityKind], (values[1], values[3]))
    return NamePair(values[0], kinds[0], values[2], kinds[1])


def statements_of(data: str) -> tuple[Statement, Statement]:
    """The older and the newer statement that `supersedes_data` wrote."""
    lines = [_STATEMENT.fullmatch(line) for line in data.split("\n")]
    found = [line for line in lines if line is not None]
    if len(found) != len(lines) or [line[1] for line in found] != ["older", "newer"]:
        raise AnswerError("no older and newer statement")
    older, newer = (Statement(n, _day(line[2]), line[3]) for n, line in enumerate(found, 1))
    return older, newer


def lead_of(data: str) -> tuple[str, list[Statement]]:
    """The title and the facts that `lead_data` wrote."""
    title, found, facts = data.partition("\n\n")
    if not found or not title.startswith("title: "):
        raise AnswerError("no title with its facts")
    numbered = [Statement(int(n), _day(day), text) for n, day, text in _FACT.findall(facts)]
    return title.removeprefix("title: "), numbered


def question_of(data: str) -> tuple[str, list[Statement]]:
    """The question and the pieces of memory that `answer_data` wrote.

    The text of a piece is indented; the line above it names its source.
    """
    question, _, rest = data.partition("\n\n")
    if not question.startswith("question: "):
        raise AnswerError("no question")
    pieces: list[Statement] = []
    for piece in _pieces(rest):
        head, _, text = piece.partition("\n")
        if (found := _PIECE.fullmatch(head)) is None:
            raise AnswerError("a piece of memory without its number")
        pieces.append(Statement(int(found[1]), _day(found[2]), outdented(text), found[3]))
    return question.removeprefix("question: "), pieces


def _pieces(text: str) -> list[str]:
    """The pieces, each of which begins with a line that is not indented."""
    pieces: list[list[str]] = []
    for line in text.split("\n"):
        if line.startswith("[") or not pieces:
            pieces.append([])
        pieces[-1].append(line)
    return ["\n".join(lines).rstrip("\n") for lines in pieces if any(lines)]


def _fields(head: str) -> dict[str, str]:
    """``name: value`` a line."""
    return {name: value for name, _, value in (line.partition(": ") for line in head.split("\n"))}


def _day(written: str | None) -> date | None:
    try:
        return date.fromisoformat(written) if written else None
    except ValueError as exc:
        raise AnswerError(f"no day: {written}") from exc
