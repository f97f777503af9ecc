"""The command that searches a bank: recall."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from retain.app import views
from retain.cli.bridge import DONE, with_memory
from retain.cli.nothing import say_nothing
from retain.cli.options import AsJson, AsOf, Bank, Db, bank_or_default, parse_date, properties
from retain.cli.output import came_in, one_line, print_json, say
from retain.errors import InputError
from retain.memory.model import RELATED
from retain.memory.moments import shown

if TYPE_CHECKING:
    from retain import Memory
    from retain.memory.model import Hit, HitKind


def recall(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="A question, or some words.")],
    bank: Bank = None,
    k: Annotated[int, typer.Option("-k", metavar="N", help="Maximum number of results.")] = 10,
    as_of: AsOf = None,
    kind: Annotated[
        str | None,
        typer.Option("--kind", metavar="KIND", help="Only this kind: fact or section."),
    ] = None,
    min_relevance: Annotated[
        float | None,
        typer.Option(
            "--min-relevance",
            metavar="SHARE",
            min=0,
            max=1,
            help="Least relevance of a result, 0 to 1; default: 0, unless no result reaches 0.05.",
        ),
    ] = None,
    sources: Annotated[
        list[str] | None,
        typer.Option("--source", metavar="ID", help="Only this source; * is any text. Repeatable."),
    ] = None,
    tags: Annotated[
        list[str] | None,
        typer.Option("--tag", metavar="TAG", help="Only sources with this tag. Repeatable."),
    ] = None,
    speaker: Annotated[
        str | None, typer.Option("--speaker", metavar="NAME", help="Only what this person says.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="Only what was said from then on.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help="Only what was said until then.")
    ] = None,
    meta: Annotated[
        list[str] | None,
        typer.Option(
            "--meta",
            metavar="KEY=VALUE",
            help="Only sources whose front matter has this value. Repeatable.",
        ),
    ] = None,
    superseded: Annotated[
        bool, typer.Option("--superseded", help="Include facts that later facts superseded.")
    ] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Print what each result's score is made of.")
    ] = False,
    db: Db = None,
    as_json: AsJson = False,
) -> int:
    """Search a bank, best results first.

    A result is a section of a source, or a fact where one fact answers the query. If no result has
    anything to do with the query, none is printed; --min-relevance 0 prints the nearest.
    """
    when = parse_date(as_of, "--as-of", last=True)
    bank_id = bank_or_default(bank)
    kinds = _kinds(kind)
    least = RELATED if min_relevance is None else min_relevance

    async def find(memory: Memory) -> tuple[list[Hit], bool]:
        """The hits; and where there are none, whether what later facts superseded is a hit."""
        ask = partial(
            memory.recall,
            query,
            bank_id=bank_id,
            k=k,
            as_of=when,
            kinds=kinds,
            explain=explain or as_json,
            min_relevance=min_relevance or 0.0,
            sources=sources or (),
            tags=tags or (),
            speaker=speaker,
            since=parse_date(since, "--since"),
            until=parse_date(until, "--until", last=True),
            metadata=properties(meta),
        )
        found = await ask(with_superseded=superseded)
        if any(hit.relevance >= least for hit in found):
            return found, False
        replaced = [] if superseded else await ask(with_superseded=True)
        return [], any(hit.relevance >= least for hit in replaced)

    hits, gone = with_memory(find, db, reads=True)
    if as_json:
        print_json([views.plain(hit) for hit in hits])
        return DONE
    if not hits:
        say_nothing(f"nothing in bank {one_line(bank_id)} was found for this query", bank_id, db)
        if gone:
            say("what once answered it was superseded: --superseded shows it")
    for number, hit in enumerate(hits, 1):
        say_hit(number, hit)
        if explain:
            why = ", ".join(f"{reason.signal} {reason.score:+.2f}" for reason in hit.why)
            say(f"    because: {why}")
    return DONE


def say_hit(number: int, hit: Hit) -> None:
    """Print a numbered hit: a section below its place; a fact, which is short, above it."""
    occurred = _occurred(hit) if hit.kind == "fact" else ""
    when = "" if hit.mentioned_at is None else shown(hit.mentioned_at)
    arrival = came_in(hit.came_in)
    details = ", ".join(part for part in (hit.speaker, when, arrival, occurred) if part)
    parts = (" > ".join(hit.path), f"({details})" if details else "", f"[{hit.score:.2f}]")
    place = f"{one_line(hit.source_id)}:{hit.lines[0]}"
    if hit.copies:
        copies = ", ".join(f"{copy.source_id}:{copy.lines[0]}" for copy in hit.copies)
        place = f"{place}, also in {one_line(copies, 240)}"
    line = "  ".join([place, *(one_line(part) for part in parts if part)])
    text = one_line(hit.text, 240)
    text = f"{text}  (superseded)" if hit.superseded_by else text
    first, second = (text, line) if hit.kind == "fact" else (line, text)
    say(f"{number:>2}. {first}")
    say(f"    {second}")


def _kinds(kind: str | None) -> tuple[HitKind, ...]:
    match kind:
        case None:
            return ("fact", "section")
        case "fact" | "section":
            return (kind,)
        case _:
            raise InputError(f"--kind is {kind!r}: ask for fact or section")


def _occurred(hit: Hit) -> str:
    """The days on which a fact occurred, the last of them included."""
    if hit.occurred_start is None:
        return ""
    first = hit.occurred_start.date()
    end = hit.occurred_end or hit.occurred_start
    last = max(first, (end - timedelta(microseconds=1)).date())
    return f"of {first}" if first == last else f"of {first} to {last}"
