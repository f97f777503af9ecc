"""Files and folders that their owner alone can read, whatever the user's umask is.

Windows ignores the modes; there, a user's data folder is private to the user already.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path

FILE_MODE = 0o600
FOLDER_MODE = 0o700

_making = threading.Lock()


def opener(path: str, flags: int) -> int:
    """For `open`: a file that is created is private."""
    return os.open(path, flags, FILE_MODE)


def make_file(path: Path) -> None:
    """Make an empty private file where there is none; what cannot be made is left to the opener.

    SQLite gives the files of its write-ahead log the mode of the database's file. A process that
    closes a descriptor of a file drops its locks on the file, those of SQLite too. So nobody in
    this process may open the new file before the descriptor is closed.
    """
    with _making:
        real = os.path.realpath(path)
        if not os.path.lexists(real):
            with suppress(OSError):
                os.close(os.open(real, os.O_CREAT | os.O_EXCL | os.O_RDWR, FILE_MODE))


def make_folder(path: Path) -> None:
    """Make a private folder with its parents; one of this user that others can enter is closed.

    Raises:
        OSError: The folder cannot be made.
    """
    path.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    with suppress(OSError):  # another user's folder keeps its mode
        if path.stat().st_mode & 0o077:
            path.chmod(FOLDER_MODE)


def is_open_to_others(path: Path) -> bool:
    """Whether users other than the owner and the group of a file can read it."""
    if os.name != "posix":
        return False
    try:
        return bool(path.stat().st_mode & 0o004 and path.absolute().parent.stat().st_mode & 0o001)
    except OSError:
        return False
