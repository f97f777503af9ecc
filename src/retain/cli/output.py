"""What commands print: JSON for programs, plain lines for people, errors on stderr."""

from __future__ import annotations

import re
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from retain.memory.model import Run

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def print_json(value: Any) -> None:
    """Print one JSON document."""
    encoded = msgspec.json.encode(value, enc_hook=str)
    sys.stdout.write(msgspec.json.format(encoded, indent=2).decode() + "\n")


def say(line: str = "") -> None:
    """Print a line for people."""
    sys.stdout.write(clean(line) + "\n")


def complain(line: str) -> None:
    """Print a line on stderr."""
    sys.stderr.write(clean(line) + "\n")


def clean(text: str) -> str:
    """`text` without what would steer a terminal: documents and their names are hostile."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def one_line(text: str, width: int) -> str:
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


def plural(number: int, noun: str) -> str:
    """``1 source``, ``2 sources``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
