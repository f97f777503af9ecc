"""What a search of folders leaves out, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal

import pathspec

from retain.errors import InputError
from retain.sources.suffixes import suffix_of

Reason = Literal[
    "binary",
    "broken link",
    "empty",
    "excluded",
    "hidden",
    "link out of the folder",
    "list of names in a Slack export",
    "not a regular file",
    "not included",
    "temporary",
]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file, or a folder as a whole, that a search left out.

    Args:
        path: Its path, for people.
        reason: Why.
    """

    path: str
    reason: Reason

    @property
    def suffix(self) -> str:
        """The suffix in small letters; empty where there is none, and for what is hidden."""
        return "" if self.reason == "hidden" else suffix_of(self.path)


@dataclass(frozen=True, slots=True)
class LeftOutGroup:
    """Files of one suffix that were left out for one reason.

    Args:
        suffix: Their suffix; empty for none.
        reason: Why they were left out.
        count: How many they are.
        examples: The paths of some of them.
    """

    suffix: str
    reason: Reason
    count: int
    examples: tuple[str, ...]

    def __str__(self) -> str:
        """Such as ``2 .png (binary)``, or ``1 hidden``."""
        return (
            f"{self.count:,} {self.suffix} ({self.reason})"
            if self.suffix
            else (f"{self.count:,} {self.reason}")
        )


def grouped(left_out: Iterable[LeftOut], examples: int = 10) -> list[LeftOutGroup]:
    """What was left out by suffix and reason, the most frequent first."""
    every = list(left_out)
    counts = Counter((one.suffix, one.reason) for one in every)
    paths: dict[tuple[str, Reason], list[str]] = {}
    for one in every:
        paths.setdefault((one.suffix, one.reason), []).append(one.path)
    keys = sorted(paths, key=lambda key: (-counts[key], key))
    return [LeftOutGroup(*key, counts[key], tuple(paths[key][:examples])) for key in keys]


class Selection:
    """Which files of a folder a user asks for, by patterns as in a ``.gitignore`` file.

    Args:
        include: Files that match none of these are left out; no pattern: none is.
        exclude: Files and folders that match one of these are left out.

    Raises:
        InputError: A pattern is not valid.
    """

    def __init__(self, include: Sequence[str] = (), exclude: Sequence[str] = ()) -> None:
        self._include = _spec(include, "--include") if include else None
        self._exclude = _spec(exclude, "--exclude")

    def refuses(self, path: str, *, folder: bool = False) -> Reason | None:
        """Why the file or folder at this path, relative to the folder given, is left out."""
        if self._exclude.match_file(path + "/" * folder):
            return "excluded"
        if folder or self._include is None or self._include.match_file(path):
            return None
        return "not included"


def is_temporary(name: str) -> bool:
    """Whether a program keeps a file of this name only while it works on another one."""
    if name.startswith("~$") or name.endswith("~") or (name[0] == "#" == name[-1]):
        return True
    return PurePath(name).suffix.lower() in {".tmp", ".swp", ".part", ".crdownload"}


def _spec(patterns: Sequence[str], option: str) -> pathspec.GitIgnoreSpec:
    try:
        return pathspec.GitIgnoreSpec.from_lines(patterns)
    except ValueError as error:
        raise InputError(
            f"{option} has a pattern that is not valid ({error}): write it as in a .gitignore file"
        ) from error
