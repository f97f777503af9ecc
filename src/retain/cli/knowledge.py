"""The commands that list what a bank knows: facts and entities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from retain.app import views
from retain.app.paging import entity_key, fact_key
from retain.cli.bridge import DONE, with_memory
from retain.cli.listing import After, Limit, page_of, tell_more
from retain.cli.nothing import say_nothing
from retain.cli.options import AnySource, AsJson, Bank, Db, bank_or_default
from retain.cli.output import came_in, moment, one_line, print_json, say
from retain.errors import InputError

if TYPE_CHECKING:
    from retain.app.memory import Memory
    from retain.memory.model import CitedFact

entities = typer.Typer(
    name="entities",
    invoke_without_command=True,
    rich_markup_mode=None,
    add_completion=False,
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="A name, as the sources write it.")]
Other = Annotated[str, typer.Argument(metavar="OTHER", help="Another name.")]


def facts(
    source: AnySource = None,
    about: Annotated[
        str | None,
        typer.Option("--about", metavar="NAME", help="Only facts about this entity; any alias."),
    ] = None,
    limit: Limit = None,
    after: After = None,
    bank: Bank = None,
    db: Db = None,
    as_json: AsJson = False,
) -> int:
    """List the facts of a bank, or of one source.

    Each fact is followed by its place: the source, the line, and the characters of the text.
    """
    if about is not None and not about.strip():
        raise InputError("--about is empty: give a name, as `retain entities` prints it")
    bank_id = bank_or_default(bank)
    every = with_memory(
        lambda memory: memory.facts(bank_id=bank_id, source_id=source, about=about),
        db,
        reads=True,
    )
    found, following = page_of(every, fact_key, limit, after)
    if as_json:
        print_json([views.fact(cited) for cited in found])
        tell_more(len(found), len(every), "facts", following, as_json=True)
        return DONE
    if not every:
        of = f" of {one_line(source)}" if source else ""
        whom = f" about {one_line(about)}" if about else ""
        say_nothing(f"no facts{of}{whom} in bank {one_line(bank_id)}", bank_id, db)
    for cited in found:
        _say_fact(cited)
    tell_more(len(found), len(every), "facts", following)
    return DONE


@entities.callback()
def list_entities(
    context: typer.Context,
    limit: Limit = None,
    after: After = None,
    bank: Bank = None,
    db: Db = None,
    as_json: AsJson = False,
) -> int | None:
    """List or correct a bank's people, places and things.

    Without a command, lists them, the most often named first, with the names that each goes by.
    The commands correct which names mean the same.
    """
    if context.invoked_subcommand is not None:
        given = {"bank": bank, "db": db, "as_json": as_json}
        # What stands before the command is what the command gets where it is given nothing else.
        context.default_map = {context.invoked_subcommand: given}
        return None
    bank_id = bank_or_default(bank)
    every = with_memory(lambda memory: memory.entities(bank_id=bank_id), db, reads=True)
    found, following = page_of(every, entity_key, limit, after)
    if as_json:
        print_json([views.entity(known) for known in found])
        tell_more(len(found), len(every), "names", following, as_json=True)
        return DONE
    if not every:
        say_nothing(f"no names in bank {one_line(bank_id)}", bank_id, db)
    width = min(max((len(known.entity.name) for known in found), default=0), 40)
    for known in found:
        entity = known.entity
        others = [alias for alias in entity.aliases if alias != entity.name]
        name = one_line(entity.name, width).ljust(width)
        line = f"{name}  {entity.kind:<12}  {known.times:>5} x"
        say(f"{line}  also: {one_line(', '.join(others), 80)}" if others else line)
    tell_more(len(found), len(every), "names", following)
    return DONE


@entities.command("merge")
def merge(
    name: Name, other: Other, bank: Bank = None, db: Db = None, as_json: AsJson = False
) -> int:
    """Treat two names as one entity.

    The correction is kept, and also applies to sources that are added later.
    """
    return _correct("merge", name, other, bank, db, as_json)


@entities.command("split")
def split(
    name: Name, other: Other, bank: Bank = None, db: Db = None, as_json: AsJson = False
) -> int:
    """Treat two names as different entities.

    The correction is kept, and also applies to sources that are added later.
    """
    return _correct("split", name, other, bank, db, as_json)


def _correct(
    kind: str, name: str, other: str, bank: str | None, db: str | None, as_json: bool
) -> int:
    bank_id = bank_or_default(bank)

    async def work(memory: Memory) -> None:
        correct = memory.entities.merge if kind == "merge" else memory.entities.split
        await correct(name, other, bank_id=bank_id)

    with_memory(work, db)
    if as_json:
        print_json(views.correction(bank_id, kind, name, other))
    else:
        verb = "are one entity" if kind == "merge" else "are different entities"
        say(f"{name} and {other} {verb} in bank {one_line(bank_id)}, in later sources too")
    return DONE


def _say_fact(cited: CitedFact) -> None:
    fact = cited.fact
    superseded = "  (superseded)" if fact.superseded_by else ""
    say(f"{fact.type:<12} {one_line(fact.text, 160)}{superseded}")
    when = moment(fact.occurred_start)
    parts = [f"{cited.source_id}:{cited.line} [{fact.start}-{fact.end}]"]
    parts += [f"{fact.slot}: {fact.value}"] if fact.slot and fact.value else []
    parts += [f"on {when[:10]}"] if when else []
    parts += [came_in(fact.came_in)] if fact.came_in else []
    parts += [", ".join(fact.entities)] if fact.entities else []
    say(f"             {one_line('; '.join(parts), 160)}")
