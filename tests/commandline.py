"""The command line as its users have it: real processes over a folder and a database of a test."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sqlite3
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.nursery import QUICK, kept, shared

from retain import Memory

RETAIN = Path(sys.executable).with_name("retain")
DEADLINE_S = 60.0

OF_THE_PLACE = {"HOME", "TZ", "XDG_DATA_HOME", "OPENAI_API_KEY", "OPENAI_BASE_URL"}
"""Variables that a command reads while it runs; others, such as `PYTHONWARNINGS`, Python reads."""

ANA = "# Ana\n\nAna lives in Lisbon.\n\n## Work\n\nShe paints harbours.\n"
TALK = "# Talk\n\n**Ana:** I moved to Porto.\n\n**Bob:** When was that?\n\n**Ana:** In May.\n"
CHAT = (
    '{"role": "user", "content": "Where is the spare key?"}\n'
    '{"role": "assistant", "content": "Under the blue flowerpot."}\n'
)


@dataclass(frozen=True)
class Ended:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class CommandLine:
    """Runs `retain` in a folder, over a database in it."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)

    @property
    def db(self) -> Path:
        return self.folder / "memory.db"

    def environment(self) -> dict[str, str]:
        mine = {"RETAIN_DB": f"sqlite:///{self.db}", "TZ": "UTC", "HOME": str(self.folder)}
        return {**kept(), **mine, **QUICK, **self.env}

    def __call__(
        self, *words: str | Path, code: int | None = 0, given: str | None = None, **options: Any
    ) -> Ended:
        """Run a command to its end; it must end with `code`, unless that is None.

        It runs in a process of its own: a fork of a warm one, which spares it the imports, or a
        fresh interpreter where its options or environment ask for one.

        Args:
            words: The words of the command.
            code: The exit code.
            given: What stands in its standard input.
            options: Of the process.
        """
        ended = self._forked(words, given, **options) or self._fresh(words, given, **options)
        assert "Traceback" not in ended.out + ended.err, ended.err
        assert code is None or ended.code == code, f"{words}: {ended}"
        return ended

    def _forked(
        self,
        words: tuple[str | Path, ...],
        given: str | None,
        cwd: Path | None = None,
        env: dict[str, str] | None = None,
        **more: Any,
    ) -> Ended | None:
        env = self.environment() if env is None else env
        differs = {name for name, _ in env.items() ^ kept().items()}
        own = {name for name in differs if not name.startswith("RETAIN_")}
        if more or own - OF_THE_PLACE or not shared().alone.acquire(blocking=False):
            return None
        try:
            done = shared().command(
                [os.fsdecode(word) for word in words],
                cwd or self.folder,
                env,
                (given or "").encode(),
                deadline_s=DEADLINE_S,
            )
        finally:
            shared().alone.release()
        return Ended(done.code, done.out, done.err)

    def _fresh(self, words: tuple[str | Path, ...], given: str | None, **options: Any) -> Ended:
        source = {"stdin": subprocess.DEVNULL} if given is None else {"input": given.encode()}
        ran = subprocess.run(
            [RETAIN, *words],
            **{"cwd": self.folder, "env": self.environment(), **source, **options},
            capture_output=True,
            timeout=DEADLINE_S,
            check=False,
        )
        return Ended(ran.returncode, ran.stdout.decode(), ran.stderr.decode())

    @contextmanager
    def start(self, *words: str | Path, **options: Any) -> Iterator[subprocess.Popen[str]]:
        """Start a command; it does not outlive the block."""
        process = subprocess.Popen(
            [RETAIN, *words],
            **{"cwd": self.folder, "env": self.environment(), **options},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with ended_after(process):
            yield process

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def retained(self, *names: str) -> None:
        """Retain files and folders, without a process for it."""

        async def retain() -> None:
            async with Memory.open(f"sqlite:///{self.db}") as memory:
                await memory.retain([self.folder / name for name in names])

        asyncio.run(retain())

    def statuses(self, bank: str = "default") -> dict[str, str]:
        """How the runs of a bank stand, asked without a process for it."""

        async def look() -> dict[str, str]:
            async with Memory.open(f"sqlite:///{self.db}") as memory:
                return {run.source_id: run.status for run in await memory.runs(bank_id=bank)}

        return asyncio.run(look())

    def found(self, question: str, bank: str = "default") -> list[str]:
        """The texts that recall finds, asked without a process for it."""

        async def look() -> list[str]:
            async with Memory.open(f"sqlite:///{self.db}") as memory:
                return [hit.text for hit in await memory.recall(question, bank_id=bank)]

        return asyncio.run(look())


def notes(cli: CommandLine, folder: str, number: int, sections: int = 3) -> list[str]:
    """Generate notes; their source ids."""
    for n in range(number):
        said = (f"Shelf {s} holds letter {s} of box {n}." for s in range(sections))
        parts = (f"## Shelf {s}\n\n{text}\n\n" for s, text in enumerate(said))
        cli.write(f"{folder}/{n:04}.md", f"# Box {n}\n\n" + "".join(parts))
    return [f"{n:04}.md" for n in range(number)]


@contextmanager
def ended_after(process: subprocess.Popen[str]) -> Iterator[None]:
    """See that the process ends with the block."""
    try:
        yield
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def stop(process: subprocess.Popen[str], number: signal.Signals) -> Ended:
    """Send the signal and wait for the end."""
    process.send_signal(number)
    out, err = process.communicate(timeout=DEADLINE_S)
    return Ended(process.returncode, out, err)


def until(condition: Callable[[], Any], what: str, every_s: float = 0.002) -> None:
    """Wait for a condition; to wait in vain is a failure."""
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(every_s)


def catches(process: subprocess.Popen[str], number: signal.Signals) -> bool:
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    caught = re.search(r"^SigCgt:\s*([0-9a-f]+)$", status, re.MULTILINE)
    return caught is not None and bool(int(caught[1], 16) >> (number - 1) & 1)


@contextmanager
def locked(db: Path) -> Iterator[None]:
    """Hold the database's write lock, as another program's transaction does."""
    with closing(sqlite3.connect(db, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


def query(db: Path, sql: str) -> list[tuple[Any, ...]]:
    """Look into a database from outside; nothing while it is not there yet."""
    if not db.exists():
        return []
    with closing(sqlite3.connect(f"{db.as_uri()}?mode=ro", uri=True, timeout=10)) as connection:
        try:
            return connection.execute(sql).fetchall()
        except sqlite3.OperationalError as exc:
            if re.search("no such table|unable to open|locked", str(exc)):
                return []
            raise


_OWN_OF_RUNS = re.compile(
    "export|earlier_run|run|run_field|run_step|lease|label|retain_schema|retain_erasure|bank_change|word.*|sqlite_.*"
)
_ARBITRARY = {"id", "retained_at", "came_in", "at", "superseded"}
_VERSION_OF_BANK = {"bank": {"version"}}
_REFERS = {
    "vector": {"id": "section"},
    "topic_section": {"section": "section"},
    "claim": {"section": "section", "bank": "bank"},
    **{key: {"bank": "bank"} for key in ("statement", "fact_reading", "term", "edge")},
}
"""What refers to rows without a reference in the schema."""
_SINCE_TOPICS = ("clustered", "unclustered")
"""Totals that say when topics were clustered last."""


def contents(db: Path) -> dict[str, list[Any]]:
    """Every row of the bank's tables and every word of its indexes, without row ids and times.

    Where a row names another by its id, that row stands in the id's place. The moment at which a
    source came in, which is also that of its undated facts, is replaced by a word.
    """
    with closing(sqlite3.connect(db)) as connection:
        made = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        tables = [name for (name,) in made if not _OWN_OF_RUNS.fullmatch(name)]
        arrivals = _arrivals(connection)
        found = {
            table: [tuple(arrivals.get(value, value) for value in row) for row in rows]
            for table, rows in ((table, _rows(connection, table)) for table in tables)
        }
        assert {"source", "section"} <= found.keys(), tables
        found["total"] = [row for row in found.get("total", []) if row[1] not in _SINCE_TOPICS]
        found["words"] = sorted(_words(connection), key=repr)
        return found


def everything(db: Path) -> dict[str, list[Any]]:
    """Every row of every table as it stands, the indexes' own and all times among them."""
    with closing(sqlite3.connect(db)) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        return {
            name: sorted(connection.execute(f'SELECT * FROM "{name}"'), key=repr)
            for (name,) in names.fetchall()
        }


def sound(db: Path) -> None:
    """Have SQLite check the whole file, and find every row that the index of words names."""
    with closing(sqlite3.connect(db)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        list(_words(connection))


def _words(connection: sqlite3.Connection) -> Iterator[tuple[Any, ...]]:
    """Where the index has each word: in a section, or in one of its facts by its place there."""
    sections = _named(connection, "section")
    blocks = {
        id_: (kind, struct.unpack(f"<{len(rows) // 8}q", rows))
        for id_, kind, rows in connection.execute("SELECT id, kind, rows FROM word_block")
    }
    for block, word, entries in connection.execute("SELECT block, word, entries FROM word"):
        kind, rows = blocks[block]
        for (entry,) in struct.iter_unpack("<H", entries):
            row = rows[entry >> 4]
            section, place = (row, 0) if kind == "section" else (row >> 20, row & 0xFFFFF)
            yield kind, sections[section], place, word, entry & 15


def _arrivals(connection: sqlite3.Connection) -> dict[Any, str]:
    """The moments at which the sources came in, as rows of any table write them."""
    rows = connection.execute("SELECT retained_at FROM source_version").fetchall()
    written = {text for (text,) in rows}
    return dict.fromkeys(
        [*written, *(datetime.fromisoformat(one).timestamp() for one in written)], "came in"
    )


def _rows(connection: sqlite3.Connection, table: str) -> list[Any]:
    return sorted(_named(connection, table).values(), key=repr)


def _named(connection: sqlite3.Connection, table: str) -> dict[int, Any]:
    """The rows of a table by their row ids, or numbered where they have none."""
    others = {
        column: _named(connection, other)
        for _, _, other, column, key, *_ in connection.execute(
            f'PRAGMA foreign_key_list("{table}")'
        ).fetchall()
        if key == "id"
    }
    others |= {
        column: _named(connection, other) for column, other in _REFERS.get(table, {}).items()
    }
    arbitrary = _ARBITRARY | _VERSION_OF_BANK.get(table, set())
    cursor = connection.execute(f'SELECT * FROM "{table}"')
    columns = [column[0] for column in cursor.description]
    key = columns.index("id") if "id" in columns and "id" not in others else None
    kept = [n for n, column in enumerate(columns) if column not in arbitrary - others.keys()]
    return {
        n if key is None else row[key]: tuple(
            others[columns[n]][row[n]] if columns[n] in others and row[n] is not None else row[n]
            for n in kept
        )
        for n, row in enumerate(cursor.fetchall())
    }
