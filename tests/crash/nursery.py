"""A warm worker that runs each `retain` command in a process of its own, and kills it in time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.commandline import QUICK

WORKER = Path(__file__).with_name("commands_worker.py")
# So that the worker has no threads when it forks.
ALONE = {"OPENBLAS_NUM_THREADS": "1"}

# What a process has written outlives it; only a loss of power asks for more, and that takes longer.
SETTINGS = {"RETAIN_DURABILITY": "process", "TZ": "UTC", **QUICK}


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

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, folder: Path, *words: str, kill_after_s: float | None = None) -> Done:
        """Run the command in `folder`, over the database in it.

        Args:
            folder: Where.
            words: The command without its first word, ``retain``.
            kill_after_s: After how many seconds it is killed; None: never.
        """
        env = SETTINGS | {"RETAIN_DB": f"sqlite:///{folder}/memory.db", "HOME": str(folder)}
        for name in ("out", "err"):
            (folder / name).write_text("")
        job = {"words": words, "folder": str(folder), "env": env, "kill_after_s": kill_after_s}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        ended = json.loads(self._process.stdout.readline())
        out, err = ((folder / name).read_text(encoding="utf-8") for name in ("out", "err"))
        assert "Traceback" not in err, err
        return Done(**ended, out=out, err=err)


@contextmanager
def nursery(*modules: str) -> Iterator[Nursery]:
    """A nursery that ends with the block.

    Args:
        modules: What its commands need beside what all need: they have it without loading it.
    """
    kept = {k: v for k, v in os.environ.items() if not k.startswith("RETAIN_")}
    process = subprocess.Popen(
        [sys.executable, WORKER, *modules],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=kept | ALONE,
        text=True,
    )
    try:
        yield Nursery(process)
        process.communicate(timeout=60)
        assert process.returncode == 0
    finally:
        process.kill()
        process.communicate()
