"""The forms of statements that claims are read from: a subject, a verb and how it goes on."""

from __future__ import annotations

import re
from collections.abc import Callable

from retain.english.wordlists import word_set
from retain.providers.local.superseding.predicates import CLOCK, DAY, PREDICATES, predicated
from retain.providers.local.superseding.slots import Said, singular
from retain.providers.local.superseding.statuses import FIRST_WORDS, axes, of_anybody
from retain.providers.local.superseding.subjects import may_be_person, tells_of

SKIPPED = word_set("""
    now currently still already only about around roughly approximately finally again usually
    exactly just over under almost nearly back been not
    """)
_ADVERBS = re.compile(
    rf"(?:(?:{'|'.join(sorted(SKIPPED - {'not'}))}|at least|at most|up to|more than) )+"
)
_NUMBER = (
    r"(?P<value>\d[\d,.]*|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen"
    r"|twenty|thirty|forty|fifty|sixty|ninety|a hundred)"
)
_MEASURE = re.compile(
    rf"(?P<money>[$€£])?{_NUMBER}(?P<scale>k|m)?"
    r"(?: ?(?P<unit>%|°C|[a-zA-Z]+(?:/[a-z]+)?))?(?P<more> (?:of|per|a|an)(?: the)? [\w-]+)?"
    r"(?=$|[,;.!(]| (?:now|instead|again|since|from|because|as|for|and|in|on|at|with|before"
    r"|after|every|each|daily)\b)"
)
_MONEY = re.compile(r"[$€£]|\b(?:euros?|dollars?|pounds?|francs|cents|USD|EUR|GBP|CHF)\b")
_CLOCK = re.compile(CLOCK)
_DAY = re.compile(DAY)
_SET = word_set("""
    planned scheduled set moved postponed rescheduled pushed delayed shifted brought put due fixed
    booked
    """)
_TO = re.compile(r"(?:up |down |back )?(?:from .{1,25} )?to ")
_PLACE = re.compile(
    r"(?:in|at|inside|behind|under|next to|on(?= the)) (?P<value>(?:the |my |our |(?=[A-Z][a-z]))"
    r"[\w'&.-]+(?: (?!by\b)[\w'&.-]+){0,4})$"
)
_NO_PLACE = re.compile(
    r"(?:the )?(?:progress|time|fact|way|end|love|touch|use|general|charge|bed|work|hold|risk|track"
    r"|sale|fire|trouble|danger|house$|back|left|right|top|bottom|middle|first|same|past|future"
    r"|\d|[A-Z][a-z]+day$|(?:January|February|March|April|May|June|July|August|September|October"
    r"|November|December)\b|[A-Z][a-z]+(?:ish|ese)$|(?:German|French|Dutch|Greek|Czech|Latin|Thai"
    r"|Arabic|Hindi|Hebrew|Russian|Italian|Norwegian|Ukrainian|Korean|Python|Rust|Java)$)"
)
_OWNED = re.compile(
    r"(?P<owner>[^\W\d_][\w. -]{0,40}?)'s (?:new |current )?(?P<of>phone number|number|email"
    r"|email address|address|password|username|manager|boss|supervisor|doctor|gp|dentist"
    r"|therapist|landlord|teacher|coach|car|office|job|major|salary|budget|role|limit"
    r"|team lead|team leader|line manager|tutor|lawyer|accountant|vet)$",
    re.IGNORECASE,
)
_NAMED = re.compile(r"(?:(?:an?|the) )?(?P<value>(?:[A-Z]|.*[\d@])[\w@.+'&/ -]{0,50})$")
_END = re.compile(r" (?:now|these days|nowadays|again|instead|since .*|from now on|any ?more)$")
_EVENT_TO = re.compile(
    r"(?:back |up )?(?P<event>(?:the |my |our |[^\W\d_][\w.-]*(?: [A-Z][\w.-]*)?'s )"
    r"[\w' -]{2,40}?)(?: back)?(?: from .{1,30}?)?(?= (?:to|until|till) )(?= ) ?"
)
_VERSION = re.compile(r"(?P<of>[A-Z][\w+#.-]*) (?:version )?v?(?P<value>\d[\w.]*)\b")
_STARTS = re.compile(
    r"(?:(?:a|my|his|her|their|the|[\w.-]+'s) )?(?:new )?(?:job|position|role|work|working)"
    r" (?:at|with|for) (?P<value>[A-Z][\w&'.-]*(?: [A-Z][\w&'.-]*){0,3})"
)
_HAS_OF = re.compile(r"an? (?:total |maximum |minimum |new )?(?P<of>[a-z][\w-]+) of ")
_QUITS = re.compile(
    r"(?:(?:my|his|her|their|[\w']+'s) (?:job|position) )?(?:(?:at|from|with) )?"
    r"(?P<value>[A-Z][\w&'.-]*(?: [A-Z][\w&'.-]*){0,3})"
)

Reader = Callable[[str, str, str], "Said | None"]
"""Takes the subject, the verb and what follows."""


def _is(subject: str, verb: str, rest: str) -> Said | None:
    """``is 30 km/h``, ``is working again``, ``is planned for May``, ``is in the Mill Building``."""
    bare = _ADVERBS.sub("", rest)
    if not bare or not tells_of(subject):
        return None
    first = bare.split(" ", 1)[0]
    if bare[0] in FIRST_SIGNS or first in _NUMBER_WORDS:
        return _measured(subject, "", bare)
    if first in _SET:
        day = _DAY.match(bare[len(first) + 1 :].removeprefix("back ").removeprefix("forward "))
        return (subject, "date", day["value"]) if day else None
    if said := predicated(subject, bare):
        return said
    if axes(rest):
        return None if of_anybody(rest) and may_be_person(subject) else (subject, "status", rest)
    if owned := _OWNED.match(subject):
        return _owned(owned, bare)
    if "'s " in subject or subject[:4] in ("The ", "Our ", "My "):
        return _placed(subject, _END.sub("", bare))
    return None


def _owned(owned: re.Match[str], rest: str) -> Said | None:
    rest = _END.sub("", rest)
    if owned["of"] == "office" and (place := _PLACE.match(rest)):
        return f"{owned['owner']}'s office", "place", place["value"]
    named = _NAMED.match(rest)
    return (owned["owner"], owned["of"].lower(), named["value"]) if named else None


def _placed(subject: str, rest: str) -> Said | None:
    place = _PLACE.match(rest)
    if not place or _NO_PLACE.match(place["value"]):
        return None
    return subject, "place", place["value"]


def _measured(subject: str, verb: str, rest: str) -> Said | None:
    rest = _ADVERBS.sub("", rest)
    if rest[:1] not in FIRST_SIGNS and rest.split(" ", 1)[0] not in _NUMBER_WORDS:
        return None
    measure = _MEASURE.match(rest)
    if not measure or not tells_of(subject):
        return None
    value = measure[0]
    if not (measure["unit"] or measure["money"]) and (measure["more"] or not value[0].isdigit()):
        return None
    if _MONEY.search(value):
        return subject, "price", value
    unit = singular(measure["unit"] or "")
    return subject, " ".join(f"= {verb} {unit}{measure['more'] or ''}".split()), value


def _has(subject: str, verb: str, rest: str) -> Said | None:
    """``has 12 computers``, ``comes with 8 GB of memory``; ``has moved to``, ``has been``."""
    first, _, after = rest.partition(" ")
    if first in READERS and first not in ("has", "have"):
        return READERS[first](subject, first, after)
    if first in ("gone", "risen", "fallen"):
        return _rises(subject, first, after)
    rest = rest.removeprefix("with ")
    if (has := _HAS_OF.match(rest)) and (said := _measured(subject, "has", rest[has.end() :])):
        return subject, f"= has {has['of']}", said[2]
    return _measured(subject, "has", rest)


def _does(subject: str, verb: str, rest: str) -> Said | None:
    if (version := _VERSION.match(rest)) and tells_of(subject):
        return subject, f"= {singular(verb)} {version['of'].lower()}", version["value"]
    return _measured(subject, singular(verb), rest)


def _opens(subject: str, verb: str, rest: str) -> Said | None:
    clock = _CLOCK.match(_ADVERBS.sub("", rest))
    if not clock or not tells_of(subject):
        return None
    return subject, f"= {singular(verb)} at", clock["value"]


def _rises(subject: str, verb: str, rest: str) -> Said | None:
    to = _TO.match(rest)
    return _measured(subject, "", rest[to.end() :]) if to else None


def _raises(subject: str, verb: str, rest: str) -> Said | None:
    raised = _EVENT_TO.match(rest)
    return _measured(_upper(raised["event"]), "", rest[raised.end() + 3 :]) if raised else None


def _upper(words: str) -> str:
    return words[:1].upper() + words[1:]


def _moves(subject: str, verb: str, rest: str) -> Said | None:
    if event := _EVENT_TO.match(rest):
        day = _DAY.match(rest[event.end() :])
        return (event["event"], "date", day["value"]) if day else None
    rest = rest.removeprefix("back ").removeprefix("forward ")
    if day := _DAY.match(rest):
        return (subject, "date", day["value"]) if tells_of(subject) else None
    if rest.startswith("to ") and tells_of(subject):
        place = _PLACE.match("in " + _END.sub("", rest[3:]))
        return (subject, "place", place["value"]) if place else None
    return None


def _starts(subject: str, verb: str, rest: str) -> Said | None:
    job = _STARTS.match(rest)
    return (None, "works at", job["value"]) if job else None


def _leaves(subject: str, verb: str, rest: str) -> Said | None:
    quits = _QUITS.match(rest)
    return (None, "left", quits["value"]) if quits else None


_NUMBER_WORDS = word_set("""
    one two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty fifty
    sixty ninety
    """)
_MEASURES = word_set("""
    lasts last takes take weighs measures requires require needs holds seats allows supports serves
    get gets pays charges earns runs ships costs cost
    """)
FIRST_SIGNS = frozenset("0123456789$€£")
_RAISES = word_set("raised lowered reduced cut")
MARKS = word_set("of for password passcode pin code gate platform terminal version url link port")
"""Words of a subject of which anything may be told with "is"."""
_MOVES = word_set("moved relocated slipped postponed rescheduled pushed")
_VERSIONED = word_set("runs run uses use requires require needs")
BEFORE_NAMES = _RAISES | _MOVES | _VERSIONED | word_set("left quit resigned retired started")
_OPENS = word_set("opens open closes close starts begins ends leaves departs arrives")
READERS: dict[str, Reader] = {
    **dict.fromkeys(("is", "are", "was", "were", "been", "got"), _is),
    **dict.fromkeys(("has", "have", "comes", "employs", "contains", "offers"), _has),
    **dict.fromkeys(_MEASURES | _VERSIONED, _does),
    "started": _starts,
    **dict.fromkeys(_RAISES, _raises),
    **dict.fromkeys(_OPENS, _opens),
    **dict.fromkeys(("rose", "went", "fell", "dropped", "increased", "grew", "changed"), _rises),
    **dict.fromkeys(
        ("moved", "relocated", "slipped", "postponed", "rescheduled", "pushed"), _moves
    ),
    **dict.fromkeys(("left", "quit", "resigned", "retired"), _leaves),
}
NEXT = (
    _NUMBER_WORDS
    | _SET
    | FIRST_WORDS
    | PREDICATES
    | frozenset(READERS)
    | word_set("a the in at on inside behind under next to from until till for up down with noon")
    | word_set("midnight gone risen fallen least most more forward")
)
"""What may follow a verb and its adverbs, where it is a word."""
