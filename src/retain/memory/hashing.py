"""Hashes of texts, on the event loop."""

from __future__ import annotations

import hashlib

_AT_ONCE = 2_000
"""For more bytes at once, hashlib hands the interpreter to other threads, and has to wait for it
longer than hashing takes."""


def sha256_of(text: str) -> str:
    """The SHA-256 of a text in UTF-8, in hex; half pairs count as what they are."""
    data, digest = text.encode("utf-8", "surrogatepass"), hashlib.sha256()
    for at in range(0, len(data), _AT_ONCE):
        digest.update(data[at : at + _AT_ONCE])
    return digest.hexdigest()
