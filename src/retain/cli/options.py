"""The options that every command takes."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from retain.errors import InputError

if TYPE_CHECKING:
    from retain.config import Settings
    from retain.memory.model import Budget


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
    int | None,
    typer.Option("--jobs", "-j", metavar="N", min=1, help="How many sources run at once."),
]
When = Annotated[
    str | None,
    typer.Option("--date", metavar="DATE", help="When the sources were written, YYYY-MM-DD."),
]

Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        "-m",
        metavar="PROVIDER:NAME",
        help="Ask this model; `rules` for none. [env: RETAIN_MODEL]",
    ),
]
BaseUrl = Annotated[
    str | None,
    typer.Option(
        "--base-url", metavar="URL", help="Where the model's server is. [env: RETAIN_BASE_URL]"
    ),
]
ModelPrice = Annotated[
    str | None,
    typer.Option(
        "--price",
        metavar="IN/OUT",
        help="Dollars for a million tokens, if not known. [env: RETAIN_PRICE]",
    ),
]
Concurrency = Annotated[
    int | None,
    typer.Option(
        "--concurrency",
        metavar="N",
        min=1,
        help="How many calls are made at once. [env: RETAIN_CONCURRENCY]",
    ),
]
MaxCost = Annotated[
    float | None,
    typer.Option("--max-cost", metavar="DOLLARS", min=0, help="Suspend what would cost more."),
]
MaxTokens = Annotated[
    int | None,
    typer.Option("--max-tokens", metavar="N", min=0, help="Suspend what would take more."),
]
MaxCostPerRun = Annotated[
    float | None,
    typer.Option("--max-cost-per-run", metavar="DOLLARS", min=0, help="The same of each source."),
]
MaxTokensPerRun = Annotated[
    int | None,
    typer.Option("--max-tokens-per-run", metavar="N", min=0, help="The same of each source."),
]
Age = Annotated[str, typer.Option("--older-than", metavar="AGE", help="Such as 12h, 30d or 8w.")]
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}

Embedder = Annotated[
    str | None,
    typer.Option(
        "--embedder",
        metavar="NAME",
        help="minilm, static or PROVIDER:NAME, for new banks. [env: RETAIN_EMBEDDER]",
    ),
]
EmbedderUrl = Annotated[
    str | None,
    typer.Option(
        "--embedder-url", metavar="URL", help="Where its server is. [env: RETAIN_EMBEDDER_URL]"
    ),
]

RULES = "rules"
"""What stands for no model where one is set otherwise."""


def model_settings(
    model: str | None,
    base_url: str | None,
    price: str | None,
    concurrency: int | None = None,
    budget: Budget | None = None,
    run_budget: Budget | None = None,
) -> Settings:
    """The environment's settings with what the options say of the model.

    Raises:
        InputError: A setting cannot be used, or an option has no model to be about.
    """
    from retain.config import Settings, parse_price
    from retain.memory.model import Budget

    settings = Settings.from_environment()
    settings = replace(
        settings,
        model=model or settings.model,
        base_url=base_url or settings.base_url,
        price=parse_price(price, "--price") or settings.price,
        concurrency=concurrency or settings.concurrency,
        budget=budget or Budget(),
        run_budget=run_budget or Budget(),
    )
    return replace(settings, model=None) if settings.model == RULES else settings


def with_embedder(settings: Settings, name: str | None, url: str | None) -> Settings:
    """The settings with what the options say of the embedder."""
    return replace(
        settings, embedder=name or settings.embedder, embedder_url=url or settings.embedder_url
    )


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


def parse_age(text: str, option: str) -> timedelta:
    """An age in minutes, hours, days or weeks.

    Args:
        text: What the user wrote.
        option: Where.

    Raises:
        InputError: It is none; `option` names where it stood.
    """
    match = re.fullmatch(r"(\d{1,6})([mhdw])", text.strip())
    if match is None:
        raise InputError(f"{option} is {text!r}: write a number and m, h, d or w, such as 30d")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})
