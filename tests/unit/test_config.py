"""Settings come from the environment, and a bad one is named."""

from pathlib import Path

import pytest

from retain.config import Settings, debugging, default_db, set_by_user
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


def test_a_file_sets_what_the_environment_does_not(tmp_path: Path, monkeypatch) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('bank = "ana"\ndb = "sqlite:///x.db"\nconcurrency = 3\nstrict = true\n')
    monkeypatch.setenv("RETAIN_CONFIG", str(file))
    monkeypatch.setenv("RETAIN_BANK", "mira")
    monkeypatch.delenv("RETAIN_DB", raising=False)
    settings = Settings.from_environment()
    assert (settings.bank, settings.db, settings.concurrency) == ("mira", "sqlite:///x.db", 3)
    assert settings.strict
    assert set_by_user()[1] == ["concurrency", "db", "strict"]
    assert "RETAIN_BANK" in set_by_user()[2]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("bank = ", "is not TOML"),
        ("bnak = 'ana'", "there is no setting 'bnak'; there are attempts, author, bank, "),
        ("token = 'x'", "there is no setting 'token'"),
        ("bank = ['ana']", "bank is ['ana']: write text, a number, true or false"),
        ("concurrency = 0", "RETAIN_CONCURRENCY is '0': set it to a whole number above 0"),
    ],
)
def test_a_file_that_sets_what_it_cannot_is_named(
    tmp_path: Path, monkeypatch, text: str, said: str
) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text)
    monkeypatch.setenv("RETAIN_CONFIG", str(file))
    monkeypatch.delenv("RETAIN_CONCURRENCY", raising=False)
    with pytest.raises(InputError) as caught:
        Settings.from_environment()
    assert str(file) in str(caught.value)
    assert said in str(caught.value)


def test_a_file_that_is_named_has_to_be_there(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("RETAIN_CONFIG", str(tmp_path / "none.toml"))
    with pytest.raises(InputError, match="there is no such file"):
        Settings.from_environment()


def test_the_file_in_the_users_folder_is_read_and_none_in_the_working_folder(
    tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.delenv("RETAIN_CONFIG", raising=False)
    monkeypatch.delenv("RETAIN_BANK", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    for name in ("config.toml", "retain.toml"):
        (tmp_path / name).write_text("bank = 'a stranger'")
    assert Settings.from_environment().bank == "default"
    (tmp_path / "config/retain").mkdir(parents=True)
    (tmp_path / "config/retain/config.toml").write_text("bank = 'ana'")
    assert Settings.from_environment().bank == "ana"
