"""Paths that a user gives, as the sources found under them."""

from __future__ import annotations

import os
import stat
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from retain.errors import InputError, SourceError
from retain.sources.paths import printable
from retain.sources.suffixes import NEEDS_EXTRA, can_convert, needs_extra, suffix_of, suffixes

Refused = Callable[[SourceError], None]
"""Told of a path that cannot be used."""


@dataclass(frozen=True, slots=True)
class Found:
    """One file to retain.

    Args:
        source_id: Its path relative to the folder that was given, or its name.
        path: Where it is, absolute.
    """

    source_id: str
    path: Path


def discover(
    paths: Sequence[str | os.PathLike[str]], *, refused: Refused | None = None
) -> list[Found]:
    """The files that `paths` name, in the order given; a folder's files sorted by source id.

    Folders are searched to the bottom for the suffixes of the known formats; hidden entries are
    left out, and links are followed only to places inside the folder. A file that is given by name
    is taken whatever its suffix. A file reached twice is found once.

    Args:
        paths: Files and folders.
        refused: Told of what cannot be used, a folder without text files included, while the
            search goes on; without it, the first error is raised.

    Raises:
        SourceError: A path does not exist, a folder cannot be listed, or it holds documents and
            the extra that reads them is not installed.
        InputError: Two files would have the same source id.
    """
    by_file: dict[str, Found] = {}
    for path in paths:
        for found in _under(path, refused):
            by_file.setdefault(os.path.realpath(found.path), found)
    _refuse_same_ids(by_file.values())
    return list(by_file.values())


def _under(given: str | os.PathLike[str], refused: Refused | None) -> list[Found]:
    if refused is None:
        return _files(given, _raise)
    errors: list[SourceError] = []
    found: list[Found] = []
    try:
        found = _files(given, errors.append)
    except SourceError as error:
        errors.append(error)
    if not found and not errors:
        known = ", ".join(sorted(one for one in suffixes() if not needs_extra(one)))
        reason = f"holds no text file ({known}): give the file itself if it has another suffix"
        errors.append(SourceError(printable(given), reason))
    for error in errors:
        refused(error)
    return found


def _raise(error: SourceError) -> None:
    raise error


def _files(given: str | os.PathLike[str], refused: Refused) -> list[Found]:
    if not os.fspath(given):
        raise SourceError("''", "is an empty path: write . for the folder that you are in")
    absolute = Path(given).absolute()
    try:
        mode = absolute.stat().st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        reason = "no such file or folder: check the path"
        raise SourceError(printable(given), reason) from error
    except OSError as error:
        reason = f"cannot be looked up ({error.strerror}): check the path and its permissions"
        raise SourceError(printable(given), reason) from error
    if not stat.S_ISDIR(mode):
        return [Found(printable(absolute.name), absolute)]
    found = (Found(_relative(file, absolute), file) for file in _walk(absolute, refused))
    every = sorted(found, key=lambda one: one.source_id)
    return every if can_convert() else _without_documents(every, given, refused)


def _without_documents(
    found: Sequence[Found], folder: str | os.PathLike[str], refused: Refused
) -> list[Found]:
    """Without what needs the extra: one refusal tells of all of it."""
    left_out = [one for one in found if needs_extra(suffix_of(one.source_id))]
    if left_out:
        kinds = ", ".join(sorted({suffix_of(one.source_id) for one in left_out}))
        reason = f"left out {len(left_out)} of its files ({kinds}): {NEEDS_EXTRA}"
        refused(SourceError(printable(folder), reason))
    return [one for one in found if not needs_extra(suffix_of(one.source_id))]


def _relative(file: Path, folder: Path) -> str:
    return printable(file.relative_to(folder).as_posix())


def _walk(folder: Path, refused: Refused) -> Iterator[Path]:
    """Text files and documents below `folder`, each once.

    Links wait until everything that is really there was seen, so a file is found under its own
    name rather than a link's, and a link back up leads nowhere new.
    """
    root = Path(os.path.realpath(folder))
    seen: set[str] = {str(root)}
    folders: deque[Path] = deque([folder])
    links: deque[Path] = deque()
    while folders or links:
        if folders:
            try:
                files, inner, linked = _listing(folders.popleft())
            except SourceError as error:
                refused(error)
                continue
            links.extend(linked)
        else:
            files, inner = _target(links.popleft(), root)
        for file in files:
            if not _known(file, seen):
                yield file
        folders.extend(one for one in inner if not _known(one, seen))


def _known(path: Path, seen: set[str]) -> bool:
    real = os.path.realpath(path)
    if real in seen:
        return True
    seen.add(real)
    return False


def _listing(folder: Path) -> tuple[list[Path], list[Path], list[Path]]:
    """The files to read, folders and links in one folder, each sorted."""
    files: list[Path] = []
    folders: list[Path] = []
    links: list[Path] = []
    try:
        with os.scandir(folder) as entries:
            visible = sorted((e for e in entries if e.name[0] != "."), key=lambda e: e.name)
    except OSError as error:
        reason = f"the folder cannot be listed ({error.strerror}): check its permissions"
        raise SourceError(printable(folder), reason) from error
    for entry in visible:
        if entry.is_symlink():
            links.append(Path(entry.path))
        elif entry.is_dir(follow_symlinks=False):
            folders.append(Path(entry.path))
        elif entry.is_file(follow_symlinks=False) and _is_read(entry.name):
            files.append(Path(entry.path))
    return files, folders, links


def _target(link: Path, root: Path) -> tuple[list[Path], list[Path]]:
    """The file to read or the folder that a link inside `root` leads to."""
    real = Path(os.path.realpath(link))
    if not real.is_relative_to(root):
        return [], []
    if real.is_dir():
        return [], [link]
    return ([link], []) if real.is_file() and _is_read(link.name) else ([], [])


def _is_read(name: str) -> bool:
    """Whether it is a document by its name; Word keeps a lock in a file named ``~$report.docx``."""
    return suffix_of(name) in suffixes() and not name.startswith("~$")


def _refuse_same_ids(found: Iterable[Found]) -> None:
    by_id: dict[str, Found] = {}
    for one in found:
        other = by_id.setdefault(one.source_id, one)
        if other is not one:
            raise InputError(
                f"{printable(other.path)} and {printable(one.path)} would both be the source "
                f"{one.source_id!r}: ingest them into separate banks, or give their common folder"
            )
