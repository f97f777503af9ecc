"""The options that every command takes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Annotated

import typer

from retain.errors import InputError


def _named(bank: str | None) -> str | None:
    if bank is not None and not bank.strip():
        raise typer.BadParameter("the name is empty: leave the option out for the default bank")
    return bank


Db = Annotated[
    str | None,
    typer.Option("--db", metavar="URL", help="Database, sqlite:///PATH. [env: RETAIN_DB]"),
]
Bank = Annotated[
    str | None,
    typer.Option(
        "--bank", "-b", metavar="BANK", callback=_named, help="Whose memory. [env: RETAIN_BANK]"
    ),
]
_SOURCE = typer.Argument(metavar="SOURCE", help="A source's id, or the path that it came from.")
Source = Annotated[str, _SOURCE]
AnySource = Annotated[str | None, _SOURCE]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Jobs = Annotated[
    int,
    typer.Option("--jobs", "-j", metavar="N", min=1, help="How many sources run at once."),
]
When = Annotated[
    str | None,
    typer.Option("--date", metavar="DATE", help="When the sources were written, YYYY-MM-DD."),
]


def bank_or_default(bank: str | None) -> str:
    """The bank that was named, else the environment's.

    Raises:
        InputError: A setting cannot be used.
    """
    from retain.config import Settings

    return Settings.from_environment().bank if bank is None else bank


def parse_date(text: str | None, option: str, *, last: bool = False) -> datetime | None:
    """A date or time as UTC; one without a zone is taken for UTC.

    Args:
        text: What the user wrote, in ISO 8601.
        option: Where.
        last: Whether a date alone stands for its last instant, not its first.

    Raises:
        InputError: It is neither; `option` names where it stood.
    """
    if text is None:
        return None
    try:
        if len(text) == len("2026-01-31"):
            day = date.fromisoformat(text)
            return datetime.combine(day, time.max if last else time.min, tzinfo=UTC)
        when = datetime.fromisoformat(text)
    except ValueError as exc:
        raise InputError(
            f"{option} is {text!r}: write a date such as 2026-01-31 or 2026-01-31T18:30"
        ) from exc
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
