"""(h) What one durable transition costs on Postgres, beside one raw durable commit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from itertools import count as numbers
from pathlib import Path
from typing import Any

from benchmarks import contenders
from benchmarks.measure import Group, Meter, Sample, Settings, document, interleave

CHARACTERS = 1_000_000
COUNTS = (100, 1000)
RAW_COUNT = 300
REPETITIONS = 5
FLOOR = "raw commit of 300 bytes"

NOTE = f"""\
(h) A Postgres of its own from pip, with its default settings: every commit is flushed to the disk.
    {FLOOR}: psycopg, BEGIN, one INSERT, COMMIT, on one connection.
    retain: the first save, with the document, is timed as well."""


def run(settings: Settings) -> list[Group]:
    """Measure runs of two lengths and raw commits in turns, on one server."""
    from retain.db.pgserver import LocalServer

    server = LocalServer(Path(settings.folder) / "pg")
    keys = map(str, numbers())
    connect = server.started
    try:
        measured: dict[str, Callable[[], Sample]] = {FLOOR: partial(_raw, connect())}
        for count in COUNTS:
            measured[f"retain, {count:,} transitions"] = partial(_runs, connect(), keys, count)
        rows = interleave(measured, settings.count(REPETITIONS), settings.tell)
    finally:
        server.stop()
    return [Group("(h) durable transition on Postgres, 1 MB kept", "ms", rows, base=FLOOR)]


def _raw(at: dict[str, Any]) -> Sample:
    import psycopg

    data, meter = b"x" * 300, Meter()
    with psycopg.connect(**at, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS floor"
            " (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, data bytea)"
        )
        with meter:
            for _ in range(RAW_COUNT):
                connection.execute("BEGIN")
                connection.execute("INSERT INTO floor (data) VALUES (%s)", (data,))
                connection.execute("COMMIT")
    return Sample(meter.seconds / RAW_COUNT * 1000)


def _runs(at: dict[str, Any], keys: map[str], count: int) -> Sample:
    from retain.checkpoints.postgres import PostgresCheckpoint

    ours = contenders.load("retain")
    meter = Meter()
    url = f"postgresql://{at['user']}@:{at['port']}/{at['dbname']}?host={at['host']}"

    async def main() -> None:
        checkpoint = PostgresCheckpoint(url, ours.Document)
        await checkpoint.list()
        with meter:
            await ours.durable_run(checkpoint, next(keys), count, document(CHARACTERS))
        await checkpoint.close()

    asyncio.run(main())
    return Sample(meter.seconds / count * 1000)
