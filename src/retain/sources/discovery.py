"""Paths that a user gives, as the sources found under them."""

from __future__ import annotations

import filecmp
import os
import stat
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from retain.errors import InputError, SourceError
from retain.memory.unicode import composed
from retain.sources.left_out import LeftOut, Reason, Selection, grouped, is_temporary
from retain.sources.paths import printable
from retain.sources.suffixes import (
    HEAD_BYTES,
    NEEDS_EXTRA,
    can_convert,
    looks_like_text,
    needs_extra,
    suffix_of,
    suffixes,
)

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


@dataclass(frozen=True, slots=True)
class Search:
    """Where a search reports what it does not find.

    Args:
        refused: Called with what cannot be read.
        left_out: Called with what is not read.
        selection: Which files of a folder are asked for.
    """

    refused: Refused
    left_out: Callable[[LeftOut], None]
    selection: Selection

    def leave_out(self, path: str | os.PathLike[str], reason: Reason) -> None:
        self.left_out(LeftOut(printable(path), reason))


def discover(
    paths: Sequence[str | os.PathLike[str]],
    *,
    refused: Refused | None = None,
    left_out: Callable[[LeftOut], None] | None = None,
    selection: Selection | None = None,
) -> list[Found]:
    """The files that `paths` name, in the order given; a folder's files sorted by source id.

    Folders are searched to the bottom. Text is found whatever its suffix, and other files by the
    suffixes of the known formats; the rest, empty files and hidden entries are left out. Links are
    followed only to places inside the folder. A file that is given by name is taken whatever it is.
    A file reached twice is found once.

    Args:
        paths: Files and folders.
        refused: Called with what cannot be used, a folder without such files included, while the
            search goes on; without it, the first error is raised.
        left_out: Called with what a folder holds and the search leaves out.
        selection: Which files of a folder are asked for; None: all.

    Raises:
        SourceError: A path does not exist, a folder cannot be listed, or it holds documents and
            the extra that reads them is not installed.
        InputError: Two files would have the same source id.
    """
    search = Search(refused or _raise, left_out or _ignore, selection or Selection())
    by_file: dict[str, Found] = {}
    for path in paths:
        for found in _under(path, search, go_on=refused is not None):
            by_file.setdefault(os.path.realpath(found.path), found)
    every = _without_twins(by_file.values(), search)
    _refuse_same_ids(every)
    return every


def _without_twins(found: Iterable[Found], search: Search) -> list[Found]:
    """One of the files whose names look alike, and differ only in how Unicode writes them.

    Files that were copied by way of another system get such names. If their contents differ, the
    second is refused.
    """
    by_path: dict[str, Found] = {}
    for one in sorted(found, key=lambda one: os.fspath(one.path) != composed(os.fspath(one.path))):
        other = by_path.setdefault(composed(printable(one.path)), one)
        if other is not one and not filecmp.cmp(other.path, one.path, shallow=False):
            reason = f"has the name of {printable(other.path)} in another form of Unicode, and "
            search.refused(SourceError(one.source_id, f"{reason}another content: rename one"))
    kept = {id(one) for one in by_path.values()}
    return [one for one in found if id(one) in kept]


def _under(given: str | os.PathLike[str], search: Search, *, go_on: bool) -> list[Found]:
    if not go_on:
        return _files(given, search)
    errors: list[SourceError] = []
    missed: list[LeftOut] = []
    found: list[Found] = []
    try:
        found = _files(given, Search(errors.append, missed.append, search.selection))
    except SourceError as error:
        errors.append(error)
    if not found and not errors:
        errors.append(SourceError(printable(given), _nothing_in_it(missed)))
    for error in errors:
        search.refused(error)
    for one in missed:
        search.left_out(one)
    return found


def _nothing_in_it(missed: Sequence[LeftOut]) -> str:
    if not missed:
        return "holds no file: give a folder with text files or documents in it"
    told = ", ".join(str(group) for group in grouped(missed))
    return f"holds no file that can be retained (left out {told}): give the file itself"


def _ignore(left_out: LeftOut) -> None:
    pass


def _raise(error: SourceError) -> None:
    raise error


def _files(given: str | os.PathLike[str], search: Search) -> list[Found]:
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
        return [Found(composed(printable(absolute.name)), absolute)]
    found = (Found(composed(_relative(file, absolute)), file) for file in _walk(absolute, search))
    every = sorted(found, key=lambda one: one.source_id)
    messages = without_lists(one.source_id for one in every)
    for one in every:
        if one.source_id not in messages:
            search.leave_out(one.path, "list of names in a Slack export")
    every = [one for one in every if one.source_id in messages]
    return every if can_convert() else _without_documents(every, given, search.refused)


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


def without_lists(source_ids: Iterable[str]) -> set[str]:
    """Those of the files of a folder that are not the lists of a Slack export."""
    from retain.sources.formats import slack

    return slack.without_lists(source_ids)


def _relative(file: Path, folder: Path) -> str:
    return printable(file.relative_to(folder).as_posix())


def _walk(folder: Path, search: Search) -> Iterator[Path]:
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
            files, inner, linked = _listing(folders.popleft(), search)
            links.extend(linked)
        else:
            files, inner = _target(links.popleft(), root, search)
        for file in files:
            if not _known(file, seen) and _is_read(file, folder, search):
                yield file
        for one in inner:
            if not _known(one, seen) and _is_searched(one, folder, search):
                folders.append(one)


def _known(path: Path, seen: set[str]) -> bool:
    real = os.path.realpath(path)
    if real in seen:
        return True
    seen.add(real)
    return False


def _listing(folder: Path, search: Search) -> tuple[list[Path], list[Path], list[Path]]:
    """The files, folders and links in one folder, each sorted."""
    files: list[Path] = []
    folders: list[Path] = []
    links: list[Path] = []
    try:
        with os.scandir(folder) as entries:
            every = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        reason = f"the folder cannot be listed ({error.strerror}): check its permissions"
        search.refused(SourceError(printable(folder), reason))
        return [], [], []
    for entry in every:
        if entry.name[0] == ".":
            search.leave_out(entry.path, "hidden")
        elif entry.is_symlink():
            links.append(Path(entry.path))
        elif entry.is_dir(follow_symlinks=False):
            folders.append(Path(entry.path))
        elif entry.is_file(follow_symlinks=False):
            files.append(Path(entry.path))
        else:
            search.leave_out(entry.path, "not a regular file")
    return files, folders, links


def _target(link: Path, root: Path, search: Search) -> tuple[list[Path], list[Path]]:
    """The file or the folder that a link inside `root` leads to."""
    try:
        real = link.resolve(strict=True)
        mode = real.stat().st_mode
    except (FileNotFoundError, NotADirectoryError, RuntimeError):  # RuntimeError: a loop
        search.leave_out(link, "broken link")
        return [], []
    except OSError as error:
        reason = f"the link cannot be followed ({error.strerror}): check the permissions behind it"
        search.refused(SourceError(printable(link), reason))
        return [], []
    if not real.is_relative_to(root):
        search.leave_out(link, "link out of the folder")
        return [], []
    if stat.S_ISDIR(mode):
        return [], [link]
    if stat.S_ISREG(mode):
        return [link], []
    search.leave_out(link, "not a regular file")
    return [], []


def _is_searched(inner: Path, folder: Path, search: Search) -> bool:
    reason = search.selection.refuses(_relative(inner, folder), folder=True)
    if reason is not None:
        search.leave_out(inner, reason)
    return reason is None


def _is_read(file: Path, folder: Path, search: Search) -> bool:
    """Whether the file is asked for, and is a document by its name or text by its content."""
    reason = search.selection.refuses(_relative(file, folder))
    if reason is None and is_temporary(file.name):
        reason = "temporary"
    if reason is None and suffix_of(file.name) not in suffixes():
        reason = _no_text(file)
    if reason is not None:
        search.leave_out(file, reason)
    return reason is None


def _no_text(file: Path) -> Reason | None:
    try:
        with file.open("rb") as opened:
            head = opened.read(HEAD_BYTES)
    except OSError:  # its run says why it cannot be read
        return None
    if not head.strip():
        return "empty"
    return None if looks_like_text(head) or _is_chat_archive(file, head) else "binary"


def _is_chat_archive(file: Path, head: bytes) -> bool:
    """Whether a file is a zip archive of chats; archives of other files are left out."""
    if file.suffix.lower() != ".zip" or not head.startswith(b"PK"):
        return False
    from retain.sources.formats.archive import is_chat_archive

    try:
        with file.open("rb") as opened:
            return is_chat_archive(opened)
    except OSError:
        return False


def _refuse_same_ids(found: Iterable[Found]) -> None:
    by_id: dict[str, Found] = {}
    for one in found:
        other = by_id.setdefault(one.source_id, one)
        if other is not one:
            raise InputError(
                f"{printable(other.path)} and {printable(one.path)} would both be the source "
                f"{one.source_id!r}: ingest them into separate banks, or give their common folder"
            )
