"""A folder of Markdown on disk: what differs is put into it, what is gone is taken out."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from retain.app.files import bytes_of, put
from retain.errors import InputError

MARKER = ".retain-export"
"""The file that says that a folder is an export, of which bank, and which files belong to it."""

FORMAT = "retain-export"
FOLDERS = ("pages", "sources")
_NAME = re.compile(r"(?:index|log|(?:pages|sources)/[a-z0-9](?:[a-z0-9-]{0,160}))\.md")


@dataclass(frozen=True, slots=True)
class Exported:
    """What became of a folder.

    Args:
        files: How many files the export has.
        changed: How many of them were written, for they were new or other than before.
        removed: How many files of the export before are gone.
    """

    files: int
    changed: int
    removed: int


class _Marker(msgspec.Struct):
    format: str
    bank: str
    files: list[str]


class Folder:
    """An export on its way to a folder.

    A folder that is not there yet is made under another name and renamed, so that a kill leaves
    none or all of it. In one that is there, each file that differs is moved into place, so that
    programs which watch it see those alone and what else lies there stays; a kill leaves every
    file old or new, and the next export brings the folder to its end.

    Args:
        path: The folder; only a link that stands here itself is followed.
        bank_id: The bank.
        force: Whether a folder with other things in it is taken, too.

    Raises:
        InputError: It cannot be used.
    """

    def __init__(self, path: str | Path, bank_id: str, *, force: bool) -> None:
        self._path = Path(os.path.realpath(path))
        self._bank_id = bank_id
        self._fresh = not self._path.exists()
        self._before = [] if self._fresh else self._check(force)
        self._around = self._staged()
        # As open to others as the user has his folders, unlike the one around it.
        self._stage = self._around / "export"
        self._stage.mkdir()
        self._names: list[str] = []
        self._changed: list[str] = []

    def add(self, name: str, text: str) -> None:
        """Have a file in the export."""
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} cannot be the name of a file of an export")
        data = text.encode()
        self._names.append(name)
        if self._fresh or bytes_of(self._path / name) != data:
            self._changed.append(name)
            place = self._stage / name
            place.parent.mkdir(exist_ok=True)
            place.write_bytes(data)

    def finish(self) -> Exported:
        """Make the folder the export."""
        gone = sorted(set(self._before) - set(self._names))
        if self._fresh:
            self._mark(self._stage, self._names)
            self._stage.rename(self._path)
            return Exported(len(self._names), len(self._names), 0)
        self._mark(self._path, [*self._names, *gone])
        for name in FOLDERS:
            self._inner(name).mkdir(exist_ok=True)
        for name in self._changed:
            (self._stage / name).replace(self._path / name)
        removed = [name for name in gone if bytes_of(self._path / name) is not None]
        for name in removed:
            (self._path / name).unlink()
        self._mark(self._path, self._names)
        return Exported(len(self._names), len(self._changed), len(removed))

    def close(self) -> None:
        """Leave nothing but the export behind."""
        shutil.rmtree(self._around, ignore_errors=True)

    def _check(self, force: bool) -> list[str]:
        """The files of the export that is there."""
        if not self._path.is_dir():
            raise InputError(f"{self._path} is not a folder: name another place")
        for name in FOLDERS:
            self._inner(name)
        marker = _read_marker(self._path / MARKER)
        if marker is None:
            if not force and any(True for _ in self._path.iterdir()):
                raise InputError(
                    f"{self._path} is not empty, and no export of a bank: name a new folder; "
                    "--force puts the export beside what is there"
                )
            return []
        if marker.bank != self._bank_id and not force:
            raise InputError(
                f"{self._path} is an export of bank {marker.bank!r}: name another folder; "
                f"--force makes it one of {self._bank_id!r}"
            )
        return [name for name in marker.files if _NAME.fullmatch(name)]

    def _inner(self, name: str) -> Path:
        inner = self._path / name
        if inner.is_symlink() or (inner.exists() and not inner.is_dir()):
            raise InputError(f"{inner} is not a folder of its own: remove it, then export again")
        return inner

    def _staged(self) -> Path:
        """A new folder on the same disk; what earlier exports that were killed left goes."""
        home = self._path.parent if self._fresh else self._path
        prefix = f"{MARKER}-{self._path.name[:100]}-" if self._fresh else f"{MARKER}-"
        home.mkdir(parents=True, exist_ok=True)
        for old in home.iterdir():
            if old.name.startswith(prefix) and not old.is_symlink():
                shutil.rmtree(old, ignore_errors=True)
        return Path(tempfile.mkdtemp(prefix=prefix, dir=home))

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
