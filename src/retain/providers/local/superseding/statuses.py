"""Words for how something stands, and what they exclude."""

from __future__ import annotations

import re

_AXES = {
    "progress": (
        "green red yellow amber|on track|back on track|off track|behind schedule|ahead of schedule"
        "|at risk|on hold|delayed|postponed|paused|active|inactive|blocked|unblocked|stalled|done"
        "|in progress|running|stopped|under way|finished|complete|completed|cancelled|canceled"
        "|called off|resumed|shelved|abandoned|archived|suspended|discontinued|pending|in review"
        "|overdue|live"
    ),
    "payment": "paid|unpaid|overdue|pending|refunded",
    "delivery": "pending|confirmed|ordered|shipped|delivered|returned|in transit|on its way|lost",
    "approval": "pending|approved|rejected|denied|under review|in review|accepted|signed|unsigned",
    "stock": "available|unavailable|in stock|out of stock|sold out|back in stock|sold",
    "working": (
        "working|broken|out of order|fixed|repaired|down|up|back up|offline|online|running"
        "|not working|out of service|in service|back in service"
    ),
    "opening": "open|closed|reopened|shut",
    "lending": "vacant|occupied|rented|free|taken|full|empty",
}
_OF: dict[str, list[str]] = {}
for _axis, _words in _AXES.items():
    for _phrase in _words.replace("green red yellow amber", "green|red|yellow|amber").split("|"):
        _OF.setdefault(_phrase, []).append(_axis)
FIRST_WORDS = frozenset(phrase.split(" ")[0] for phrase in _OF)
_ADVERBS = re.compile(
    r"^(?:(?:now|currently|still|finally|already|again|back|completely|fully|officially) )+"
    r"|(?: (?:now|again|today|since|as well|at last)){1,6}$"
)
_SAID_OF_PEOPLE = (
    "up|down|back up|free|full|empty|taken|lost|live|done|green|red|yellow|amber|running|working"
    "|finished|ordered|accepted|rejected|broken|sold|confirmed|available|unavailable|returned|open"
    "|active|inactive|signed|fixed|online|offline|complete|completed|closed|occupied|delivered"
)
_OF_PEOPLE = frozenset(_SAID_OF_PEOPLE.split("|"))
_SAME = {"canceled": "cancelled", "called off": "cancelled", "complete": "completed"}
CALLED_OFF = re.compile(
    r"(?:cancelled|canceled|called off|postponed|put off|shelved|abandoned|delayed)\b",
    re.IGNORECASE,
)


def axes(words: str) -> list[str]:
    """In which respects the words tell how something stands; none if they do not."""
    return _OF.get(words.casefold(), []) or _OF.get(state(words), [])


def state(words: str) -> str:
    """The words without what only says since when, in lower case."""
    words = words.casefold().strip(" .!")
    while (bare := _ADVERBS.sub("", words)) != words:
        words = bare
    return _SAME.get(words, words)


def of_anybody(words: str) -> bool:
    """Whether the words may as well be said of a person, of whom they say little that lasts."""
    return state(words) in _OF_PEOPLE
