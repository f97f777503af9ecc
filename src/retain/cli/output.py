"""What commands print: JSON for programs, plain lines for people, errors on stderr."""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import msgspec

if TYPE_CHECKING:
    from retain.memory.model import Run

# Control characters except tab and line feed, changes of writing direction, half surrogate pairs.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# Errors of a model's server are shown without the state that called it.
_FROM_MODEL = re.compile(
    r"\A(?:parallel:)?[A-Z_]+: (?:Model\w+Error: |(?=\d+ of \d+ sections |.* stops here))"
)
_OF_ONE = {"are": "is", "were": "was", "stand": "stands"}
_VERBS = re.compile(r"\A(?:are|were|stand)\b")
_NOT_ASCII = re.compile(r"[^\n -~]")


def prepare_streams() -> None:
    """Make stdout and stderr accept every character, also where they are closed."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115
        else:
            stream.reconfigure(errors="backslashreplace")


def print_json(value: Any) -> None:
    """Print one JSON document, with characters that control a terminal escaped."""
    text = msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=2).decode()
    unicode = sys.stdout.encoding.lower().replace("_", "-") == "utf-8"
    risky = _CONTROL if unicode else _NOT_ASCII
    _write(sys.stdout, risky.sub(lambda found: json.dumps(found[0])[1:-1], text))


def print_json_line(value: Any) -> None:
    """Print one JSON document on one line, in ASCII, for programs that read line by line."""
    text = msgspec.json.encode(value, enc_hook=str).decode()
    _write(sys.stdout, _NOT_ASCII.sub(lambda found: json.dumps(found[0])[1:-1], text))


def say(line: str = "") -> None:
    """Print a line for people."""
    _write(sys.stdout, clean(line))


def complain(line: str) -> None:
    """Print a line on stderr."""
    _write(sys.stderr, clean(line))


class _Printed(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        complain(f"retain: {record.getMessage()}")


def print_logs() -> None:
    """Print on stderr what no result and no error reports.

    The journal continues after damage, and an old database may take long to upgrade.
    """
    logging.getLogger("retain.journal").addHandler(_Printed(logging.WARNING))
    upgrades = logging.getLogger("retain.upgrade")
    upgrades.addHandler(_Printed(logging.INFO))
    upgrades.setLevel(logging.INFO)


def _write(stream: TextIO, text: str) -> None:
    """Write a line and flush it; drop it if the reader has closed the pipe."""
    try:
        stream.write(text + "\n")
        stream.flush()
    except BrokenPipeError:
        # As `head` does. The command continues, and its exit code reports its own result.
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)


def clean(text: str) -> str:
    """`text` without characters that control a terminal: documents and names may be hostile."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def one_line(text: str, width: int = 120) -> str:
    """`text` on one line of at most `width` characters."""
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1] + "…"


def moment(when: datetime | None) -> str:
    """A time in the user's time zone."""
    return "" if when is None else when.astimezone().strftime("%Y-%m-%d %H:%M")


def came_in(when: datetime | None) -> str:
    """On which day, by the user's clock, a bank got what has no date of its own."""
    return "" if when is None else f"undated, came in {moment(when)[:10]}"


def took(duration_ms: float) -> str:
    """A duration in milliseconds or seconds."""
    return f"{duration_ms:.0f} ms" if duration_ms < 1000 else f"{duration_ms / 1000:.1f} s"


def run_name(run: Run, most: int = 120) -> str:
    """What a run is of: its source, or the pages of its bank."""
    return one_line(run.source_id, most) or f"(pages of {one_line(run.bank_id, most)})"


def reasons(run: Run) -> list[str]:
    """Why a run stopped, one line each, without the name of the state that is shown beside it."""
    errors = (error.removeprefix(f"{run.last_state}: ") for error in run.errors)
    return [one_line(_FROM_MODEL.sub("", error), 600) for error in errors]


def passed_over(counts: Mapping[str, int]) -> str:
    """What of sources is in no section, most frequent first: ``12 tool results, 1 picture``."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(
        f"{number:,} {one_line(reason if number != 1 else _one(reason), 80)}"
        for reason, number in ordered
    )


def _one(reason: str) -> str:
    """A reason for what is passed over, of one thing: ``note of the program``."""
    noun, that, rest = reason.partition(" that ")
    head = re.split(r"(?= (?:of|without|with) )", noun, maxsplit=1)
    head[0] = re.sub(r"\b(\w+?)(?:(?<=x)e)?s(?= and |\Z)", r"\1", head[0])
    if rest.startswith("are no "):
        rest = rest.rstrip("s")
    rest = _VERBS.sub(lambda verb: _OF_ONE[verb[0]], rest)
    return re.sub(r"ie\Z", "y", "".join(head)) + that + rest


def plural(number: int, noun: str) -> str:
    """``1 source``, ``2 sources``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
