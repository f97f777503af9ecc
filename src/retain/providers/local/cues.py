"""Words without which a clause fills no slot of a name: cheaper to look for than its patterns."""

from __future__ import annotations

from retain.english.wordlists import word_set

_BE = "is am are i'm was were been got"
_CUES = {
    "lives in": "live living based reside moved relocated emigrated",
    "works at": "work employed joined started job hired moved switched",
    "not works at": "quit left lost laid fired let dismissed resigned retired",
    "works as": f"work became become started job hired qualified {_BE}",
    "role": f"became become took takes will {_BE}",
    "born": "born",
    "age": f"turn {_BE}",
    "married to": "married",
    "engaged to": "engaged",
    "partner": "dating seeing relationship",
    "not partner": "broke broken split",
    "not married to": "divorced",
    "relationship": "single divorced widowed separated engaged married",
    "diet": "vegan vegetarian pescatarian gluten-free dairy-free teetotal",
    "allergic to": "allergic",
    "speaks": "speak fluent",
    "from": "from",
    "visited": "visited travelled been went",
    "studies": "study major",
    "prefers": "prefer rather",
    "dislikes": "hate dislike detest loathe can't cannot like enjoy not",
    "likes": "like love enjoy adore fan fond keen into crazy obsessed passionate",
    "owns": "own possess has have",
    "plans": "plan intend",
    "not plans": "decided cancelled gave",
    "uses": "use using switched changed migrated moved",
    "favourite {of}": "favourite",
    "deadline": "deadline due",
    "date": (
        "moved rescheduled scheduled postponed pushed brought put shifted delayed changed extended "
        "takes take set planned on"
    ),
    "status": f"status cancelled called postponed put shelved abandoned approved rejected {_BE}",
    "starts": "start begin began open",
    "ends": "end finish expire close",
    "count": "there number",
    "count of {of}": "has have employ holds seats consist",
    "name": "name",
    "default": "default",
}
_PREFIX = 3
_ANYWAY = frozenset({"price", "{of}"})
_NAMES: dict[str, frozenset[str]] = {}
for _name, _words in _CUES.items():
    for _word in word_set(_words):
        _key = _word[:_PREFIX]
        _NAMES[_key] = _NAMES.get(_key, frozenset()) | {_name}


def possible_slots(text: str) -> frozenset[str]:
    """The names of rules that a clause with these words may fill."""
    keys = {word[:_PREFIX] for word in text.lower().split(" ")} & _NAMES.keys()
    return _ANYWAY.union(*(_NAMES[key] for key in keys))
