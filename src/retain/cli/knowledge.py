"""The commands that tell what a bank knows: facts and entities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

import retain
from retain.cli.bridge import DONE, run
from retain.cli.options import AnySource, AsJson, Bank, Db, bank_or_default
from retain.cli.output import moment, one_line, print_json, say
from retain.errors import InputError

if TYPE_CHECKING:
    from retain.app import KnownEntity
    from retain.memory.model import CitedFact

entities = typer.Typer(
    name="entities",
    help="The people, places and things that a bank speaks of.",
    invoke_without_command=True,
    rich_markup_mode=None,
)

Name = Annotated[
    str, typer.Argument(metavar="NAME", help="A name, as `retain entities` prints it.")
]
Other = Annotated[str, typer.Argument(metavar="OTHER", help="Another name.")]


def facts(
    source: AnySource = None,
    about: Annotated[
        str | None, typer.Option("--about", metavar="NAME", help="Of one entity, by any alias.")
    ] = None,
    bank: Bank = None,
    db: Db = None,
    as_json: AsJson = False,
) -> int:
    """List the facts of a bank, or of one source, each with its place."""
    if about is not None and not about.strip():
        raise InputError("--about is empty: give a name, as `retain entities` prints it")
    bank_id = bank_or_default(bank)

    async def work() -> list[CitedFact]:
        async with retain.Memory.open(db) as memory:
            return await memory.facts(bank_id=bank_id, source_id=source, about=about)

    found = run(work())
    if as_json:
        print_json([_fact_json(known) for known in found])
        return DONE
    if not found:
        of = f" of {one_line(source)}" if source else ""
        whom = f" about {one_line(about)}" if about else ""
        say(f"no facts{of}{whom} in bank {one_line(bank_id)}")
    for known in found:
        _say_fact(known)
    return DONE


@entities.callback()
def list_entities(
    context: typer.Context,
    bank: Bank = None,
    db: Db = None,
    as_json: AsJson = False,
) -> int | None:
    """The people, places and things that a bank speaks of, the most named first."""
    if context.invoked_subcommand is not None:
        return None
    bank_id = bank_or_default(bank)

    async def work() -> list[KnownEntity]:
        async with retain.Memory.open(db) as memory:
            return await memory.entities(bank_id=bank_id)

    found = run(work())
    if as_json:
        print_json([_entity_json(known) for known in found])
        return DONE
    if not found:
        say(f"no names in bank {one_line(bank_id)}")
    width = min(max((len(known.entity.name) for known in found), default=0), 40)
    for known in found:
        entity = known.entity
        others = [alias for alias in entity.aliases if alias != entity.name]
        name = one_line(entity.name, width).ljust(width)
        told = f"{name}  {entity.kind:<12}  {known.times:>5} x"
        say(f"{told}  also: {one_line(', '.join(others), 80)}" if others else told)
    return DONE


@entities.command("merge")
def merge(
    name: Name, other: Other, bank: Bank = None, db: Db = None, as_json: AsJson = False
) -> int:
    """Say that two names mean the same, for good."""
    return _correct("merge", name, other, bank, db, as_json)


@entities.command("split")
def split(
    name: Name, other: Other, bank: Bank = None, db: Db = None, as_json: AsJson = False
) -> int:
    """Say that two names do not mean the same, for good."""
    return _correct("split", name, other, bank, db, as_json)


def _correct(
    kind: str, name: str, other: str, bank: str | None, db: str | None, as_json: bool
) -> int:
    bank_id = bank_or_default(bank)

    async def work() -> None:
        async with retain.Memory.open(db) as memory:
            act = memory.merge_entities if kind == "merge" else memory.split_entities
            await act(name, other, bank_id=bank_id)

    run(work())
    if as_json:
        print_json({"bank_id": bank_id, "correction": kind, "names": [name, other]})
    else:
        verb = "are one" if kind == "merge" else "are not the same"
        say(f"{name} and {other} {verb} in bank {one_line(bank_id)}, also for what comes later")
    return DONE


def _fact_json(known: CitedFact) -> dict[str, Any]:
    fact = known.fact
    return {
        "source_id": known.source_id,
        "fact_id": fact.fact_id,
        "section_id": fact.section_id,
        "type": fact.type,
        "text": fact.text,
        "quote": fact.quote,
        "span": (fact.start, fact.end),
        "line": known.line,
        "entities": fact.entities,
        "subject": fact.subject,
        "slot": fact.slot,
        "value": fact.value,
        "mentioned_at": fact.mentioned_at,
        "occurred_start": fact.occurred_start,
        "occurred_end": fact.occurred_end,
        "confidence": fact.confidence,
        "superseded_by": fact.superseded_by,
    }


def _entity_json(known: KnownEntity) -> dict[str, Any]:
    entity = known.entity
    return {
        "entity_id": entity.entity_id,
        "name": entity.name,
        "kind": entity.kind,
        "aliases": entity.aliases,
        "reasons": entity.reasons,
        "mentions": known.times,
    }


def _say_fact(known: CitedFact) -> None:
    fact = known.fact
    replaced = "  (superseded)" if fact.superseded_by else ""
    say(f"{fact.type:<12} {one_line(fact.text, 160)}{replaced}")
    when = moment(fact.occurred_start)
    parts = [f"{known.source_id}:{known.line} [{fact.start}-{fact.end}]"]
    parts += [f"{fact.slot}: {fact.value}"] if fact.slot and fact.value else []
    parts += [f"on {when[:10]}"] if when else []
    parts += [", ".join(fact.entities)] if fact.entities else []
    say(f"             {one_line('; '.join(parts), 160)}")
