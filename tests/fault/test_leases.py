"""Leases between real processes: held, killed, stopped, and on another machine."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import psutil
import pytest
from tests.crash.backends import URL, open_checkpoint

from retain.errors import LeaseHeldError

WORKER = Path(__file__).parents[1] / "crash" / "lease_worker.py"
PATIENCE_S = 60
LONG_S = 3600.0
KEY = ("bank", "source")

pytestmark = pytest.mark.parametrize("backend", ["file", "sqlite", "postgres"])


@pytest.fixture(autouse=True)
def _database(backend, tmp_path, request):
    if backend == "postgres":
        (tmp_path / URL).write_text(request.getfixturevalue("postgres").url(tmp_path))


class Runner:
    """Another process that does as it is told."""

    def __init__(self, process):
        self.process = process
        here, pid = self.answer().split()
        assert here == "here"
        self.pid = int(pid)

    def answer(self):
        return self.process.stdout.readline().rstrip("\n")

    def tell(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return self.answer()


@contextmanager
def runner(backend, folder, ttl_s, *elsewhere):
    process = subprocess.Popen(
        [sys.executable, WORKER, backend, str(folder), str(ttl_s), *elsewhere],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Runner(process)
    finally:
        process.kill()
        process.communicate()


@asynccontextmanager
async def checkpoint(backend, folder, ttl_s=LONG_S, clock=time.time):
    """A checkpoint of this process."""
    options = {"durability": "process", "lease_ttl_s": ttl_s, "clock": clock}
    opened = open_checkpoint(backend, folder, **options)
    try:
        yield opened
    finally:
        await opened.close()


def test_the_second_runner_is_told_who_holds_the_run(backend, tmp_path):
    async def ask():
        async with checkpoint(backend, tmp_path) as mine:
            with pytest.raises(LeaseHeldError) as caught:
                await mine.lease(*KEY).__aenter__()
            assert caught.value.holder == f"process {first.pid} on {socket.gethostname()}"
            with pytest.raises(LeaseHeldError):
                await mine.delete(*KEY)
            assert [s.status for s in await mine.list()] == ["running"]

    with runner(backend, tmp_path, LONG_S) as first, runner(backend, tmp_path, LONG_S) as second:
        assert first.tell("hold") == "done"
        assert first.tell("save one") == "done"
        refused = second.tell("hold")
        assert refused.startswith("LeaseHeldError 'source' in 'bank' is being run by process ")
        assert f"process {first.pid} on {socket.gethostname()}" in refused
        assert second.tell("save two").startswith("LeaseHeldError ")
        asyncio.run(ask())
        assert first.tell("release") == "done"
        assert second.tell("hold") == "done"
        assert second.tell("save two") == "done"


@pytest.mark.parametrize("buried", [False, True], ids=["zombie", "gone"])
def test_a_killed_holder_is_followed_at_once(backend, buried, tmp_path):
    async def follow():
        async with checkpoint(backend, tmp_path) as mine:
            assert [s.status for s in await mine.list()] == ["interrupted"]
            async with mine.lease(*KEY):
                ctx = await mine.load(*KEY)
                assert ctx.title == "kept"
                ctx.title = "followed"
                await mine.save(ctx)

    with runner(backend, tmp_path, LONG_S) as killed:
        assert killed.tell("hold") == "done"
        assert killed.tell("save kept") == "done"
        os.kill(killed.pid, signal.SIGKILL)
        if buried:
            assert killed.process.wait(PATIENCE_S) == -signal.SIGKILL
        else:
            os.waitid(os.P_PID, killed.pid, os.WEXITED | os.WNOWAIT)
            assert psutil.Process(killed.pid).status() == psutil.STATUS_ZOMBIE
        asyncio.run(follow())


def test_a_stopped_holder_elsewhere_is_followed_when_its_lease_has_run_out(backend, tmp_path):
    ttl_s = 0.5

    async def follow():
        async with checkpoint(backend, tmp_path) as mine:
            until = time.monotonic() + PATIENCE_S
            refusals = 0
            while True:
                lease = mine.lease(*KEY)
                try:
                    await lease.__aenter__()
                    break
                except LeaseHeldError:
                    refusals += 1
                    assert time.monotonic() < until
                    await asyncio.sleep(0.01)
            assert refusals > 0, "a stopped process lives"
            ctx = await mine.load(*KEY)
            assert ctx.title == "kept"
            ctx.title = "followed"
            await mine.save(ctx)
            os.kill(stopped.pid, signal.SIGCONT)
            lost = await asyncio.to_thread(stopped.tell, "save late")
            assert lost.startswith("LeaseLostError the lease on 'source' in 'bank' was lost")
            ctx.title = "still mine"
            await mine.save(ctx)
            await lease.__aexit__(None, None, None)
            assert (await mine.load(*KEY)).title == "still mine"

    with runner(backend, tmp_path, ttl_s, "another machine") as stopped:
        assert stopped.tell("hold") == "done"
        assert stopped.tell("save kept") == "done"
        os.kill(stopped.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, stopped.pid, os.WSTOPPED | os.WNOWAIT)
        # Its last heartbeat may be a third of its time old, no more.
        asyncio.run(follow())


def test_a_stopped_holder_on_this_machine_is_followed_by_nobody(backend, tmp_path):
    """As one on a laptop that slept: it lives, and goes on when it wakes."""

    async def ask():
        async with checkpoint(backend, tmp_path, clock=lambda: time.time() + 3600) as mine:
            with pytest.raises(LeaseHeldError, match=f"process {stopped.pid} "):
                await mine.lease(*KEY).__aenter__()

    with runner(backend, tmp_path, LONG_S) as stopped:
        assert stopped.tell("hold") == "done"
        os.kill(stopped.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, stopped.pid, os.WSTOPPED | os.WNOWAIT)
        asyncio.run(ask())
        os.kill(stopped.pid, signal.SIGCONT)
        assert stopped.tell("save after it slept") == "done"
        assert stopped.tell("release") == "done"


def test_a_holder_on_another_machine_is_respected_until_its_lease_runs_out(backend, tmp_path):
    async def ask():
        async with checkpoint(backend, tmp_path) as mine:
            with pytest.raises(LeaseHeldError, match=f"process {far.pid} "):
                await mine.lease(*KEY).__aenter__()
        later = checkpoint(backend, tmp_path, clock=lambda: time.time() + LONG_S)
        async with later as mine, mine.lease(*KEY):
            assert (await mine.load(*KEY)).title == "far away"

    with runner(backend, tmp_path, LONG_S, "another machine") as far:
        assert far.tell("hold") == "done"
        assert far.tell("save far away") == "done"
        os.kill(far.pid, signal.SIGKILL)
        far.process.wait(PATIENCE_S)
        # That it is dead cannot be known from here.
        asyncio.run(ask())
