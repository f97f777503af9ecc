"""What names a run: a tuple of strings that the engine gives no meaning to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

RunKey: TypeAlias = tuple[str, ...]
"""Names a run: one string or more."""

_END, _ESCAPE = "\x01", "\x02"


class Keyed:
    """What has a `run_key`; one of two strings can be read as a bank and a source."""

    __slots__ = ()

    run_key: RunKey

    @property
    def bank_id(self) -> str:
        """The first string of a key of two."""
        return self._pair()[0]

    @property
    def source_id(self) -> str:
        """The second string of a key of two."""
        return self._pair()[1]

    def _pair(self) -> RunKey:
        if len(self.run_key) != 2:
            raise AttributeError(f"the run key {self.run_key!r} is not two strings: read run_key")
        return self.run_key


def named(key: Sequence[str]) -> str:
    """A key as errors show it: ``'o-7' in 'shop'``."""
    *scope, last = key
    return f"{last!r} in {' / '.join(map(repr, scope))}" if scope else repr(last)


def encoded(key: Sequence[str]) -> str:
    """A key as one text that no other key has.

    Such texts are in the order of their keys. A key that begins with the strings of another key
    has a text that begins with the text of that other key.
    """
    return "".join(map(_part, key))


def prefix_range(prefix: Sequence[str]) -> tuple[str, str | None]:
    """Two texts between which the texts of all keys with a prefix are, and no others.

    Both are left out themselves. None: no text is behind those of all keys.
    """
    behind = encoded(prefix)[: -len(_END)]  # no key's text has NUL, the one character before _END
    return behind, behind + _ESCAPE if prefix else None


def decoded(text: str) -> RunKey:
    """The key that `encoded` made a text of."""
    parts = text.split(_END)
    if _ESCAPE not in text:
        return tuple(parts[:-1])
    return tuple(_decoded_parts(text))


def _part(part: str) -> str:
    if _END in part or _ESCAPE in part:
        part = part.replace(_ESCAPE, _ESCAPE * 2).replace(_END, _ESCAPE + _END)
    return part + _END


def _decoded_parts(text: str) -> list[str]:
    parts: list[str] = []
    part: list[str] = []
    characters = iter(text)
    for character in characters:
        if character == _ESCAPE:
            part.append(next(characters))
        elif character == _END:
            parts.append("".join(part))
            part = []
        else:
            part.append(character)
    return parts
