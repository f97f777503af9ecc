"""Fences around data in a request: a document cannot end its own.

The tag's name is made from what stands between the tags, so no document can hold it, and equal
documents make equal requests.
"""

from __future__ import annotations

from retain.memory.hashing import sha256_of

_BEGINS = "<data-"
_DIGITS = 16


def fenced(data: str) -> str:
    """`data` between two tags."""
    name = sha256_of(data)[:_DIGITS]
    return f"<data-{name}>\n{data}\n</data-{name}>"


def unfenced(message: str) -> str | None:
    """What stands between the first tags of a message; None if none belong to what is in them."""
    at = message.find(_BEGINS)
    if at < 0:
        return None
    name = message[at + len(_BEGINS) : at + len(_BEGINS) + _DIGITS]
    begins = at + len(_BEGINS) + _DIGITS + len(">\n")
    ends = message.find(f"\n</data-{name}>", begins - 1)
    data = message[begins:ends]
    return data if ends >= 0 and message.startswith(fenced(data), at) else None
