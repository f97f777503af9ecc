"""What a recall is limited to: sources, tags, a speaker, a time, properties."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from fnmatch import fnmatchcase
from typing import Any, cast

from retain.errors import InputError
from retain.memory.model import SectionRow, StoredSource
from retain.memory.unicode import composed


@dataclass(frozen=True, slots=True)
class Filters:
    """Which sections a recall looks at; a section has to pass all that are given.

    Args:
        sources: Ids of sources, of which it is in one; ``*`` stands for any text in an id. The name
            of a file of many sources, ``FILE#…``, means all of them.
        tags: Tags that its source has, all of them, without regard to case.
        speaker: Who says it, without regard to case.
        since: When it was said at the earliest; what has no date does not pass.
        until: When it was said at the latest.
        metadata: Properties that its source has, with these values; of a list, one value is enough.
    """

    sources: Collection[str] = ()
    tags: Collection[str] = ()
    speaker: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])

    def check(self) -> None:
        """See that the filters can be used.

        Raises:
            InputError: A time has no time zone, or `since` comes after `until`.
        """
        for name, when in (("since", self.since), ("until", self.until)):
            if when is not None and when.tzinfo is None:
                raise InputError(
                    f"{name} has no time zone: {when.isoformat()}: add one, such as +00:00"
                )
        if self.since is not None and self.until is not None and self.since > self.until:
            raise InputError("since comes after until: exchange them")

    @property
    def needs_sources(self) -> bool:
        """Whether properties of sources are asked for."""
        return bool(self.tags or self.metadata)

    def passing(self, sources: Iterable[StoredSource]) -> frozenset[str]:
        """The ids of the sources that have the tags and the properties."""
        return frozenset(
            one.source_id
            for one in sources
            if all(_plain(tag) in _tags(one.meta) for tag in self.tags)
            and all(_has(one.meta, name, value) for name, value in self.metadata.items())
        )

    def passes(self, row: SectionRow, among: frozenset[str] | None) -> bool:
        """Whether a section passes.

        Args:
            row: The section.
            among: What `passing` gave; None where it is not needed.
        """
        said_at = row.section.said_at
        return (
            (among is None or row.source_id in among)
            and (not self.sources or any(_is_of(row.source_id, one) for one in self.sources))
            and (self.speaker is None or _same(self.speaker, row.section.speaker))
            and (self.since is None or (said_at is not None and said_at >= self.since))
            and (self.until is None or (said_at is not None and said_at <= self.until))
        )


def _is_of(source_id: str, wanted: str) -> bool:
    """Whether a source, or the file that it is a part of, has an id."""
    source_id, wanted = composed(source_id), composed(wanted)
    return fnmatchcase(source_id, wanted) or fnmatchcase(source_id, f"{wanted}#*")


def _same(name: str, other: str | None) -> bool:
    return other is not None and composed(name).strip().casefold() == composed(other).casefold()


def _plain(tag: str) -> str:
    return composed(tag).strip().removeprefix("#").casefold()


def _tags(meta: Mapping[str, Any]) -> set[str]:
    given = [value for name, value in meta.items() if name.casefold() in ("tags", "tag")]
    values = [part for value in given for one in _values(value) for part in one.split(",")]
    return {_plain(value) for value in values}


def _has(meta: Mapping[str, Any], name: str, value: str) -> bool:
    wanted, name = composed(value).strip().casefold(), composed(name).strip().casefold()
    given = [given for key, given in meta.items() if key.casefold() == name]
    return any(wanted == one.strip().casefold() for each in given for one in _values(each))


def _values(value: Any) -> list[str]:
    """A property's values as text: one, or those of a list."""
    if isinstance(value, (list, tuple)):
        return [text for one in cast("list[Any]", value) for text in _values(one)]
    if isinstance(value, bool):
        return [str(value).lower()]
    if isinstance(value, datetime):
        return [value.isoformat(), value.date().isoformat()]
    if isinstance(value, date):
        return [value.isoformat()]
    return [] if value is None else [str(value)]
