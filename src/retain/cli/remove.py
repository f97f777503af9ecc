"""The commands that delete: forget and prune."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from retain.app import views
from retain.cli.bridge import DONE, with_memory
from retain.cli.options import Age, AnyBank, AnySource, AsJson, Bank, Db, bank_or_default, parse_age
from retain.cli.output import one_line, plural, print_json, say
from retain.errors import InputError

if TYPE_CHECKING:
    from retain.app.forgetting import Forgetting
    from retain.app.memory import Memory

_MAX_SHOWN = 10


def forget(
    source: AnySource = None,
    fact: Annotated[
        str | None,
        typer.Option(
            "--fact", metavar="ID", help="Forget only this fact; `retain facts --json` prints ids."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be deleted; delete nothing.")
    ] = False,
    bank: Bank = None,
    db: Db = None,
    as_json: AsJson = False,
) -> int:
    """Delete every trace of a source, or of one fact.

    The text, facts, vectors, pages, log entries and kept model answers of a source are deleted.
    Facts that it had superseded become current again. Exports are not changed; those that are still
    there are listed. The words of a forgotten fact are blanked in
    its source, also when the source is ingested again.
    """
    if (source is None) == (fact is None):
        raise InputError("give a source, or --fact with the id of a fact")
    bank_id = bank_or_default(bank)
    if dry_run:
        return _preview(source or "", fact, bank_id, db, as_json)

    async def work(memory: Memory) -> tuple[str, list[str]]:
        if fact is not None:
            source_id = await memory.facts.forget(fact, bank_id=bank_id)
        else:
            source_id = await memory.forget(source or "", bank_id=bank_id)
        return source_id, await memory.banks.copies(bank_id=bank_id)

    source_id, copies = with_memory(work, db)
    if as_json:
        print_json(views.forgotten(bank_id, source_id, fact, copies))
    else:
        what = "a fact of " if fact else ""
        say(f"forgot {what}{one_line(source_id)} in bank {one_line(bank_id)}")
        for path in copies:
            say(f"not forgotten in the copy {one_line(path, 1000)}: export again, or delete it")
    return DONE


def _preview(source: str, fact: str | None, bank_id: str, db: str | None, as_json: bool) -> int:
    async def work(memory: Memory) -> list[Forgetting]:
        if fact is not None:
            return [await memory.facts.preview_forget(fact, bank_id=bank_id)]
        named = await memory.sources.of_file(source, bank_id=bank_id)
        return [await memory.sources.preview_forget(one, bank_id=bank_id) for one in named]

    previews = with_memory(work, db)
    if as_json:
        shown = [views.forgetting(bank_id, one) for one in previews]
        print_json(shown[0] if len(shown) == 1 else shown)
        return DONE
    for preview in previews:
        _say_preview(preview, fact, bank_id)
    say("nothing was forgotten: run the command without --dry-run to forget")
    return DONE


def _say_preview(preview: Forgetting, fact: str | None, bank_id: str) -> None:
    what = "a fact of " if fact else ""
    say(f"would forget {what}{one_line(preview.source_id)} in bank {one_line(bank_id)}")
    if not fact:
        entries = preview.log_entries
        say(f"  {plural(preview.sections, 'section')}, with vectors and index entries")
        say(f"  {'1 log entry' if entries == 1 else f'{entries} log entries'}")
    _list("would be deleted", preview.facts, "fact")
    _list("would be deleted (named nowhere else)", preview.entities, "name")
    _list("would become current again", preview.restored, "fact")
    _list("would be deleted", preview.pages_gone, "page")
    _list("would change", preview.pages_changed, "page")


def _list(verb: str, texts: Sequence[str], noun: str) -> None:
    if texts:
        say(f"  {plural(len(texts), noun)} {verb}:")
    for text in texts[:_MAX_SHOWN]:
        say(f"    {one_line(text, 100)}")
    if len(texts) > _MAX_SHOWN:
        say(f"    … and {len(texts) - _MAX_SHOWN} more")


def prune(
    older_than: Age,
    bank: AnyBank = None,
    db: Db = None,
    as_json: AsJson = False,
) -> int:
    """Delete the records of old completed runs.

    What the runs retained stays in the bank. Without its run, a source can still be forgotten, but
    no single fact of it.
    """
    age = parse_age(older_than, "--older-than")
    number = with_memory(lambda memory: memory.runs.prune(age, bank_id=bank), db)
    if as_json:
        print_json(views.pruned(number))
    else:
        say(f"pruned {plural(number, 'run')}")
    return DONE
