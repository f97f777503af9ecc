"""Settings: the only module that reads the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from retain.db.sqlite import BUSY_TIMEOUT_S, Durability
from retain.errors import InputError
from retain.memory.model import Limits


@dataclass(frozen=True, slots=True)
class Settings:
    """What a user may set once for all commands.

    Args:
        db: ``RETAIN_DB``: a database URL; the default is a SQLite file in the user's data folder.
        bank: ``RETAIN_BANK``.
        limits: ``RETAIN_MAX_BYTES`` and ``RETAIN_MAX_SECTIONS``.
        durability: ``RETAIN_DURABILITY``: ``power`` or ``process``; see `Database`.
        busy_timeout_s: ``RETAIN_BUSY_TIMEOUT``: seconds to wait while another process writes.
        embedder: ``RETAIN_EMBEDDER``: ``static`` or ``minilm``, for banks that have no vectors
            yet and for `Memory.reembed`.
    """

    db: str
    bank: str = "default"
    limits: Limits = field(default_factory=Limits)
    durability: Durability = "power"
    busy_timeout_s: float = BUSY_TIMEOUT_S
    embedder: str = "static"

    @staticmethod
    def from_environment(environ: Mapping[str, str] = os.environ) -> Settings:
        """The settings of this process.

        Raises:
            InputError: A variable holds what it cannot.
        """
        limits = Limits()
        durability = environ.get("RETAIN_DURABILITY") or "power"
        if durability not in ("power", "process"):
            raise InputError(f"RETAIN_DURABILITY is {durability!r}: set it to power or process")
        return Settings(
            db=environ.get("RETAIN_DB") or default_db(),
            bank=environ.get("RETAIN_BANK") or "default",
            limits=Limits(
                max_bytes=_number(environ, "RETAIN_MAX_BYTES", limits.max_bytes),
                max_sections=_number(environ, "RETAIN_MAX_SECTIONS", limits.max_sections),
            ),
            durability=durability,
            busy_timeout_s=_seconds(environ, "RETAIN_BUSY_TIMEOUT", BUSY_TIMEOUT_S),
            embedder=environ.get("RETAIN_EMBEDDER") or "static",
        )


def default_db() -> str:
    """The URL of the database in the user's data folder."""
    from platformdirs import user_data_dir

    return f"sqlite:///{Path(user_data_dir('retain', appauthor=False)) / 'memory.db'}"


def debugging(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether ``RETAIN_DEBUG`` asks for the traceback of an unexpected error."""
    return bool(environ.get("RETAIN_DEBUG"))


def _seconds(environ: Mapping[str, str], name: str, default: float) -> float:
    text = environ.get(name)
    if not text:
        return default
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 86_400:
        raise InputError(f"{name} is {text!r}: set it to seconds, 0 to 86400")
    return seconds


def _number(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name)
    if not text:
        return default
    try:
        number = int(text.replace("_", ""))
    except ValueError:
        number = 0
    if number < 1:
        raise InputError(f"{name} is {text!r}: set it to a whole number above 0")
    return number
