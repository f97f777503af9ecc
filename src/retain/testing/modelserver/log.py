"""What a scripted server was asked and what became of it, in memory and in a file."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import msgspec


class Entry(msgspec.Struct, omit_defaults=True):
    """A request; in a file, a line when it has been read, and one when it is done with.

    Args:
        number: Its number, from 1.
        key: Equal for equal requests.
        purpose: The purpose, ``embeddings``, or ``unknown``.
        model: As the request names it.
        at: When it had been read, in seconds since 1970.
        ended_at: When it was done with.
        outcome: ``answered``, ``left`` where the client did before it was, ``stopped`` where the
            server did, or the name of its fault; None while it is in flight.
        input_tokens: As the answer told them; 0 where there was none.
        output_tokens: As the answer told them.
    """

    number: int
    key: str
    purpose: str
    model: str
    at: float
    ended_at: float | None = None
    outcome: str | None = None
    input_tokens: int = 0
    output_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Counts:
    """What a log comes to.

    Args:
        total: Requests that were read.
        distinct: Different ones among them.
        in_flight: Those that are not done with.
        max_in_flight: The most that ever were in flight at once.
        outcomes: Requests by outcome; see `Entry`.
        purposes: Requests by purpose.
        input_tokens: That answers told, in all.
        output_tokens: That answers told, in all.
    """

    total: int
    distinct: int
    in_flight: int
    max_in_flight: int
    outcomes: dict[str, int]
    purposes: dict[str, int]
    input_tokens: int
    output_tokens: int


class RequestLog:
    """The log of one server; other threads may read it.

    What a client has been answered is noted by the time that it can look.

    Args:
        path: A file to append to as well, of which the numbers go on; each line is flushed.
        clock: Seconds since 1970.
    """

    def __init__(self, path: Path | None = None, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._entries: dict[int, Entry] = {}
        self._times = Counter[str]()
        self._open = 0
        self._most = 0
        before = list(_lines(path)) if path is not None and path.exists() else []
        self._last = max((entry.number for entry in before), default=0)
        self._file: IO[bytes] | None = path.open("ab", buffering=0) if path is not None else None

    def begin(self, key: str, purpose: str, model: str) -> tuple[int, int]:
        """Note a request that has been read: its number, and how often the same was asked."""
        with self._lock:
            self._last += 1
            self._times[key] += 1
            self._open += 1
            self._most = max(self._most, self._open)
            entry = Entry(self._last, key, purpose, model, self._clock())
            self._entries[self._last] = entry
            self._write(entry)
            return self._last, self._times[key]

    def end(self, number: int, outcome: str, input_tokens: int = 0, output_tokens: int = 0) -> None:
        """Note what became of a request."""
        with self._lock:
            entry = self._entries[number]
            entry.outcome, entry.ended_at = outcome, self._clock()
            entry.input_tokens, entry.output_tokens = input_tokens, output_tokens
            self._open -= 1
            self._write(entry)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    @property
    def counts(self) -> Counts:
        """What the log comes to as it stands."""
        with self._lock:
            return _counted(list(self._entries.values()), self._most)

    @property
    def entries(self) -> list[Entry]:
        """The requests as they stand, in the order in which they were read."""
        with self._lock:
            return [msgspec.structs.replace(entry) for entry in self._entries.values()]

    def _write(self, entry: Entry) -> None:
        if self._file is not None:
            self._file.write(msgspec.json.encode(entry) + b"\n")


def read_log(path: Path) -> list[Entry]:
    """The requests in a file, those of a server that still runs too, by number."""
    found: dict[int, Entry] = {}
    for entry in _lines(path):
        found[entry.number] = entry
    return [found[number] for number in sorted(found)]


def counted(path: Path) -> Counts:
    """What the log in a file comes to."""
    most = now = 0
    for entry in _lines(path):
        now += 1 if entry.outcome is None else -1
        most = max(most, now)
    return _counted(read_log(path), most)


def _lines(path: Path) -> Iterator[Entry]:
    """The lines of a file; one that is being written is left out."""
    for line in path.read_bytes().splitlines(keepends=True):
        if line.endswith(b"\n"):
            yield msgspec.json.decode(line, type=Entry)


def _counted(entries: list[Entry], most: int) -> Counts:
    ended = [entry for entry in entries if entry.outcome is not None]
    return Counts(
        total=len(entries),
        distinct=len({entry.key for entry in entries}),
        in_flight=len(entries) - len(ended),
        max_in_flight=most,
        outcomes=dict(Counter(entry.outcome for entry in ended if entry.outcome)),
        purposes=dict(Counter(entry.purpose for entry in entries)),
        input_tokens=sum(entry.input_tokens for entry in ended),
        output_tokens=sum(entry.output_tokens for entry in ended),
    )
