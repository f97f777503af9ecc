"""One Postgres server for all processes of a test run; each test has a schema of its own."""

import hashlib
import os
import shutil
import signal
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

import psutil
import psycopg

from retain.db.pgserver import LocalServer

# The processes of a test run inherit its number.
_RUN = os.environ.setdefault("PYTEST_RETAIN_RUN", str(os.getpid()))
FOLDER = Path(tempfile.gettempdir()) / f"retain-pg-{_RUN}"


@cache
def server() -> LocalServer:
    """The server, which is started by whoever needs it first."""
    local = LocalServer(FOLDER)
    with psycopg.connect(**local.started(), autocommit=True) as connection:
        # Nothing in it outlives the tests.
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")
    return local


def connect() -> "psycopg.Connection[tuple[object, ...]]":
    """A connection beside those of the code under test."""
    return psycopg.connect(**server().started(), autocommit=True)


class Schemas:
    """Gives each folder of a test a schema, which goes with the test."""

    def __init__(self) -> None:
        self._made: set[str] = set()

    def name(self, folder: Path) -> str:
        """The schema of a folder."""
        name = "t" + hashlib.sha256(str(folder).encode()).hexdigest()[:16]
        self._made.add(name)
        return name

    def url(self, folder: Path) -> str:
        """The URL of a database of the folder's own."""
        at = server().started()
        return f"postgresql://{at['user']}@/{at['dbname']}?host={at['host']}&schema={self.name(folder)}"

    def drop(self) -> None:
        """Drop the schemas."""
        if self._made:
            with connect() as connection:
                for name in self._made:
                    connection.execute(f"DROP SCHEMA IF EXISTS {name} CASCADE")


def stop(*, everywhere: bool) -> None:
    """Stop using the server; `everywhere`: the test run is over.

    A worker that was killed would keep the server running.
    """
    if not FOLDER.exists():
        return
    if server.cache_info().currsize:
        server().stop()
    if everywhere:
        with suppress(OSError, ValueError, psutil.NoSuchProcess):
            process = psutil.Process(int((FOLDER / "postmaster.pid").read_text().split()[0]))
            process.send_signal(signal.SIGQUIT)
            process.wait(30)
        shutil.rmtree(FOLDER, ignore_errors=True)
