"""A warm worker that runs each `retain` command in a process of its own, and kills it in time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

WORKER = Path(__file__).with_name("commands_worker.py")
# So that the worker has no threads when it forks.
ALONE = {"OPENBLAS_NUM_THREADS": "1"}

QUICK = {"RETAIN_EMBEDDER": "static"}
"""For tests that are not about how well recall finds: the default takes many times as long."""

# What a process has written outlives it; only a loss of power asks for more, and that takes longer.
SETTINGS = {"RETAIN_DURABILITY": "process", "TZ": "UTC", **QUICK}

MODULES = (
    "retain.providers.llm.chat",
    "retain.providers.llm.failures",
    "retain.providers.llm.http",
    "retain.providers.llm.sdk",
    "pydantic_ai.models.openai",
    "pydantic_ai.providers.openai_compatible",
)
"""What a command needs that asks a model."""


@dataclass(frozen=True)
class Done:
    """How a command ended.

    Args:
        code: Its exit code, negative for the signal that killed it.
        took_s: From its start to its end.
        cpu_s: The time that processors gave to it.
        kilobytes: The most memory that it had at once.
        out: What it wrote to stdout.
        err: What it wrote to stderr.
    """

    code: int
    took_s: float
    cpu_s: float
    kilobytes: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Nursery:
    """Runs one command after the other; see `nursery`."""

    def __init__(self, process: subprocess.Popen[str], streams: Path) -> None:
        self._process = process
        self._streams = streams
        self.alone = threading.Lock()

    def run(self, folder: Path, *words: str, kill_after_s: float | None = None) -> Done:
        """Run the command in `folder`, over the database in it.

        Args:
            folder: Where.
            words: The command without its first word, ``retain``.
            kill_after_s: After how many seconds it is killed; None: never.
        """
        mine = {"RETAIN_DB": f"sqlite:///{folder}/memory.db", "HOME": str(folder)}
        done = self.command(words, folder, kept() | SETTINGS | mine, kill_after_s=kill_after_s)
        assert "Traceback" not in done.err, done.err
        return done

    def command(
        self,
        words: Sequence[str],
        folder: Path,
        env: Mapping[str, str],
        given: bytes = b"",
        kill_after_s: float | None = None,
        deadline_s: float = 600,
    ) -> Done:
        """Run a command.

        Args:
            words: The command without its first word, ``retain``.
            folder: Where.
            env: All of its environment.
            given: What stands in its standard input.
            kill_after_s: After how many seconds it is killed; None: never.
            deadline_s: After how many seconds it is killed since it hangs.
        """
        streams = {name: self._streams / name for name in ("in", "out", "err")}
        for name, path in streams.items():
            path.write_bytes(given if name == "in" else b"")
        job = {
            "words": list(words),
            "folder": str(folder.absolute()),
            "env": dict(env),
            "streams": {name: str(path) for name, path in streams.items()},
            "umask": _umask(),
            "kill_after_s": kill_after_s,
            "deadline_s": deadline_s,
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        ended = json.loads(self._process.stdout.readline())
        out, err = (streams[name].read_bytes().decode() for name in ("out", "err"))
        return Done(**ended, out=out, err=err)


def kept() -> dict[str, str]:
    """The environment of the tests, without settings of Retain."""
    return {k: v for k, v in os.environ.items() if not k.startswith("RETAIN_")}


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


@contextmanager
def nursery(*modules: str) -> Iterator[Nursery]:
    """A nursery that ends with the block.

    Args:
        modules: What its commands need beside what all need: they have it without loading it.
    """
    process = subprocess.Popen(
        [sys.executable, WORKER, *modules],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=kept() | ALONE,
        text=True,
    )
    with TemporaryDirectory(prefix="retain-nursery-") as streams:
        try:
            yield Nursery(process, Path(streams))
            process.communicate(timeout=60)
            assert process.returncode == 0
        finally:
            process.kill()
            process.communicate()


_until_the_end = ExitStack()


@cache
def shared() -> Nursery:
    """The nursery that tests of one process share, until `end_shared`."""
    return _until_the_end.enter_context(nursery(*MODULES))


def end_shared() -> None:
    _until_the_end.close()
