"""What commands print: JSON for programs, plain lines for people, errors on stderr."""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import msgspec

if TYPE_CHECKING:
    from retain.memory.model import Run

# Control characters but for tab and line feed; what turns the direction of writing; half pairs.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# What a model's server says is not about the state that asked it.
_ASKING = re.compile(
    r"\A(?:parallel:)?[A-Z_]+: (?:Model\w+Error: |(?=\d+ of \d+ sections |.* stops here))"
)
_NOT_ASCII = re.compile(r"[^\n -~]")


def prepare_streams() -> None:
    """Have a stdout and a stderr that take every character, even where they are closed."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115
        else:
            stream.reconfigure(errors="backslashreplace")


def print_json(value: Any) -> None:
    """Print one JSON document; what would steer a terminal is escaped in it."""
    text = msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=2).decode()
    unicode = sys.stdout.encoding.lower().replace("_", "-") == "utf-8"
    risky = _CONTROL if unicode else _NOT_ASCII
    _write(sys.stdout, risky.sub(lambda found: json.dumps(found[0])[1:-1], text))


def print_json_line(value: Any) -> None:
    """Print one JSON document on a line of its own, in ASCII: programs read it as it comes."""
    text = msgspec.json.encode(value, enc_hook=str).decode()
    _write(sys.stdout, _NOT_ASCII.sub(lambda found: json.dumps(found[0])[1:-1], text))


def say(line: str = "") -> None:
    """Print a line for people."""
    _write(sys.stdout, clean(line))


def complain(line: str) -> None:
    """Print a line on stderr."""
    _write(sys.stderr, clean(line))


class _Complaints(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        complain(f"retain: {record.getMessage()}")


def complain_of_damage() -> None:
    """Print what the journal warns of: it goes on, and so no error tells of it."""
    logging.getLogger("retain.journal").addHandler(_Complaints(logging.WARNING))


def _write(stream: TextIO, text: str) -> None:
    """Write a line at once; what a reader that has left does not take is dropped."""
    try:
        stream.write(text + "\n")
        stream.flush()
    except BrokenPipeError:
        # As `head` leaves. The command goes on, and its exit code tells of its work.
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)


def clean(text: str) -> str:
    """`text` without what would steer a terminal: documents and their names are hostile."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def one_line(text: str, width: int = 120) -> str:
    """`text` on one line of at most `width` characters."""
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1] + "…"


def moment(when: datetime | None) -> str:
    """A time for people, in their zone."""
    return "" if when is None else when.astimezone().strftime("%Y-%m-%d %H:%M")


def took(duration_ms: float) -> str:
    """A duration for people."""
    return f"{duration_ms:.0f} ms" if duration_ms < 1000 else f"{duration_ms / 1000:.1f} s"


def run_json(run: Run) -> dict[str, Any]:
    """A run as programs read it."""
    return {
        "bank_id": run.bank_id,
        "source_id": run.source_id,
        "status": run.status,
        "last_state": run.last_state,
        "errors": run.errors,
        "started_at": run.started_at,
        "completed_at": run.completed_at,
        "duration_ms": run.duration_ms,
        "unchanged": run.unchanged,
    }


def reasons(run: Run) -> list[str]:
    """Why a run stopped, a line each, without the name of the state where that tells nothing."""
    named = (error.removeprefix(f"{run.last_state}: ") for error in run.errors)
    return [one_line(_ASKING.sub("", error), 600) for error in named]


def plural(number: int, noun: str) -> str:
    """``1 source``, ``2 sources``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
