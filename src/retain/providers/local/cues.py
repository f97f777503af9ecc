"""Words without which a clause fills no slot of a name: cheaper to look for than its patterns."""

from __future__ import annotations

import re

from retain.providers.local.personslots import JOBS

_BE = "is am are i'm was were been got"
_A_NUMBER = "#"
"""Stands for any word with a digit in it."""
_NUMBERS = (
    f"{_A_NUMBER} two three four five six seven eight nine ten eleven twelve fifteen twenty thirty "
    "forty fifty hundred"
)
_DATES = (
    f"{_A_NUMBER} next this tomorrow monday tuesday wednesday thursday friday saturday sunday "
    "january february march april may june july august september october november december"
)
_ROLES = (
    "new chief head senior deputy vice managing executive general lead team project product sales "
    "technical finance marketing regional director leader manager president chair owner founder "
    "ceo cto cfo captain secretary treasurer principal mayor minister editor"
)
_ATTRIBUTES = (
    "phone email address birthday version owner manager budget location venue start end due price "
    "salary rent nickname password blood size height weight color colour default status deadline "
    "duration capacity maximum minimum role job major hometown"
)
_STATES = (
    "cancelled canceled called postponed delayed on blocked approved rejected deprecated archived "
    "discontinued shelved abandoned suspended in pending overdue unblocked done finished complete "
    "closed open paused live out broken fixed repaired sold ready paid unpaid signed shipped "
    "delivered active inactive back behind online offline"
)
# The name of a rule, words of which its patterns need one, and others of which they need one too.
_CUES = (
    ("lives in", "live living based reside moved relocated emigrated", ""),
    ("works at", "work employed joined started job hired moved switched", ""),
    ("not works at", "quit left lost laid fired dismissed resigned retired", ""),
    ("not works at", "let", "go"),
    ("works as", "work", ""),
    ("works as", f"became become started job hired qualified {_BE}", JOBS.replace("|", " ")),
    ("role", f"became become took takes will {_BE}", _ROLES),
    ("born", "born", ""),
    ("age", "turn", ""),
    ("age", _BE, _A_NUMBER),
    ("married to", "married", ""),
    ("engaged to", "engaged", ""),
    ("partner", "dating seeing relationship", ""),
    ("not partner", "broke broken split", ""),
    ("not married to", "divorced", ""),
    ("relationship", "single divorced widowed separated engaged married", ""),
    ("diet", "vegan vegetarian pescatarian gluten-free dairy-free teetotal", ""),
    ("allergic to", "allergic", ""),
    ("speaks", "speak fluent", ""),
    ("from", "from", ""),
    ("visited", "visited travelled been went", ""),
    ("studies", "study major", ""),
    ("prefers", "prefer rather", ""),
    ("dislikes", "hate dislike detest loathe can't cannot", ""),
    ("dislikes", "like enjoy", "don't doesn't does do"),
    ("dislikes", "not", "fan fond keen into"),
    ("likes", "like love enjoy adore fan fond keen into crazy obsessed passionate", ""),
    ("owns", "own possess has have", ""),
    ("plans", "plan intend", ""),
    ("not plans", "decided cancelled gave", ""),
    ("uses", "use using switched changed migrated moved", ""),
    ("favourite {of}", "favourite", ""),
    ("{of}", _ATTRIBUTES, ""),
    ("deadline", "deadline due", ""),
    (
        "date",
        (
            "moved rescheduled scheduled postponed pushed brought put shifted delayed changed "
            "extended takes take set planned on"
        ),
        _DATES,
    ),
    ("status", "status cancelled called postponed put shelved abandoned approved rejected", ""),
    ("status", _BE, _STATES),
    ("starts", "start begin began open", ""),
    ("ends", "end finish expire close", ""),
    ("price", _A_NUMBER, ""),
    ("count", "there number", ""),
    ("count of {of}", "has have employ holds seats consist", _NUMBERS),
    ("name", "name", ""),
    ("default", "default", ""),
)
_PREFIX = 3
_DIGIT = re.compile(r"\d")
_NAMES: dict[str, frozenset[str]] = {}
_NAMES_WITH: dict[str, list[tuple[str, frozenset[str]]]] = {}


def _keys(words: str) -> frozenset[str]:
    return frozenset(word[:_PREFIX] for word in words.split())


for _name, _words, _others in _CUES:
    for _key in _keys(_words):
        if _others:
            _NAMES_WITH.setdefault(_key, []).append((_name, _keys(_others)))
        else:
            _NAMES[_key] = _NAMES.get(_key, frozenset()) | {_name}


def possible_slots(text: str) -> frozenset[str]:
    """The names of rules that a clause with these words may fill."""
    keys = {word[:_PREFIX] for word in text.lower().split(" ")}
    if _DIGIT.search(text):
        keys.add(_A_NUMBER)
    found = frozenset[str]().union(*(_NAMES[key] for key in keys & _NAMES.keys()))
    also = [
        name
        for key in keys & _NAMES_WITH.keys()
        for name, others in _NAMES_WITH[key]
        if not others.isdisjoint(keys)
    ]
    return found.union(also)
