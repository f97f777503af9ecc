"""Updates a folder of Markdown on disk: writes what differs, deletes what is gone."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from retain.app.files import bytes_of, put
from retain.app.workspace import Workspace, delete_unused_in
from retain.errors import InputError, OverwriteError

MARKER = ".retain-export"
"""The file that marks a folder as an export; it names the bank and the exported files."""

FORMAT = "retain-export"
FOLDERS = ("pages", "sources")
_NAME = re.compile(r"(?:index|log|(?:pages|sources)/[a-z0-9](?:[a-z0-9-]{0,160}))\.md")


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export changed in a folder.

    Args:
        files: How many files the export has.
        changed: How many of them were new or different, and so were written.
        removed: How many files of the earlier export were deleted.
    """

    files: int
    changed: int
    removed: int


class _Marker(msgspec.Struct):
    format: str
    bank: str
    files: list[str]


class Folder:
    """An export into a folder: `add` its files, then `finish`; then close its workspace.

    A new folder is made under another name and then renamed, so that a kill leaves all of it or
    none. In an existing folder, each file that differs is moved into place: programs that watch
    the folder see only changes, and other files stay. After a kill every file is old or new, and
    the next export finishes the update.

    Args:
        path: The folder; if the path itself is a link, it is followed.
        bank_id: The bank.
        force: Whether to write into a folder that holds other files.

    Raises:
        OverwriteError: The folder holds other files, or an export of another bank.
        InputError: The path cannot be used.
    """

    def __init__(self, path: str | Path, bank_id: str, *, force: bool) -> None:
        self.path = Path(os.path.realpath(path))
        self._bank_id = bank_id
        self._fresh = not self.path.exists()
        self._before = [] if self._fresh else self._check(force)
        self.workspace = self._staged()
        # The workspace is private; a folder in it has the permissions of the user's umask.
        self._stage = self.workspace.path / "export"
        self._stage.mkdir()
        self._names: list[str] = []
        self._changed: list[str] = []

    def add(self, name: str, text: str) -> None:
        """Add a file to the export."""
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} cannot be the name of a file of an export")
        data = text.encode()
        self._names.append(name)
        if self._fresh or bytes_of(self.path / name) != data:
            self._changed.append(name)
            place = self._stage / name
            place.parent.mkdir(exist_ok=True)
            place.write_bytes(data)

    def finish(self) -> Exported:
        """Bring the folder up to date."""
        if self._fresh:
            self._mark(self._stage, self._names)
            if self._placed():
                return Exported(len(self._names), len(self._names), 0)
            self._before = self._check(force=False)
        gone = sorted(set(self._before) - set(self._names))
        self._mark(self.path, [*self._names, *gone])
        for name in FOLDERS:
            self._inner(name).mkdir(exist_ok=True)
        for name in self._changed:
            (self._stage / name).replace(self.path / name)
        removed = [name for name in gone if bytes_of(self.path / name) is not None]
        for name in removed:
            (self.path / name).unlink(missing_ok=True)
        self._mark(self.path, self._names)
        return Exported(len(self._names), len(self._changed), len(removed))

    def _placed(self) -> bool:
        """Give a new folder its name, unless another export has made one there meanwhile."""
        try:
            self._stage.rename(self.path)
        except OSError:
            if not self.path.is_dir():
                raise
            return False
        return True

    def _check(self, force: bool) -> list[str]:
        """The files of the earlier export."""
        if not self.path.is_dir():
            raise InputError(f"{self.path} is not a folder: choose another path")
        for name in FOLDERS:
            self._inner(name)
        marker = _read_marker(self.path / MARKER)
        if marker is None:
            others = (one for one in self.path.iterdir() if not one.name.startswith(MARKER))
            if not force and any(True for _ in others):
                raise OverwriteError(str(self.path), "is not empty and not an exported bank")
            return []
        if marker.bank != self._bank_id and not force:
            raise OverwriteError(str(self.path), f"is an export of bank {marker.bank!r}")
        return [name for name in marker.files if _NAME.fullmatch(name)]

    def _inner(self, name: str) -> Path:
        inner = self.path / name
        if inner.is_symlink() or (inner.exists() and not inner.is_dir()):
            raise InputError(
                f"{inner} is a link or a file, not a folder: delete it, and export again"
            )
        return inner

    def _staged(self) -> Workspace:
        """A working folder on the same disk; those of exports that were killed are deleted."""
        home = self.path.parent if self._fresh else self.path
        prefix = f"{MARKER}-{self.path.name[:100]}-" if self._fresh else f"{MARKER}-"
        home.mkdir(parents=True, exist_ok=True)
        delete_unused_in(home, prefix)
        return Workspace(home, prefix)

    def _mark(self, folder: Path, names: Iterable[str]) -> None:
        data = msgspec.json.encode(_Marker(FORMAT, self._bank_id, sorted(names)))
        data = msgspec.json.format(data, indent=1) + b"\n"
        if bytes_of(folder / MARKER) != data:
            put(folder / MARKER, data)


def _read_marker(path: Path) -> _Marker | None:
    data = bytes_of(path)
    if data is None:
        return None
    try:
        marker = msgspec.json.decode(data, type=_Marker)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return marker if marker.format == FORMAT else None
