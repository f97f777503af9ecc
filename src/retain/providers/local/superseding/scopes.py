"""What a value holds for, where it holds for some only: members, winter, Sundays."""

from __future__ import annotations

import re

from retain.providers.local.superseding.values import tokens

_SCOPE = re.compile(
    r",? (?:now |currently |only |just |again )?(?P<scope>(?:for|in|on|at|during|outside|inside"
    r"|within|with|without|between|if|when|on) .+)$"
)
_TIME = re.compile(
    r"(?:in|on|for|at|during) (?:the )?(?:\d|now\b|moment\b|today\b|this\b|last\b|next\b|first\b"
    r"|(?:January|February|March|April|May|June|July|August|September|October|November|December)\b"
    r"|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b|\w+ (?:years?|months?|weeks?)\b)"
)
_CLAUSE = re.compile(r" (?:because|since|and|but|so|as|which|while|after|before)\b.*|[,;(].*")


def scope(text: str, value: str) -> str:
    """What follows the value and limits it, comparable; empty if nothing does."""
    at = text.find(value)
    found = _SCOPE.match(text, at + len(value)) if at >= 0 else None
    if found is None or _TIME.match(found["scope"]):
        return ""
    words = tokens(_CLAUSE.sub("", found["scope"]))
    return f" ({' '.join(words)})" if words else ""
