"""Settings: the only module that reads the environment, and the file beside it."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from retain.db.options import BUSY_TIMEOUT_S, Durability
from retain.engine.machine import MAX_RECOVERIES
from retain.errors import InputError
from retain.memory.model import Budget, Limits, ModelChoice, Price

CONCURRENCY = 8
"""How many calls to a model's server are made at once, unless the user says so."""

TIMEOUT_S = 120.0
"""How long one call may take, in seconds."""

RULES = "rules"
"""The name of no model."""

EARLIER_RUNS = 10
"""How many earlier runs of each source are kept."""

ATTEMPTS = 8
"""How often a call is made at most, where its server is busy or out of reach."""


IN_FILE = frozenset(
    """
    attempts author bank base_url busy_timeout concurrency convert_memory convert_seconds db
    db_schema durability earlier_runs embedder embedder_url max_bytes max_recoveries max_sections
    model price strict timeout timezone
    """.split()  # noqa: SIM905 - a list literal would be a screen of one word a line
)
"""What the file of settings may set: the variables' names without ``RETAIN_``, in lower case."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a user may set once for all commands, by variables or in a file; see `settings_file`.

    Args:
        db: ``RETAIN_DB``: a database URL; the default is a SQLite file in the user's data folder.
        db_schema: ``RETAIN_DB_SCHEMA``: the schema of the tables in a Postgres database.
        bank: ``RETAIN_BANK``.
        author: ``RETAIN_AUTHOR``: who "I" is in notes whose front matter names no author.
        timezone: ``RETAIN_TIMEZONE``: the zone of the clock in chat logs that name none, such as
            ``Europe/Oslo``; WhatsApp writes the time of the phone.
        limits: ``RETAIN_MAX_BYTES``, ``RETAIN_MAX_SECTIONS``, ``RETAIN_CONVERT_MEMORY`` and
            ``RETAIN_CONVERT_SECONDS``.
        durability: ``RETAIN_DURABILITY``: ``power`` or ``process``; see `Durability`.
        busy_timeout_s: ``RETAIN_BUSY_TIMEOUT``: seconds to wait while another process writes.
        embedder: ``RETAIN_EMBEDDER``: ``minilm``, ``static`` or ``PROVIDER:NAME``, for banks that
            have no vectors yet and for `memory.banks.reembed`.
        embedder_url: ``RETAIN_EMBEDDER_URL``: where the server of ``openai-compatible:NAME`` is;
            the default is the model's.
        model: ``RETAIN_MODEL``: ``PROVIDER:NAME``; None: rules, and no model is asked but by runs
            that were begun with one; ``rules``: not even by these.
        base_url: ``RETAIN_BASE_URL``: where the model's server is, if not where the provider's is.
        price: ``RETAIN_PRICE``: what the model costs, where its price is not known.
        concurrency: ``RETAIN_CONCURRENCY``: how many calls are made at once.
        timeout_s: ``RETAIN_TIMEOUT``: seconds that one call may take.
        earlier_runs: ``RETAIN_EARLIER_RUNS``: how many earlier runs of each source are kept.
        max_recoveries: ``RETAIN_MAX_RECOVERIES``: how often a run is resumed after its process died
            in the same state, before it is dead.
        attempts: ``RETAIN_ATTEMPTS``: how often a call is made whose server is busy, at most.
        strict: ``RETAIN_STRICT``: whether a run fails over a section that a model cannot read; else
            it is partial, and all other sections are in the bank.
        budget: What may be spent from here on, by all runs.
        run_budget: What each run may come to, what it has spent before included.
    """

    db: str
    db_schema: str = "retain"
    bank: str = "default"
    author: str | None = None
    timezone: tzinfo = UTC
    limits: Limits = field(default_factory=Limits)
    durability: Durability = "power"
    busy_timeout_s: float = BUSY_TIMEOUT_S
    embedder: str = "minilm"
    embedder_url: str | None = None
    model: str | None = None
    base_url: str | None = None
    price: Price | None = None
    concurrency: int = CONCURRENCY
    timeout_s: float = TIMEOUT_S
    earlier_runs: int = EARLIER_RUNS
    max_recoveries: int = MAX_RECOVERIES
    attempts: int = ATTEMPTS
    strict: bool = False
    budget: Budget = field(default_factory=Budget)
    run_budget: Budget = field(default_factory=Budget)

    @property
    def choice(self) -> ModelChoice | None:
        """The model, if there is one."""
        if not self.model or self.model == RULES:
            return None
        return ModelChoice(self.model, self.base_url, self.price)

    @property
    def rules(self) -> bool:
        """Whether rules are asked for, also for runs that were begun with a model."""
        return self.model == RULES

    @property
    def asks(self) -> bool:
        """Whether a model behind a server may be asked."""
        return self.choice is not None or ":" in self.embedder

    def embedder_choice(self, model: str) -> ModelChoice:
        """An embedder behind a server; one that is not OpenAI's may be where the model is."""
        base_url = self.embedder_url
        if base_url is None and model.startswith("openai-compatible:"):
            base_url = self.base_url
        return ModelChoice(model, base_url)

    @staticmethod
    def from_environment(environ: Mapping[str, str] | None = None) -> Settings:
        """The settings of this process.

        Args:
            environ: The variables; None: those of the environment, and for what they do not set,
                the file of settings.

        Raises:
            InputError: A variable, or the file, holds what it cannot.
        """
        if environ is not None:
            return Settings._of(environ)
        path, given = settings_file()
        try:
            return Settings._of({**given, **os.environ})
        except InputError as exc:
            wrong = [name for name in given.keys() - os.environ.keys() if name in str(exc)]
            raise InputError(f"{path}: {exc}") if wrong else exc from None

    @staticmethod
    def _of(environ: Mapping[str, str]) -> Settings:
        limits = Limits()
        durability = environ.get("RETAIN_DURABILITY") or "power"
        if durability not in ("power", "process"):
            raise InputError(f"RETAIN_DURABILITY is {durability!r}: set it to power or process")
        return Settings(
            db=environ.get("RETAIN_DB") or default_db(),
            db_schema=environ.get("RETAIN_DB_SCHEMA") or "retain",
            bank=environ.get("RETAIN_BANK") or "default",
            author=" ".join(environ.get("RETAIN_AUTHOR", "").split()) or None,
            timezone=_zone(environ.get("RETAIN_TIMEZONE")),
            limits=Limits(
                max_bytes=_number(environ, "RETAIN_MAX_BYTES", limits.max_bytes),
                max_sections=_number(environ, "RETAIN_MAX_SECTIONS", limits.max_sections),
                convert_memory=_number(environ, "RETAIN_CONVERT_MEMORY", limits.convert_memory),
                convert_seconds=_seconds(environ, "RETAIN_CONVERT_SECONDS", limits.convert_seconds),
            ),
            durability=durability,
            busy_timeout_s=_seconds(environ, "RETAIN_BUSY_TIMEOUT", BUSY_TIMEOUT_S),
            embedder=environ.get("RETAIN_EMBEDDER") or "minilm",
            embedder_url=environ.get("RETAIN_EMBEDDER_URL") or None,
            model=environ.get("RETAIN_MODEL") or None,
            base_url=environ.get("RETAIN_BASE_URL") or None,
            price=parse_price(environ.get("RETAIN_PRICE"), "RETAIN_PRICE"),
            concurrency=_number(environ, "RETAIN_CONCURRENCY", CONCURRENCY),
            timeout_s=_seconds(environ, "RETAIN_TIMEOUT", TIMEOUT_S) or TIMEOUT_S,
            earlier_runs=_number(environ, "RETAIN_EARLIER_RUNS", EARLIER_RUNS, least=0),
            max_recoveries=_number(environ, "RETAIN_MAX_RECOVERIES", MAX_RECOVERIES),
            attempts=_number(environ, "RETAIN_ATTEMPTS", ATTEMPTS),
            strict=bool(environ.get("RETAIN_STRICT")),
        )


def settings_file() -> tuple[Path, Mapping[str, str]]:
    """The file of settings, and what it sets, by the names of the variables.

    It is the file that ``RETAIN_CONFIG`` names, or ``config.toml`` in the user's folder of
    configurations. Never one in the working folder: that may come from strangers.

    Raises:
        InputError: It cannot be read, or sets what cannot be set.
    """
    from platformdirs import user_config_path

    named = os.environ.get("RETAIN_CONFIG")
    path = Path(named or user_config_path("retain", appauthor=False) / "config.toml").expanduser()
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as exc:
        if named:
            raise InputError(f"RETAIN_CONFIG names {path}: there is no such file") from exc
        return path, {}
    except OSError as exc:
        raise InputError(f"{path} cannot be read: {exc.strerror}") from exc
    except ValueError as exc:
        raise InputError(f"{path} is not TOML: {exc}") from exc
    return path, {
        f"RETAIN_{name.upper()}": _set(path, name, value) for name, value in found.items()
    }


def _set(path: Path, name: str, value: object) -> str:
    if name not in IN_FILE:
        raise InputError(
            f"{path}: there is no setting {name!r}; there are {', '.join(sorted(IN_FILE))}"
        )
    if isinstance(value, bool):
        return "1" if value else ""
    if not isinstance(value, (str, int, float)):
        raise InputError(f"{path}: {name} is {value!r}: write text, a number, true or false")
    return str(value)


def set_by_user() -> tuple[Path, list[str], list[str]]:
    """The file of settings, what it sets, and which variables of the environment are set.

    Raises:
        InputError: See `settings_file`.
    """
    path, given = settings_file()
    known = {f"RETAIN_{name.upper()}" for name in IN_FILE}
    in_file = [name.removeprefix("RETAIN_").lower() for name in given if name not in os.environ]
    return path, sorted(in_file), sorted(known & os.environ.keys())


def environment() -> Mapping[str, str]:
    """The environment, for the keys of models: they are read there and kept nowhere."""
    return os.environ


def server_token(environ: Mapping[str, str] | None = None) -> str | None:
    """``RETAIN_TOKEN``: the token that requests to ``retain serve`` must carry."""
    return (os.environ if environ is None else environ).get("RETAIN_TOKEN") or None


def default_db() -> str:
    """The URL of the database in the user's data folder."""
    from platformdirs import user_data_dir

    return f"sqlite:///{Path(user_data_dir('retain', appauthor=False)) / 'memory.db'}"


def _zone(name: str | None) -> tzinfo:
    """The zone of that name.

    Raises:
        InputError: There is none.
    """
    if not name or name.strip().upper() == "UTC":
        return UTC
    try:
        return ZoneInfo(name.strip())
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise InputError(
            f"RETAIN_TIMEZONE names no time zone: {name!r}: write it as Europe/Oslo"
        ) from exc


def parse_price(text: str | None, where: str) -> Price | None:
    """``INPUT/OUTPUT`` in US dollars for a million tokens; ``0`` for a model that costs nothing.

    Args:
        text: What the user wrote; nothing: no price.
        where: The variable or option, for the error.

    Raises:
        InputError: It is no price.
    """
    if not text:
        return None
    read, _, written = text.partition("/")
    try:
        price = Price(float(read), float(written or read))
    except ValueError:
        price = Price(-1.0, -1.0)
    if not all(0 <= dollars < float("inf") for dollars in (price.input, price.output)):
        raise InputError(
            f"{where} is {text!r}: write dollars for a million tokens read and written, "
            "such as 0.15/0.60, or 0"
        )
    return price


def debugging(environ: Mapping[str, str] | None = None) -> bool:
    """Whether ``RETAIN_DEBUG`` asks for the traceback of an unexpected error."""
    return bool((os.environ if environ is None else environ).get("RETAIN_DEBUG"))


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


def _number(environ: Mapping[str, str], name: str, default: int, least: int = 1) -> int:
    text = environ.get(name)
    if not text:
        return default
    try:
        number = int(text.replace("_", ""))
    except ValueError:
        number = least - 1
    if number < least:
        raise InputError(f"{name} is {text!r}: set it to a whole number above {least - 1}")
    return number
