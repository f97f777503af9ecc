"""``python -m retain.testing.modelserver``: a scripted server for other processes.

Its first line is its base URL. It ends on SIGTERM, on Ctrl-C, and when the pipe that is its
standard input is closed.
"""

from __future__ import annotations

import argparse
import os
import signal
import stat
import sys
import threading
from pathlib import Path
from types import FrameType

from retain.testing.modelserver.plan import FAULTS, Plan, Rule
from retain.testing.modelserver.server import ModelServer

_EVERYTHING = "429,500,hang,truncated"


def main() -> None:
    """Serve until told to end."""
    asked = _options().parse_args()
    unknown = sorted(set(asked.faults.split(",")) - FAULTS.keys())
    if unknown:
        _options().error(f"no faults {', '.join(unknown)}: there are {', '.join(FAULTS)}")
    end = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        end.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    if _is_pipe(0):
        threading.Thread(target=_read_to_end, args=(end,), daemon=True).start()
    with ModelServer(_plan(asked), port=asked.port, log_path=asked.log) as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        end.wait()


def _plan(asked: argparse.Namespace) -> Plan:
    faults = [FAULTS[name] for name in asked.faults.split(",")]
    return Plan(
        latency=asked.latency,
        rules=[Rule(faults, share=asked.fault_rate)] if asked.fault_rate else [],
        seed=asked.seed,
        max_answer_tokens=asked.max_answer_tokens,
        key=os.environ.get(asked.key_variable) if asked.key_variable else None,
        models=asked.model,
        obeys=asked.obeys,
        gullible=asked.gullible,
    )


def _options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser("python -m retain.testing.modelserver", description=__doc__)
    add = options.add_argument
    add("--port", type=int, default=0, help="0: any free one")
    add("--latency", type=float, default=0.0, metavar="SECONDS")
    add("--seed", type=int, default=0, help="another one draws other faults")
    add("--fault-rate", type=float, default=0.0, metavar="SHARE", help="from 0 to 1")
    add("--faults", default=_EVERYTHING, help=f"some of {', '.join(FAULTS)}")
    add("--max-answer-tokens", type=int, help="longer answers are cut")
    add("--log", type=Path, metavar="FILE", help="a JSON line a request read, and one ended")
    add("--key-variable", metavar="NAME", help="the variable with the key that clients must send")
    add("--model", action="append", default=[], metavar="NAME", help="others are unknown")
    add("--obeys", action="store_true", help="follow orders that stand outside of a fence")
    add("--gullible", action="store_true", help="follow orders wherever they stand")
    return options


def _is_pipe(descriptor: int) -> bool:
    try:
        return stat.S_ISFIFO(os.fstat(descriptor).st_mode)
    except OSError:
        return False


def _read_to_end(end: threading.Event) -> None:
    while os.read(0, 4096):
        pass
    end.set()


if __name__ == "__main__":
    main()
