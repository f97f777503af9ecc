"""Database URLs, and a memory in a database that is no file."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from retain import Memory, Settings
from retain.app import backends
from retain.app.backends import open_backend, sqlite
from retain.errors import InputError


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("memory", "'memory': its scheme must be sqlite"),
        ("mysql://ana:secret@host/bank", r"'mysql://…': its scheme must be sqlite"),
        ("://", "its scheme must be sqlite"),
        ("sqlite:memory.db", "its scheme must be sqlite"),
        ("sqlite://memory.db", "names no file: write sqlite:///PATH"),
        ("sqlite:///", "names no file: write sqlite:///PATH"),
        ("sqlite:///:memory:", "names no file: write sqlite:///PATH"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_without_its_password(url: str, shown: str) -> None:
    with pytest.raises(InputError, match=shown) as refused:
        open_backend(url, Settings(url))
    assert "secret" not in str(refused.value)
    assert (
        "for example, write memory.db, sqlite:///PATH" in str(refused.value) or "no file" in shown
    )


@pytest.mark.parametrize("path", ["memory.db", "folder/a b.sqlite", "/tmp/x.sqlite3"])
def test_a_path_alone_is_a_sqlite_file(path: str) -> None:
    assert open_backend(path, Settings(path)).path == Path(path)


def test_an_unknown_scheme_is_told_which_schemes_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(backends.BACKENDS, "elsewhere", sqlite.open_backend)
    with pytest.raises(InputError, match=r"its scheme must be sqlite, .* or elsewhere;"):
        open_backend("mysql://host", Settings("mysql://host"))


def test_one_line_of_the_table_puts_a_memory_where_there_is_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def elsewhere(url: str, settings: Settings) -> backends.Backend:
        name = url.rpartition("/")[2]
        opened = sqlite.open_backend(f"sqlite:///{tmp_path}/{name}.db", settings)
        opened.location, opened.path = "elsewhere://host/bank", None
        return opened

    monkeypatch.setitem(backends.BACKENDS, "elsewhere", elsewhere)

    async def main() -> list[str]:
        settings = Settings("elsewhere://ana:secret@host/bank", embedder="static")
        async with Memory.open(settings=settings) as memory:
            assert memory.path is None
            assert memory.location == "elsewhere://host/bank"
            run = await memory.retain_text("Ana lives in Lisbon.\n", source_id="ana.md")
            assert run.status == "completed"
            assert all(check.ok for check in await memory.banks.integrity())
            return [hit.source_id for hit in await memory.recall("Lisbon", kinds=["section"])]

    assert asyncio.run(main()) == ["ana.md"]


def test_a_copy_has_what_the_database_has_and_changes_nothing_in_it(tmp_path: Path) -> None:
    async def main() -> None:
        settings = Settings(f"sqlite:///{tmp_path}/memory.db", embedder="static")
        async with Memory.open(settings=settings) as memory:
            await memory.retain_text("Ana lives in Lisbon.\n", source_id="ana.md")
        backend = open_backend(settings.db, settings)
        try:
            async with backend.copy() as copy:
                assert copy.path is not None
                folder = copy.path.parent
                async with Memory(copy, settings) as copied:
                    await copied.forget("ana.md")
                    assert await copied.banks() == {}
            assert not folder.exists()
            assert await backend.store.banks() == ["default"]
        finally:
            await backend.close()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("url", "extra"), [("postgresql://host/x", "postgres"), ("pgserver:///x", "pgserver")]
)
def test_a_missing_driver_is_told_with_what_installs_all_of_it(url: str, extra: str) -> None:
    code = f"""
import sys
sys.modules["psycopg"] = None
from retain import Memory
from retain.errors import MissingExtraError
try:
    Memory.open({url!r})
except MissingExtraError as exc:
    print(exc)
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert f'pip install "retain-pipeline[{extra}]"' in ran.stdout
