"""Settings come from the environment, and a bad one is named."""

from pathlib import Path

import pytest

from retain.config import Settings, debugging, default_db
from retain.errors import InputError
from retain.memory.model import Limits, Price


def test_an_empty_environment_gives_the_defaults() -> None:
    settings = Settings.from_environment({})
    assert settings == Settings(db=default_db())
    assert settings.embedder == "minilm"
    assert (settings.bank, settings.durability, settings.busy_timeout_s) == ("default", "power", 10)
    assert settings.limits == Limits()
    assert not debugging({})


def test_every_variable_is_read() -> None:
    environ = {
        "RETAIN_DB": "sqlite:///x.db",
        "RETAIN_BANK": "ana",
        "RETAIN_DURABILITY": "process",
        "RETAIN_BUSY_TIMEOUT": "0.5",
        "RETAIN_MAX_BYTES": "1_000",
        "RETAIN_MAX_SECTIONS": "7",
        "RETAIN_EMBEDDER": "static",
        "RETAIN_MODEL": "openai-compatible:qwen3",
        "RETAIN_BASE_URL": "http://127.0.0.1:8000/v1",
        "RETAIN_PRICE": "0.1/0.4",
        "RETAIN_CONCURRENCY": "32",
        "RETAIN_TIMEOUT": "30",
        "RETAIN_ATTEMPTS": "3",
    }
    assert Settings.from_environment(environ) == Settings(
        db="sqlite:///x.db",
        bank="ana",
        durability="process",
        busy_timeout_s=0.5,
        limits=Limits(max_bytes=1000, max_sections=7),
        embedder="static",
        model="openai-compatible:qwen3",
        base_url="http://127.0.0.1:8000/v1",
        price=Price(0.1, 0.4),
        concurrency=32,
        timeout_s=30,
        attempts=3,
    )
    assert debugging({"RETAIN_DEBUG": "1"})


def test_a_variable_that_is_set_to_nothing_is_not_set() -> None:
    names = ("DB", "BANK", "DURABILITY", "BUSY_TIMEOUT", "MAX_BYTES", "MAX_SECTIONS")
    environ = {f"RETAIN_{name}": "" for name in names}
    assert Settings.from_environment(environ) == Settings.from_environment({})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RETAIN_DURABILITY", "disk"),
        ("RETAIN_BUSY_TIMEOUT", "soon"),
        ("RETAIN_BUSY_TIMEOUT", "-1"),
        ("RETAIN_BUSY_TIMEOUT", "nan"),
        ("RETAIN_BUSY_TIMEOUT", "inf"),
        ("RETAIN_MAX_BYTES", "0"),
        ("RETAIN_MAX_BYTES", "1.5"),
        ("RETAIN_MAX_SECTIONS", "many"),
        ("RETAIN_CONCURRENCY", "0"),
        ("RETAIN_TIMEOUT", "long"),
        ("RETAIN_ATTEMPTS", "none"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(name: str, value: str) -> None:
    with pytest.raises(InputError, match=f"{name} is '{value}': set it to"):
        Settings.from_environment({name: value})


def test_the_default_database_stands_in_the_users_data_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_db().startswith("sqlite:///")
    assert default_db().endswith("memory.db")
