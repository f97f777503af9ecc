"""Working folders for copies of a bank: private, and locked as long as their process lives."""

from __future__ import annotations

import glob
import os
import re
import secrets
import shutil
import stat
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from retain.db.private import FILE_MODE, FOLDER_MODE

_LOCK = ".lock"
_RANDOM = re.compile("(?:[0-9a-f]{8}-)?[0-9a-f]{12}")


class Workspace:
    """A new folder, which is in use until it is closed or its process dies.

    The lock is a file beside the folder, and is taken before the folder is made: whoever gets the
    lock of a folder that is there knows that nobody uses the folder.

    Args:
        home: The folder to make it in.
        prefix: How its name begins.
    """

    def __init__(self, home: Path, prefix: str) -> None:
        self.path = home / f"{prefix}{secrets.token_hex(6)}"
        self._lock = _lock(self.path)
        self._lock.acquire()
        self.path.mkdir(mode=FOLDER_MODE)

    def close(self) -> None:
        """Delete the folder."""
        _delete(self.path, self._lock)


def delete_unused(path: Path) -> bool:
    """Delete a working folder that nobody uses; whether it is gone.

    Raises:
        OSError: It cannot be deleted.
    """
    try:
        found = path.lstat()
    except FileNotFoundError:
        return True
    mine = not hasattr(os, "getuid") or found.st_uid == os.getuid()
    if not (stat.S_ISDIR(found.st_mode) and mine):
        return False
    lock = _lock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    _delete(path, lock)
    return not path.exists()


def delete_unused_in(home: Path, prefix: str) -> list[Path]:
    """Delete the working folders in `home` that nobody uses; those that are left."""
    left: list[Path] = []
    for path in sorted(home.glob(f"{glob.escape(prefix)}*")):
        if _RANDOM.fullmatch(path.name.removeprefix(prefix)):
            with suppress(OSError):
                if delete_unused(path):
                    continue
            left.append(path)
    return left


def _lock(path: Path) -> FileLock:
    return FileLock(path.with_name(path.name + _LOCK), mode=FILE_MODE, thread_local=False)


def _delete(path: Path, lock: FileLock) -> None:
    shutil.rmtree(path, ignore_errors=True)
    with suppress(OSError):  # Windows deletes no file that is open; there, the release does it
        Path(lock.lock_file).unlink()
    lock.release()
