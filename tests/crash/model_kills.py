"""Kills of an ingest that asks a model: what its server was asked, and what was kept of that."""

from __future__ import annotations

import json
import random
import shutil
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.asking import answers_of, asked_of
from tests.commandline import sound
from tests.crash.comparing import all_of, interrupted_states, looked_at, near
from tests.nursery import Nursery

from retain.testing.modelserver import Entry, read_log, served

MOST_OF_ONE = 6
DEADLINE_S = 60


class Server:
    """A server that outlives the processes that ask it, and tells what they asked.

    Args:
        url: Its base URL.
        log: The file of its log.
    """

    def __init__(self, url: str, log: Path) -> None:
        self.url = url
        self._log = log
        self._seen = 0

    def asked(self) -> list[Entry]:
        """What it was asked since the last call of this, once it is done with all of it."""
        deadline = time.monotonic() + DEADLINE_S
        while self._in_flight():
            assert time.monotonic() < deadline, "the server is never done"
            time.sleep(0.01)
        entries = read_log(self._log)
        new, self._seen = entries[self._seen :], len(entries)
        return new

    def _in_flight(self) -> int:
        with urllib.request.urlopen(f"{self.url.removesuffix('/v1')}/log") as response:
            return json.load(response)["in_flight"]


@contextmanager
def server(folder: Path, latency_s: float) -> Iterator[Server]:
    """A server in a process of its own, whose log is in `folder`."""
    log = folder / "server.jsonl"
    with served("--log", str(log), "--latency", str(latency_s)) as url:
        yield Server(url, log)


@dataclass
class Counted:
    """What all kills together came to.

    Args:
        kills: How many came before the end of their command.
        banks: How many banks were killed, resumed and compared.
        requests: How many reached the server.
        distinct: How many different ones, of each bank.
        in_flight: How many were not kept when a kill came.
        most_in_flight: The most at one kill.
        states: How often each state was the next one of a run that a kill interrupted.
    """

    kills: int = 0
    banks: int = 0
    requests: int = 0
    distinct: int = 0
    in_flight: int = 0
    most_in_flight: int = 0
    states: Counter[str] = field(default_factory=Counter[str])


class Killing:
    """Kills banks of one folder of sources, each resumed to its end and compared.

    Args:
        start: A folder with the sources in `sources`.
        server: Answers.
        processes: Run the commands.
        concurrency: How many calls a command makes at once.
    """

    def __init__(self, start: Path, server: Server, processes: Nursery, concurrency: int) -> None:
        self._start = start
        self._server = server
        self._processes = processes
        asking = asked_of(server.url)
        self._words = ("ingest", "sources", *asking, "--concurrency", str(concurrency))
        self._on = ("resume", "--all", "--concurrency", str(concurrency))
        self._concurrency = concurrency
        self.counted = Counted()
        self._took_s, self._expected = self._undisturbed()

    def _undisturbed(self) -> tuple[float, dict[str, Any]]:
        """How long an ingest takes that nothing disturbs, and the bank that it leaves."""
        whole = self._start.with_name("whole")
        shutil.copytree(self._start, whole)
        ended = self._processes.run(whole, *self._words)
        assert ended.code == 0, ended
        asked = self._server.asked()
        assert len(asked) == len({entry.key for entry in asked}) == len(answers_of(whole))
        return ended.took_s, near(all_of(self._processes, whole))

    def until(self, kills: int, folder: Path, chance: random.Random) -> None:
        """Kill and resume one bank after the other until there were so many kills."""
        while self.counted.kills < kills:
            at = folder / str(self.counted.banks)
            shutil.copytree(self._start, at)
            done = self._one(at, kills, chance)
            found = all_of(self._processes, at)
            other = [name for name in self._expected if found[name] != self._expected[name]]
            assert found.keys() == self._expected.keys()
            assert not other, (done, other, _differing(found, self._expected, other))
            sound(at / "memory.db")
            shutil.rmtree(at)
            self.counted.banks += 1

    def _one(self, at: Path, kills: int, chance: random.Random) -> list[str]:
        """Kill what ingests, and what resumes that, until it comes through; what was done."""
        done: list[str] = []
        keys: list[str] = []
        kept: set[str] = set()
        words, unfinished = self._words, True
        while unfinished:
            more = self.counted.kills < kills and len(done) < MOST_OF_ONE
            wait_s = chance.uniform(0, self._took_s) if more else None
            ended = self._processes.run(at, *words, kill_after_s=wait_s)
            done.append(f"{' '.join(words)}, killed after {wait_s} s: {ended.code}")
            was_killed = ended.code == -9
            assert was_killed or ended.code == 0, (done, ended)
            if len(done) == 1 and not was_killed:  # others may use the machine less than they did
                self._took_s = min(self._took_s, ended.took_s)
            asked, before = [entry.key for entry in self._server.asked()], kept
            kept = looked_at(at, _kept)
            assert kept >= before, "an answer was lost"
            self._count(len(asked) - len(kept - before), was_killed=was_killed)
            interrupted = looked_at(at, interrupted_states)
            self.counted.states.update(interrupted)
            keys += asked
            # A kill may have come before every source was put down: after a resume, ingest again.
            unfinished = was_killed or words is self._on
            resumed = was_killed and interrupted and chance.random() < 0.7
            words = self._on if resumed else self._words
        self.counted.requests += len(keys)
        self.counted.distinct += len(set(keys))
        assert len(kept) == len(set(keys)), "each answer is kept"
        return done

    def _count(self, in_flight: int, *, was_killed: bool) -> None:
        """Take note of the requests whose answers were not kept when the command ended."""
        assert 0 <= in_flight <= (self._concurrency if was_killed else 0)
        self.counted.kills += was_killed
        self.counted.in_flight += in_flight
        self.counted.most_in_flight = max(self.counted.most_in_flight, in_flight)


def _differing(found: dict[str, Any], expected: dict[str, Any], names: list[str]) -> list[Any]:
    """The rows that are not as they should be."""
    lists = [(found[name], expected[name]) for name in names if isinstance(found[name], list)]
    pairs = [(one, row) for rows, those in lists for one, row in zip(rows, those, strict=False)]
    return [[str(one)[:300], str(row)[:300]] for one, row in pairs if one != row][:5]


def _kept(db: Path) -> set[str]:
    return answers_of(db.parent)
