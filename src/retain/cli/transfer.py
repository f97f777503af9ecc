"""The commands that take banks out and in: export and import."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

import retain
from retain.cli.bridge import DONE, run
from retain.cli.options import AsJson, Bank, Db, bank_or_default
from retain.cli.output import complain, one_line, plural, print_json, say, took
from retain.errors import InputError, RecordError

if TYPE_CHECKING:
    from retain.app import Exported, Imported

STREAM = "-"

Force = Annotated[
    bool, typer.Option("--force", help="Also where something else is, which may be replaced.")
]


def export(
    folder: Annotated[
        str | None, typer.Argument(metavar="DIR", help="A folder for Markdown.")
    ] = None,
    jsonl: Annotated[
        str | None,
        typer.Option("--jsonl", metavar="FILE", help="A file for `import`, or - for stdout."),
    ] = None,
    bank: Bank = None,
    force: Force = False,
    db: Db = None,
    as_json: AsJson = False,
) -> int:
    """Write a bank as a folder of Markdown, or as JSON lines for another database."""
    bank_id = bank_or_default(bank)
    if (folder is None) == (jsonl is None):
        raise InputError("name a folder for Markdown, or --jsonl and a file")
    if jsonl == STREAM and as_json:
        raise InputError("stdout takes the bank itself: leave --json out, or name a file")
    if jsonl is None:
        return _export_folder(bank_id, folder or "", force, db, as_json)
    return _export_jsonl(bank_id, jsonl, force, db, as_json)


def import_(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="What `export --jsonl` wrote, or - for stdin.")
    ],
    bank: Bank = None,
    db: Db = None,
    as_json: AsJson = False,
) -> int:
    """Read a bank that `export --jsonl` wrote into an empty bank, all of it or nothing."""
    bank_id = bank_or_default(bank)
    began = time.perf_counter()

    async def work() -> Imported:
        async with retain.Memory.open(db) as memory:
            given: str | BinaryIO = _stream(0, "rb") if file == STREAM else file
            return await memory.import_jsonl(given, bank_id=bank_id)

    try:
        imported = run(work())
    except RecordError as exc:
        name = "stdin" if file == STREAM else file
        raise InputError(f"{name}, {exc}; nothing was imported") from exc
    if as_json:
        print_json(imported)
    else:
        counts = imported.counts
        was = f", which was bank {one_line(imported.was)}" if imported.was != bank_id else ""
        say(f"imported bank {one_line(bank_id)}{was}, in {took(_since(began))}")
        say(f"  {_held(counts)}")
    return DONE


def _export_folder(bank_id: str, folder: str, force: bool, db: str | None, as_json: bool) -> int:
    began = time.perf_counter()

    async def work() -> Exported:
        async with retain.Memory.open(db) as memory:
            return await memory.export_folder(bank_id, folder, force=force)

    exported = run(work())
    if as_json:
        print_json({"bank_id": bank_id, "folder": folder, **_fields(exported)})
    else:
        changed = f"{exported.changed:,} written, {exported.removed:,} removed"
        say(f"exported bank {one_line(bank_id)} to {folder} in {took(_since(began))}")
        say(f"  {plural(exported.files, 'file')}: {changed}; begin with index.md")
    return DONE


def _export_jsonl(bank_id: str, file: str, force: bool, db: str | None, as_json: bool) -> int:
    began = time.perf_counter()

    async def work() -> dict[str, int]:
        async with retain.Memory.open(db) as memory:
            given: str | BinaryIO = _stream(1, "wb") if file == STREAM else file
            return await memory.export_jsonl(bank_id, given, force=force)

    try:
        counts = run(work())
    except BrokenPipeError:
        return DONE  # the reader has what it wanted, as `head` does
    told = f"exported bank {one_line(bank_id)} in {took(_since(began))}: {_held(counts)}"
    if as_json:
        print_json({"bank_id": bank_id, "file": file, "counts": counts})
    elif file == STREAM:
        complain(told)
    else:
        say(told)
    return DONE


def _stream(number: int, mode: str) -> BinaryIO:
    """Stdin or stdout as bytes, apart from Python's own: a thread may be at it at the end."""
    raw = os.fdopen(number, mode, buffering=0, closefd=False)
    assert isinstance(raw, io.RawIOBase)  # noqa: S101 - that is what no buffering means
    return io.BufferedReader(raw) if mode == "rb" else io.BufferedWriter(raw)


def _held(counts: Mapping[str, int]) -> str:
    named = {"source": "source", "section": "section", "statement": "statement", "vector": "vector"}
    return ", ".join(plural(counts.get(kind, 0), noun) for kind, noun in named.items())


def _fields(exported: Exported) -> dict[str, int]:
    return {
        "files": exported.files,
        "changed": exported.changed,
        "removed": exported.removed,
    }


def _since(began: float) -> float:
    return (time.perf_counter() - began) * 1000
