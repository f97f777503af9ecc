"""The commands that move banks: export, import and copy."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

import retain
from retain.app import views
from retain.cli.bridge import DONE, with_memory
from retain.cli.options import AsJson, Bank, Db, bank_or_default
from retain.cli.output import complain, one_line, plural, print_json, say, took
from retain.errors import InputError, RecordError

if TYPE_CHECKING:
    from retain.app.copying import Copied, CopiedBank
    from retain.app.memory import Memory

STREAM = "-"


def export(
    folder: Annotated[
        str | None, typer.Argument(metavar="DIR", help="Folder to write Markdown into.")
    ] = None,
    jsonl: Annotated[
        str | None,
        typer.Option("--jsonl", metavar="FILE", help="File to write JSON Lines into; - is stdout."),
    ] = None,
    bank: Bank = None,
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="Write into a non-empty folder or existing file; files may be overwritten.",
        ),
    ] = False,
    db: Db = None,
    as_json: AsJson = False,
) -> int:
    """Export a bank as Markdown or as JSON Lines.

    Markdown is for people: index, log, pages and sources, for example as an Obsidian vault. JSON
    Lines hold the whole bank, for `retain import` into another database.
    """
    bank_id = bank_or_default(bank)
    if (folder is None) == (jsonl is None):
        raise InputError("name a folder for Markdown, or give --jsonl FILE")
    if jsonl == STREAM and as_json:
        raise InputError("stdout cannot take both the bank and --json: name a file, or drop --json")
    if folder is not None:
        return _export_markdown(bank_id, folder, force, db, as_json)
    return _export_jsonl(bank_id, jsonl or "", force, db, as_json)


def copy(
    origin: Annotated[
        str, typer.Option("--from", metavar="URL", help="Database to copy; it is only read.")
    ],
    to: Annotated[str, typer.Option("--to", metavar="URL", help="Database to copy into.")],
    as_json: AsJson = False,
) -> int:
    """Copy all banks and runs into another database, such as from SQLite to Postgres.

    Each bank is copied whole or not at all, and compared with its original by a checksum. Repeat a
    copy that was interrupted: what is there is skipped. Answers of models are not copied.
    """
    began = time.monotonic()

    def told(bank: CopiedBank) -> None:
        sources = plural(bank.records.get("source", 0), "source")
        how = "was there" if bank.existed else "copied"
        if not as_json:
            say(f"bank {one_line(bank.bank_id, 40)}: {how}, {sources}, verified")

    async def copied(memory: Memory) -> Copied:
        async with retain.Memory.open(to) as other:
            return await memory.copy_to(other, progress=told)

    done = with_memory(copied, origin)
    if as_json:
        print_json(views.plain(done))
        return DONE
    runs = f"{plural(done.runs, 'run')} copied"
    there = f", {done.runs_existed} were there" if done.runs_existed else ""
    say(f"{plural(len(done.banks), 'bank')}, {runs}{there} in {took(_since(began))}")
    return DONE


def import_(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="File of `retain export --jsonl`; - is stdin.")
    ],
    bank: Bank = None,
    db: Db = None,
    as_json: AsJson = False,
) -> int:
    """Import a bank from JSON Lines into an empty bank.

    The whole bank is imported, or nothing if any line cannot be used.
    """
    bank_id = bank_or_default(bank)
    began = time.perf_counter()
    given: str | BinaryIO = _stream(0, "rb") if file == STREAM else file
    try:
        imported = with_memory(lambda memory: memory.banks.import_(given, bank_id=bank_id), db)
    except RecordError as exc:
        name = "stdin" if file == STREAM else file
        raise InputError(f"{name}, {exc}; nothing was imported") from exc
    if as_json:
        print_json(views.plain(imported))
    else:
        was = f", which was bank {one_line(imported.was)}" if imported.was != bank_id else ""
        say(f"imported bank {one_line(bank_id)}{was}, in {took(_since(began))}")
        say(f"  {_contents(imported.counts)}")
    return DONE


def _export_markdown(bank_id: str, folder: str, force: bool, db: str | None, as_json: bool) -> int:
    began = time.perf_counter()
    exported = with_memory(
        lambda memory: memory.banks.export_markdown(folder, bank_id=bank_id, force=force), db
    )
    if as_json:
        print_json(views.exported_markdown(bank_id, folder, exported))
    else:
        changed = f"{exported.changed:,} written, {exported.removed:,} removed"
        say(f"exported bank {one_line(bank_id)} to {folder} in {took(_since(began))}")
        say(f"  {plural(exported.files, 'file')}: {changed}; begin with index.md")
    return DONE


def _export_jsonl(bank_id: str, file: str, force: bool, db: str | None, as_json: bool) -> int:
    began = time.perf_counter()
    given: str | BinaryIO = _stream(1, "wb") if file == STREAM else file
    try:
        counts = with_memory(
            lambda memory: memory.banks.export(given, bank_id=bank_id, force=force), db
        )
    except BrokenPipeError:
        return DONE  # the reader took what it wanted, as `head` does
    line = f"exported bank {one_line(bank_id)} in {took(_since(began))}: {_contents(counts)}"
    if as_json:
        print_json(views.exported(bank_id, file, counts))
    elif file == STREAM:
        complain(line)
    else:
        say(line)
    return DONE


def _stream(number: int, mode: str) -> BinaryIO:
    """Stdin or stdout as bytes, without Python's own buffers: a thread may still use it at exit."""
    raw = os.fdopen(number, mode, buffering=0, closefd=False)
    assert isinstance(raw, io.RawIOBase)  # noqa: S101 - that is what no buffering means
    return io.BufferedReader(raw) if mode == "rb" else io.BufferedWriter(raw)


def _contents(counts: Mapping[str, int]) -> str:
    kinds = ("source", "section", "statement", "vector")
    return ", ".join(plural(counts.get(kind, 0), kind) for kind in kinds)


def _since(began: float) -> float:
    return (time.perf_counter() - began) * 1000
