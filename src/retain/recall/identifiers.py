"""Identifiers in a query: what is looked for as it is written, such as ``ERR_42`` or a path."""

from __future__ import annotations

import re
import unicodedata

MAX_IDENTIFIERS = 16
_AROUND = "\"'`\u2018\u2019\u201c\u201d()[]{}<>,;!?*"
_SHAPES = re.compile(
    r"""
    \w*[^\W\d_]\w*_\w+ | _+\w+              # snake_case, ERR_42
    | [^\W\d_]{1,24}-?\#?\d{2,}[\w-]*       # TKT-000002, A123
    | (?=.*\d)(?=.*[A-Z])[A-Z0-9]{3,}       # 0Q9X
    | [a-z]+[A-Z]\w*                        # camelCase
    | (?:[~.]{0,2}|[A-Za-z]:)?[/\\][^/\\\s]+.*  # /etc/hosts
    | [^/\\\s]+[/\\][^\s]*[./\\\d_-][^\s]*   # src/main.py
    | [\w-]+\.[a-z]\w{0,4}                  # main.py
    | \S+@\S+ | \S+::\S+ | \#[\w-]+ | \d+(?:\.\d+){2,}
    """,
    re.VERBOSE,
)


def identifiers(query: str) -> tuple[str, ...]:
    """The identifiers in a query, in lower case, each once, in its order."""
    found: dict[str, None] = {}
    for piece in query.split():
        for symbol in symbols(piece):
            found.setdefault(symbol)
        word = piece.strip(_AROUND).rstrip(".:")
        if 2 < len(word) <= 120 and _SHAPES.fullmatch(word):
            found.setdefault(word.casefold())
    return tuple(found)[:MAX_IDENTIFIERS]


def symbols(text: str) -> list[str]:
    """The pictures in a text, such as emoji: no index of words has them."""
    return [char for char in text if unicodedata.category(char) == "So"]


def stands_in(identifier: str, text: str) -> bool:
    """Whether an identifier stands in a text in lower case, and is no part of a longer one."""
    at = text.find(identifier)
    while at >= 0:
        end = at + len(identifier)
        first, last = identifier[0], identifier[-1]
        open_before = not (
            first.isalnum() and at and (text[at - 1].isalnum() or text[at - 1] == "_")
        )
        open_after = not (
            last.isalnum() and end < len(text) and (text[end].isalnum() or text[end] == "_")
        )
        if open_before and open_after:
            return True
        at = text.find(identifier, at + 1)
    return False
