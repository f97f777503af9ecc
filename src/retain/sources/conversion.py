"""Files that are no text to text, in a process of its own that may be killed."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, cast

import msgspec
import psutil

from retain.errors import SourceError
from retain.memory.model import Limits

if TYPE_CHECKING:
    from retain.sources.formats.base import Converted, FileFormat

_MAX_KEPT_CHARS = 16 * 1024 * 1024
_WATCH_S = 0.1
# A converter that waits, as on a disk that does not answer, takes no time of a processor.
_WALL_FACTOR = 10
_SECRET = ("KEY", "TOKEN", "SECRET", "PASSWORD")


class Request(msgspec.Struct, frozen=True):
    """A file to convert.

    Args:
        format: The name of its format.
        source: Its path, for errors.
        data: Its content.
        max_bytes: The most that it may unpack to.
        memory: The most memory that its conversion may take, in bytes.
    """

    format: str
    source: str
    data: bytes
    max_bytes: int
    memory: int


class Reply(msgspec.Struct, frozen=True):
    """What became of a file: its text and how to read it, or the reason why there is none."""

    text: str = ""
    format: str = ""
    passed_over: dict[str, int] = {}
    reason: str = ""


class CancelledConversionError(Exception):
    """Whoever asked for the conversion does not wait for it any more."""


@dataclass(slots=True)
class _Worker:
    process: subprocess.Popen[bytes]
    killed_for: str = ""

    def kill(self, reason: str) -> None:
        self.killed_for = self.killed_for or reason
        with suppress(OSError):
            self.process.kill()


class Conversions:
    """Converts files, one at a time, each within limits of memory and time.

    The latest texts are kept, since a file is read to see whether it changed, and once more by
    the run that retains it.

    Args:
        limits: What a conversion may take.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self._worker: _Worker | None = None
        self._at_work: threading.Event | None = None
        self._kept: OrderedDict[str, Converted] = OrderedDict()

    def convert(
        self, how: FileFormat, data: bytes, source: str, cancelled: threading.Event
    ) -> Converted:
        """The text of a file.

        Args:
            how: Its format.
            data: Its content.
            source: Its path, for errors.
            cancelled: Set, then followed by `cancel`, to give the conversion up.

        Raises:
            SourceError: It cannot be converted, or not within the limits.
            CancelledConversionError: It was cancelled.
        """
        key = f"{how.name} {source.rpartition('.')[2]} {hashlib.sha256(data).hexdigest()}"
        with self._lock:
            made = self._kept.pop(key, None)
            if made is None:
                limits = self._limits
                asked = Request(how.name, source, data, limits.max_bytes, limits.convert_memory)
                self._at_work = cancelled
                try:
                    made = self._asked(asked, cancelled)
                finally:
                    self._at_work = None
            self._keep(key, made)
        return made

    def cancel(self, cancelled: threading.Event) -> None:
        """End the conversion whose `cancelled` is set, if it is the one at work."""
        worker = self._worker
        if worker is not None and self._at_work is cancelled:
            worker.kill("")

    def close(self) -> None:
        """End the process; a later conversion begins another."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.kill("")
            _reap(worker.process)

    def _asked(self, request: Request, cancelled: threading.Event) -> Converted:
        worker = self._running()
        if cancelled.is_set():
            raise CancelledConversionError
        ended = threading.Event()
        watching = threading.Thread(
            target=self._watch, args=(worker, ended), name="retain-conversion", daemon=True
        )
        watching.start()
        try:
            reply = _exchange(worker.process, request)
        finally:
            ended.set()
            watching.join()
        if cancelled.is_set():
            self.close()
            raise CancelledConversionError
        if reply is None:
            self.close()
            raise SourceError(request.source, self._why_it_ended(worker))
        if reply.reason:
            raise SourceError(request.source, reply.reason)
        # With the formats come parsers, which few commands need.
        from retain.sources.formats.base import Converted

        return Converted(reply.text, reply.format, reply.passed_over)

    def _running(self) -> _Worker:
        if self._worker is None or self._worker.process.poll() is not None:
            self.close()
            self._worker = _Worker(_begun())
        return self._worker

    def _watch(self, worker: _Worker, ended: threading.Event) -> None:
        """Kill the process once it takes too much."""
        try:
            process = psutil.Process(worker.process.pid)
            begun = _seconds(process)
            waited = 0.0
            while not ended.wait(_WATCH_S):
                waited += _WATCH_S
                most = self._limits.convert_seconds
                if _seconds(process) - begun > most or waited > most * _WALL_FACTOR:
                    worker.kill("time")
                if process.memory_info().rss > self._limits.convert_memory * 5 // 4:
                    worker.kill("memory")
        except psutil.Error:  # it has ended
            return

    def _why_it_ended(self, worker: _Worker) -> str:
        match worker.killed_for:
            case "time":
                return (
                    f"takes more than {self._limits.convert_seconds:g} seconds to convert: split "
                    "it, or raise the limit with RETAIN_CONVERT_SECONDS"
                )
            case "memory":
                return too_much_memory(self._limits.convert_memory)
            case _:
                return (
                    "made its converter crash: open it in the program that wrote it and save it "
                    "again"
                )

    def _keep(self, key: str, made: Converted) -> None:
        self._kept[key] = made
        while len(self._kept) > 1 and sum(len(x.text) for x in self._kept.values()) > (
            _MAX_KEPT_CHARS
        ):
            self._kept.popitem(last=False)


def too_much_memory(limit: int) -> str:
    """Why a file is refused that takes more memory than the limit."""
    return (
        f"takes more than {limit // 2**20} MB of memory to convert: split it, or raise the limit "
        "with RETAIN_CONVERT_MEMORY"
    )


def send(stream: IO[bytes], message: Request | Reply) -> None:
    """Write a message with its length before it."""
    body = msgspec.msgpack.encode(message)
    stream.write(len(body).to_bytes(8, "big") + body)
    stream.flush()


def receive(stream: IO[bytes]) -> bytes | None:
    """The next message; None at the end of the stream."""
    head = stream.read(8)
    if len(head) < 8:
        return None
    size = int.from_bytes(head, "big")
    body = stream.read(size)
    return body if len(body) == size else None


def _exchange(process: subprocess.Popen[bytes], request: Request) -> Reply | None:
    """The reply to a request; None where the process ended before it came."""
    try:
        send(cast("IO[bytes]", process.stdin), request)
        body = receive(cast("IO[bytes]", process.stdout))
    except (OSError, ValueError):  # ValueError: the pipe was closed by `close`
        return None
    return None if body is None else msgspec.msgpack.decode(body, type=Reply)


def _begun() -> subprocess.Popen[bytes]:
    """A process that imports what this one would, out of reach of a Ctrl-C in a terminal."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not any(word in name.upper() for word in _SECRET)
    }
    environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    return subprocess.Popen(
        [sys.executable, "-m", "retain.sources.conversion_worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        start_new_session=True,
    )


def _seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def _reap(process: subprocess.Popen[bytes]) -> None:
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with suppress(OSError):
                stream.close()
    process.wait()
