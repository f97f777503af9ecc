"""What the STORE of one document costs: ``python -m benchmarks.store_document [OPTION …]``.

Documents of 20 sections and 60 facts, about people that the bank knows and new ones, are read once
by the local pipeline. What STORE gives to the bank is kept, and given again to banks on SQLite and
on a Postgres of its own from pip. The floor is one raw transaction on the same server: the rows
one such STORE leaves, by COPY into empty tables with the same columns and indexes.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from benchmarks.growth_data import documents, some_notes
from benchmarks.growth_table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from retain.bank.store import BankStore

SECTIONS, FACTS = 20, 60
Stored = tuple[tuple[str, ...], dict[str, Any]]
"""The arguments of a call of `BankStore.replace_source`."""


def main(words: Sequence[str] | None = None) -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.store_document", description=__doc__
    )
    parser.add_argument("--notes", type=int, default=100, help="notes in the bank before")
    parser.add_argument("--documents", type=int, default=12, help="how many are stored and timed")
    parser.add_argument("--dir", type=Path, help="where databases go")
    parser.add_argument("--statements", action="store_true", help="count the statements by name")
    args = parser.parse_args(words)
    with tempfile.TemporaryDirectory(dir=args.dir, prefix="retain-store-") as folder:
        told = asyncio.run(_measure(args, Path(folder).resolve()))
    for table in told:
        print(table.text())


async def _measure(args: argparse.Namespace, folder: Path) -> list[Table]:
    from retain.db.pgserver import LocalServer

    stored = await _read(args, folder)
    server = LocalServer(folder / "pg")
    try:
        at = server.started()
        url = f"postgresql://{at['user']}@:{at['port']}/{at['dbname']}?host={at['host']}"
        rows: list[dict[str, Any]] = []
        counted: list[dict[str, Any]] = []
        for title, where in (("SQLite", f"sqlite:///{folder / 'memory.db'}"), ("Postgres", url)):
            with _counting() as statements:
                walls, cpus = await _store(where, stored, args.documents, statements)
            if title == "Postgres":
                rows.append(
                    {
                        "what": "raw transaction of its rows",
                        **_times(_raw(at, args.documents), None),
                    }
                )
                rows[-1]["statements"] = None
                counted = [
                    {"statement": name, "a document": number / args.documents}
                    for name, number in statements.most_common()
                ]
            waits = sum(statements.values()) / args.documents if statements else None
            rows.append({"what": title, **_times(walls, cpus), "statements": waits})
    finally:
        server.stop()
    title = f"STORE of {SECTIONS} sections and {FACTS} facts, bank of {args.notes} notes, ms"
    tables = [Table(title, list(rows))]
    if args.statements:
        tables.append(Table("what the client waits for on Postgres", list(counted)))
    return tables


def _times(walls: Sequence[float], cpus: Sequence[float] | None) -> dict[str, Any]:
    return {
        "median": statistics.median(walls),
        "least": min(walls),
        "CPU": None if cpus is None else statistics.median(cpus),
    }


async def _read(args: argparse.Namespace, folder: Path) -> list[Stored]:
    """What STORE is given for each note and document."""
    from retain import Memory, Settings
    from retain.bank.store import BankStore

    found: list[Stored] = []
    replace = BankStore.replace_source

    async def keep(self: BankStore, *ids: str, **given: Any) -> int:
        found.append((ids, given))
        return await replace(self, *ids, **given)

    with patch.object(BankStore, "replace_source", keep):
        settings = Settings(db=f"sqlite:///{folder / 'read.db'}", embedder="static")
        async with Memory.open(settings=settings) as memory:
            for note in some_notes(args.notes):
                await memory.retain_text(note.text, source_id=note.name, bank_id="bank")
            for number, text in enumerate(
                documents(args.documents + 2, SECTIONS, FACTS // SECTIONS)
            ):
                await memory.retain_text(text, source_id=f"document-{number}.md", bank_id="bank")
    return found


async def _store(
    url: str, stored: Sequence[Stored], timed: int, statements: Counter[str]
) -> tuple[list[float], list[float]]:
    """Wall and CPU milliseconds of each of the last `timed`."""
    from retain.app.backends import open_backend
    from retain.app.wiring import bank_store
    from retain.config import Settings

    backend = open_backend(url, Settings(db=url))
    banks = bank_store(backend.store)
    walls: list[float] = []
    cpus: list[float] = []
    try:
        for ids, given in stored[:-timed]:
            await banks.replace_source(*ids, **given)
        statements.clear()
        for ids, given in stored[-timed:]:
            began, used = perf_counter(), process_time()
            await banks.replace_source(*ids, **given)
            walls.append(1e3 * (perf_counter() - began))
            cpus.append(1e3 * (process_time() - used))
    finally:
        await backend.close()
    return walls, cpus


@contextmanager
def _counting() -> Iterator[Counter[str]]:
    """How often the client of Postgres waits for a statement, or for several sent together."""
    from retain.stores.postgres.tx import PostgresTx

    counted: Counter[str] = Counter()
    names = ("rows", "dicts", "run", "run_many", "rows_each")
    real = {name: getattr(PostgresTx, name) for name in names}

    def counts(how: str) -> Any:
        def call(self: PostgresTx, name: str, *given: Any) -> Any:
            counted[f"{how} {name}"] += 1
            return real[how](self, name, *given)

        return call

    with patch.multiple(PostgresTx, **{name: counts(name) for name in names}):
        yield counted


def _raw(at: dict[str, Any], times: int) -> list[float]:
    """Milliseconds of COPYs of the rows that the last transaction left, in one transaction."""
    import psycopg

    found: list[float] = []
    with psycopg.connect(**at, autocommit=True) as db:
        db.execute("SET search_path TO retain")
        tables = [
            name
            for (name,) in db.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'retain' ORDER BY 1"
            ).fetchall()
        ]
        (last,) = db.execute("SELECT max(xmin::text::bigint)::text FROM bank").fetchone() or ("",)
        copies: dict[str, bytes] = {}
        for name in tables:
            with db.cursor().copy(
                f"COPY (SELECT * FROM {name} WHERE xmin::text = '{last}') TO STDOUT"
            ) as copy:
                if data := b"".join(copy):
                    copies[name] = data
        for name in copies:
            db.execute(f"CREATE TABLE raw_{name} (LIKE {name} INCLUDING ALL)")
        for _ in range(times):
            for name in copies:
                db.execute(f"TRUNCATE raw_{name}")
            began = perf_counter()
            with db.transaction():
                for name, data in copies.items():
                    with db.cursor().copy(f"COPY raw_{name} FROM STDIN") as copy:
                        copy.write(data)
            found.append(1e3 * (perf_counter() - began))
    return found


if __name__ == "__main__":
    main()
