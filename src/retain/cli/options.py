"""Options that several commands take."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retain.errors import InputError

if TYPE_CHECKING:
    from retain.config import Settings
    from retain.memory.model import Budget


def _named(bank: str | None) -> str | None:
    if bank is not None and not bank.strip():
        raise typer.BadParameter("the name is empty: leave the option out for the default bank")
    return bank


def _text(name: str, metavar: str, help_: str, *short: str) -> Any:
    return typer.Option(name, *short, metavar=metavar, help=help_)


Db = Annotated[
    str | None,
    _text(
        "--db",
        "URL",
        "Database to use: a path such as memory.db, or postgresql://…. [env: RETAIN_DB]",
    ),
]
Bank = Annotated[
    str | None,
    typer.Option(
        *("--bank", "-b"),
        metavar="BANK",
        callback=_named,
        help="Memory bank to use. [env: RETAIN_BANK]",
    ),
]
AnyBank = Annotated[
    str | None,
    typer.Option(
        *("--bank", "-b"), metavar="BANK", callback=_named, help="Only this bank; default: all."
    ),
]
_SOURCE = typer.Argument(metavar="SOURCE", help="Source id, or the path it was ingested from.")
Source = Annotated[str, _SOURCE]
AnySource = Annotated[str | None, _SOURCE]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
AsOf = Annotated[str | None, _text("--as-of", "DATE", "Answer as of this date, YYYY-MM-DD.")]
Jobs = Annotated[
    int | None,
    typer.Option(
        *("--jobs", "-j"),
        metavar="N",
        min=1,
        help="Sources processed at once; default: 4, with a model as many as --concurrency.",
    ),
]
When = Annotated[
    str | None,
    _text("--date", "DATE", "Date of sources that do not state one themselves, YYYY-MM-DD."),
]
Format = Annotated[
    str | None,
    _text("--format", "NAME", "Format of what is given, if its content does not show it."),
]
Name = Annotated[
    str | None,
    _text("--name", "SOURCE", "With -: id of the source, such as a file name."),
]
Author = Annotated[
    str | None,
    _text("--author", "NAME", "Author of notes that name none; RETAIN_AUTHOR is the default."),
]
Meta = Annotated[
    list[str] | None,
    _text("--meta", "KEY=VALUE", "Property of the sources, for recall --meta; may be repeated."),
]
Include = Annotated[
    list[str] | None,
    _text("--include", "PATTERN", "Retain only files of folders that match; may be repeated."),
]
Exclude = Annotated[
    list[str] | None,
    _text("--exclude", "PATTERN", "Leave out files and folders that match; may be repeated."),
]

Model = Annotated[
    str | None,
    _text(
        "--model",
        "PROVIDER:NAME",
        "Language model to use, or `rules` for none. [env: RETAIN_MODEL]",
        "-m",
    ),
]
BaseUrl = Annotated[
    str | None, _text("--base-url", "URL", "URL of the model's server. [env: RETAIN_BASE_URL]")
]
ModelPrice = Annotated[
    str | None,
    _text(
        "--price",
        "IN/OUT",
        "Dollars per million tokens read/written, if the price is not known. [env: RETAIN_PRICE]",
    ),
]
Concurrency = Annotated[
    int | None,
    typer.Option(
        "--concurrency",
        metavar="N",
        min=1,
        help="Maximum model calls at once. [env: RETAIN_CONCURRENCY]",
    ),
]
MaxCost = Annotated[
    float | None,
    typer.Option(
        "--max-cost",
        metavar="DOLLARS",
        min=0,
        help="Cost limit; what would exceed it is suspended.",
    ),
]
MaxTokens = Annotated[
    int | None,
    typer.Option(
        "--max-tokens", metavar="N", min=0, help="Token limit; what would exceed it is suspended."
    ),
]
MaxCostPerRun = Annotated[
    float | None,
    typer.Option("--max-cost-per-run", metavar="DOLLARS", min=0, help="Per-source cost limit."),
]
MaxTokensPerRun = Annotated[
    int | None,
    typer.Option("--max-tokens-per-run", metavar="N", min=0, help="Per-source token limit."),
]
Strict = Annotated[
    bool,
    typer.Option(
        "--strict",
        help="Fail a run over a section that cannot be read. [env: RETAIN_STRICT]",
    ),
]
Age = Annotated[
    str, typer.Option("--older-than", metavar="AGE", help="Minimum age, such as 12h, 30d or 8w.")
]
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}

Embedder = Annotated[
    str | None,
    _text(
        "--embedder",
        "NAME",
        "Embedder of new banks: minilm, static or PROVIDER:NAME. [env: RETAIN_EMBEDDER]",
    ),
]
EmbedderUrl = Annotated[
    str | None,
    _text("--embedder-url", "URL", "URL of the embedder's server. [env: RETAIN_EMBEDDER_URL]"),
]


def model_settings(
    model: str | None,
    base_url: str | None,
    price: str | None,
    concurrency: int | None = None,
    budget: Budget | None = None,
    run_budget: Budget | None = None,
    *,
    strict: bool = False,
) -> Settings:
    """The environment's settings, overridden by the options of the model.

    Raises:
        InputError: A setting cannot be used.
    """
    from retain.config import Settings, parse_price
    from retain.memory.model import Budget

    settings = Settings.from_environment()
    return replace(
        settings,
        model=model or settings.model,
        base_url=base_url or settings.base_url,
        price=parse_price(price, "--price") or settings.price,
        concurrency=concurrency or settings.concurrency,
        budget=budget or Budget(),
        run_budget=run_budget or Budget(),
        strict=strict or settings.strict,
    )


def with_embedder(settings: Settings, name: str | None, url: str | None) -> Settings:
    """The settings, overridden by the options of the embedder."""
    return replace(
        settings, embedder=name or settings.embedder, embedder_url=url or settings.embedder_url
    )


def bank_or_default(bank: str | None) -> str:
    """The bank that was given, or the environment's.

    Raises:
        InputError: A setting cannot be used.
    """
    from retain.config import Settings

    return Settings.from_environment().bank if bank is None else bank


def parse_date(text: str | None, option: str, *, last: bool = False) -> datetime | None:
    """A date or time as UTC; one without a time zone is read as UTC.

    Args:
        text: The user's text, in ISO 8601.
        option: The option, for the error.
        last: Whether a date alone means its last instant, not its first.

    Raises:
        InputError: The text is neither a date nor a time.
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


def parse_age(text: str, option: str) -> timedelta:
    """An age in minutes, hours, days or weeks.

    Args:
        text: The user's text.
        option: The option, for the error.

    Raises:
        InputError: The text is not an age.
    """
    match = re.fullmatch(r"(\d{1,6})([mhdw])", text.strip())
    if match is None:
        raise InputError(f"{option} is {text!r}: write a number and m, h, d or w, such as 30d")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def properties(given: Sequence[str] | None) -> dict[str, str]:
    """Properties by name.

    Args:
        given: Each as the user writes it, ``KEY=VALUE``.

    Raises:
        InputError: One is not written so.
    """
    pairs = [one.partition("=") for one in given or ()]
    for name, sign, _ in pairs:
        if not sign or not name.strip():
            raise InputError(f"--meta is {name!r}: write KEY=VALUE, such as status=done")
    return {name.strip(): value for name, _, value in pairs}
