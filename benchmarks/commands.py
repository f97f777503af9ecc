"""Commands in processes of their own, work on a `Memory` in this one, and what each cost.

`retain` is imported only where a `Memory` is opened: to the system, a process that is begun has had
its parent's peak of memory.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Container, Iterable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any, TypeVar

from benchmarks.growth_data import Note, notes

if TYPE_CHECKING:
    from retain import Memory

T = TypeVar("T")

RETAIN = Path(sys.executable).with_name("retain")
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True)
class Ended:
    """A command that has ended.

    Args:
        code: Its exit code.
        wall_s: How long it took.
        cpu_s: What it used of processors, user and system, the start of Python included.
        peak_mb: The most memory that it had, in megabytes (10^6 bytes).
        out: What it printed.
        err: What it printed on stderr.
    """

    code: int
    wall_s: float
    cpu_s: float
    peak_mb: float
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Started:
    """A command that runs."""

    def __init__(self, words: Iterable[str | Path], environ: dict[str, str]) -> None:
        self._out = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115
        self._err = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115
        self._began = perf_counter()
        self._process = subprocess.Popen(
            [RETAIN, *words],
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=self._out,
            stderr=self._err,
        )

    @property
    def runs(self) -> bool:
        """Whether it still does. Its exit status is left to `wait`, which needs its usage too."""
        options = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self._process.pid, options) is None

    def wait(self) -> Ended:
        """Wait for its end."""
        _, status, usage = os.wait4(self._process.pid, 0)
        wall_s = perf_counter() - self._began
        code = self._process.returncode = os.waitstatus_to_exitcode(status)
        texts: list[str] = []
        for file in (self._out, self._err):
            file.seek(0)
            texts.append(file.read())
            file.close()
        cpu_s, peak_mb = usage.ru_utime + usage.ru_stime, usage.ru_maxrss * _RSS_UNIT / 1e6
        return Ended(code, wall_s, cpu_s, peak_mb, *texts)


class Commands:
    """Runs commands over a database.

    Args:
        db: The file.
        embedder: The embedder of new banks.
    """

    def __init__(self, db: Path, embedder: str = "static") -> None:
        self.db = db
        # An installed package has its bytecode, whatever this shell says of writing it.
        left_out = ("RETAIN_", "PYTHONDONTWRITEBYTECODE")
        kept = {k: v for k, v in os.environ.items() if not k.startswith(left_out)}
        self._environ = {**kept, "RETAIN_DB": f"sqlite:///{db}", "RETAIN_EMBEDDER": embedder}

    def start(self, *words: str | Path) -> Started:
        """Start a command."""
        return Started(words, self._environ)

    def run(self, *words: str | Path, codes: Container[int] = (0,)) -> Ended:
        """Run a command to its end.

        Args:
            words: The command without its first word, ``retain``.
            codes: The exit codes of a good end.

        Raises:
            SystemExit: It did not end well; what it said is printed.
        """
        ended = self.start(*words).wait()
        if ended.code not in codes:
            raise SystemExit(f"{words} ended with {ended.code}: {ended.out}{ended.err}")
        return ended

    def copy(self, to: Path) -> Commands:
        """The same over a copy of the database, with the file at `to`."""
        to.parent.mkdir(parents=True, exist_ok=True)
        for end in ("", "-wal"):
            if (file := self.db.with_name(self.db.name + end)).exists():
                shutil.copy(file, to.with_name(to.name + end))
        copied = Commands(to)
        copied._environ = {**self._environ, "RETAIN_DB": f"sqlite:///{to}"}
        return copied

    @property
    def size(self) -> int:
        """The bytes of the database, of a write-ahead log that is left included."""
        files = (self.db, self.db.with_name(f"{self.db.name}-wal"))
        return sum(file.stat().st_size for file in files if file.exists())


def write(some: Iterable[Note], folder: Path) -> Path:
    """Write notes into a folder; the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for note in some:
        (folder / note.name).write_text(note.text, encoding="utf-8")
    return folder


def within(db: Path, work: Callable[[Memory], Awaitable[T]], embedder: str = "static") -> T:
    """Do `work` on the memory in a database; what it needs was loaded before."""
    from retain import Memory, Settings

    async def main() -> T:
        settings = Settings(db=f"sqlite:///{db}", embedder=embedder)
        async with Memory.open(f"sqlite:///{db}.warm-up", settings=settings) as memory:
            await memory.retain_text(next(notes()).text, source_id="note")
            await memory.recall("Where does anybody live?")
        async with Memory.open(settings=settings) as memory:
            return await work(memory)

    return asyncio.run(main())


async def cpu_ms(work: Awaitable[object]) -> float:
    """What all threads of this process used of processors while `work` was awaited."""
    began = process_time()
    await work
    return 1e3 * (process_time() - began)
