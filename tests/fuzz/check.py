"""Ask every expression of the package about hostile texts; print those that are too slow.

Runs as a process of its own, which its test ends where an expression never answers: each place is
printed before the expression there is asked.
"""

from __future__ import annotations

import re

from tests.fuzz.expressions import Expression, expressions
from tests.fuzz.hostile import grows_too_fast, hostile

BOUNDED = {
    "retain.providers.local.personslots:": 300,
    "retain.providers.local.slots:": 300,
    "retain.providers.local.thingslots:": 300,
    "retain.providers.local.reader:_CORRECTS": 40,
    "retain.recall.identifiers:_SHAPES": 120,
}
"""The longest text that the package gives to expressions, by their places."""


def slow(one: Expression) -> str | None:
    """With which text an expression is too slow, and how slow; None if it never is."""
    pattern, flags = one.pattern.pattern, one.pattern.flags
    if isinstance(pattern, bytes):
        pattern = pattern.decode("latin-1")
    most = next((chars for at, chars in BOUNDED.items() if one.place.startswith(at)), 10**9)
    for text in hostile(pattern, flags & ~re.UNICODE):
        for way in one.ways:
            if (told := grows_too_fast(one.pattern, way, text, most)) is not None:
                return f"{way} of {[part[:40] for part in text]}: {told}"
    return None


if __name__ == "__main__":
    for expression in expressions():
        print("asked", expression.place, flush=True)
        if (found := slow(expression)) is not None:
            print("slow", expression.place, found, flush=True)
    print("done", flush=True)
