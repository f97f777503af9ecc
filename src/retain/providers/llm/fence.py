"""Fences around data in a request: a document cannot end its own.

The tag's name is made from what stands between the tags, so no document can hold it, and equal
documents make equal requests.
"""

from __future__ import annotations

import re

from retain.memory.hashing import sha256_of

_FENCED = re.compile(r"<data-([0-9a-f]{16})>\n(.*)\n</data-\1>", re.DOTALL)


def fenced(data: str) -> str:
    """`data` between two tags."""
    name = sha256_of(data)[:16]
    return f"<data-{name}>\n{data}\n</data-{name}>"


def unfenced(message: str) -> str | None:
    """What stands between the tags of a message; None if there are none that belong to it."""
    found = _FENCED.search(message)
    if found is None or fenced(found[2]) != found[0]:
        return None
    return found[2]
