"""A worker of the engine that runs each job in a process of its own, and what it left behind."""

import asyncio
import importlib.util
import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

PATIENCE_S = 60


def load_worker(name):
    """The worker's program as a module."""
    folder = Path(__file__).parent
    spec = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    sys.path.insert(0, str(folder))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(folder))
    return module


class Nursery:
    """A worker process, warm, that runs each job in a child of its own."""

    def __init__(self, backend, process):
        self.backend, self.process = backend, process

    def run(self, folder, where="awaits", kill_at=0):
        """Drive the run in `folder` in a new process; how that ended."""
        job = {
            "backend": self.backend, "folder": str(folder), "where": where, "kill_at": kill_at,
        }  # fmt: skip
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


@contextmanager
def nursery(backend, worker):
    process = subprocess.Popen(
        [sys.executable, worker.__file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield Nursery(backend, process)
        process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0
    finally:
        process.kill()
        process.communicate()


def kept_by(worker, backend, folder):
    """The run that a worker keeps in `folder`."""

    async def load():
        async with worker.opened(backend, folder) as checkpoint:
            return await checkpoint.load(*worker.KEY)

    return asyncio.run(load())


def history(folder):
    """What happened in `folder`, over all of its processes: lists of words."""
    return [line.split() for line in (folder / "log").read_text().splitlines()]
