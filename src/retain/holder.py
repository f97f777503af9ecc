"""Who holds a lease, and whether that process still lives."""

from __future__ import annotations

import os
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec


@dataclass(frozen=True, slots=True)
class Holder:
    """A process.

    Args:
        machine: The boot of the machine, and the process namespace on it, that `pid` counts in.
        host: The machine's name, for people.
        pid: The process id.
        started: When the process began, in the machine's own measure: a pid may be used again.
    """

    machine: str
    host: str
    pid: int
    started: str

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}"

    def is_alive(self) -> bool | None:
        """Whether this process lives; None where that cannot be known."""
        if self.machine != this_process().machine:
            return None
        try:
            return _started(self.pid) == self.started
        except PermissionError:  # there is one, of another user: perhaps another one
            return None

    def is_dead(self) -> bool:
        """Whether this process surely lives no more."""
        return self.is_alive() is False

    def encode(self) -> str:
        """As JSON."""
        return msgspec.json.encode(self).decode()

    @staticmethod
    def decode(text: str | bytes) -> Holder:
        """From JSON."""
        return msgspec.json.decode(text, type=Holder)


def this_process() -> Holder:
    """The process that asks; a forked child is another one than its parent."""
    return _process(os.getpid())


@cache
def _process(pid: int) -> Holder:
    return Holder(_machine(), socket.gethostname(), pid, _started(pid) or "")


@cache
def _machine() -> str:
    if sys.platform == "linux":
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    import psutil

    return f"{socket.gethostname()} {psutil.boot_time():.0f}"


def _started(pid: int) -> str | None:
    """When a process on this machine began; None if there is none, or only its remains.

    Raises:
        PermissionError: There is one, and it hides.
    """
    if sys.platform == "linux":
        try:
            stat = Path(f"/proc/{pid}/stat").read_bytes()
        except OSError:
            # Mounted with hidepid, /proc shows no processes of other users.
            with suppress(ProcessLookupError, OverflowError):
                os.kill(pid, 0)
            return None
        # The command's name stands in parentheses and may hold anything, so count from its end.
        values = stat[stat.rindex(b")") + 2 :].split()
        return None if values[0] in (b"Z", b"X") else values[19].decode()
    import psutil

    try:
        process = psutil.Process(pid)
        alive = process.status() != psutil.STATUS_ZOMBIE
        return f"{process.create_time():.2f}" if alive else None
    except psutil.NoSuchProcess:
        return None
    except psutil.AccessDenied as exc:
        raise PermissionError(str(exc)) from exc
