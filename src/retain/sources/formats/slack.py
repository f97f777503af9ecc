"""What a Slack export keeps beside its messages: the lists of people and channels."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any, cast

PEOPLE = "users.json"
CHANNELS = "channels.json"

LISTS = frozenset(
    {
        PEOPLE, CHANNELS, "groups.json", "dms.json", "mpims.json", "integration_logs.json",
        "canvases.json", "org_users.json", "lists.json", "file_conversations.json",
        "huddle_transcripts.json",
    }
)  # fmt: skip
"""Files beside the folders of the channels, which hold no messages."""

MAX_BYTES = 64 << 20


def names_for(path: str) -> dict[str, str]:
    """The names of people and channels by their ids, for a day's messages of a Slack export."""
    root = Path(path).parent.parent
    names: dict[str, str] = {}
    for name in (CHANNELS, PEOPLE):
        try:
            stat = (root / name).stat()
        except (OSError, ValueError):
            continue
        if stat.st_size <= MAX_BYTES:
            names.update(_names(str(root / name), stat.st_mtime_ns))
    return names


def without_lists(source_ids: Iterable[str]) -> set[str]:
    """Those of the files of a folder that are not the lists of a Slack export."""
    ids = set(source_ids)
    roots = {PurePosixPath(one).parent for one in ids if PurePosixPath(one).name == PEOPLE}
    roots = {root for root in roots if str(root / CHANNELS) in ids}
    return {
        one
        for one in ids
        if PurePosixPath(one).parent not in roots or PurePosixPath(one).name not in LISTS
    }


@lru_cache(maxsize=8)
def _names(path: str, _changed: int) -> dict[str, str]:
    try:
        return names_in(Path(path).read_bytes())
    except OSError:
        return {}


def names_in(data: bytes) -> dict[str, str]:
    """The names by their ids in a list of people or channels; none where it is no such list."""
    try:
        values: object = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    people = cast("list[object]", values) if isinstance(values, list) else []
    held = [cast("dict[str, Any]", one) for one in people if isinstance(one, dict)]
    return {str(one["id"]): name for one in held if "id" in one and (name := _name(one))}


def _name(person: dict[str, Any]) -> str:
    profile = person.get("profile")
    held = cast("dict[str, Any]", profile) if isinstance(profile, dict) else {}
    names = [held.get("real_name"), person.get("real_name"), held.get("display_name")]
    names.append(person.get("name"))
    return next((one.strip() for one in names if isinstance(one, str) and one.strip()), "")
