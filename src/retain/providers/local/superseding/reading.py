"""Claims read from a statement whose slot no rule of the extractor knows."""

from __future__ import annotations

import re
from collections.abc import Callable

from retain.providers.local.slots import find_slot
from retain.providers.local.superseding.slots import Said, singular
from retain.providers.local.superseding.statuses import FIRST_WORDS, axes
from retain.providers.local.wordlists import word_set

_MAX_CHARS = 160
_LEAD = re.compile(
    r"(?:(?:correction|actually|sorry|no,? wait|update|edit|scratch that|i meant|i mean|in fact"
    r"|news|heads up)\b[:,.!\u2014-]*\s*)+",
    re.IGNORECASE,
)
_LEADS = ("Corr", "corr", "Actu", "actu", "Sorr", "No w", "No, ", "Upda", "Edit", "Scra", "I me")
_SUBJECT = re.compile(
    r"(?:(?:The|the|My|my|Our|our) (?:new )?[\w'.&/ -]{2,60}|[A-Z][\w'.&/-]*(?: [\w'.&/-]+){0,7})$"
)
_NO_SUBJECT = re.compile(
    r"\b(?:which|who|that|if|when|because|there|it|this|these|those|and|but|or|not|never|only|each"
    r"|every|some|any|most|many|what|where|how|today's|next|same|other|another|one"
    r"|can|could|may|might|must|should|would|to)\b"
    r"|^(?:He|She|They|We|You|I|In|On|At|For|After|Before|Since|While|Perhaps|Maybe|Almost|For)\b",
    re.IGNORECASE,
)
_SKIPPED = word_set("""
    now currently still already only about around roughly approximately finally again usually
    exactly just over under almost nearly back been not
    """)
_ADVERBS = re.compile(
    rf"(?:(?:{'|'.join(sorted(_SKIPPED - {'not'}))}|at least|at most|up to|more than) )+"
)
_NUMBER = (
    r"(?P<value>\d[\d,.]*|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen"
    r"|twenty|thirty|forty|fifty|sixty|ninety|a hundred)"
)
_MEASURE = re.compile(
    rf"(?P<money>[$€£])?{_NUMBER}(?P<scale>k|m)?"
    r"(?: ?(?P<unit>%|°C|[a-zA-Z]+(?:/[a-z]+)?))?(?P<more> (?:of|per|a|an) [\w-]+)?"
    r"(?=$|[,;.!(]| (?:now|instead|again|since|from|because|as|for|and|in|on|at|with|before"
    r"|after)\b)"
)
_MONEY = re.compile(r"[$€£]|\b(?:euros?|dollars?|pounds?|francs|cents|USD|EUR|GBP|CHF)\b")
_CLOCK = re.compile(
    r"(?:at |from |until |till )?(?P<value>(?:\d{1,2}(?:[:.]\d\d)?(?: ?[ap]\.?m\b\.?| o'clock)"
    r"|\d{1,2}:\d\d|noon|midnight))"
)
_DAY = re.compile(
    r"(?:(?:to|for|until|till|on|in|by|the) )+(?P<value>(?:(?:early|late|mid|next|this) )?"
    r"(?:\d{1,2}(?:st|nd|rd|th)? (?:of )?[A-Z][a-z]+(?: \d{4})?"
    r"|(?:January|February|March|April|May|June|July|August|September|October|November|December)"
    r"(?: \d{1,2}(?:st|nd|rd|th)?\b)?(?:,? \d{4})?|\d{4}-\d\d-\d\d"
    r"|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|week|month|year|spring|summer|autumn|winter"
    r"|Q[1-4](?: \d{4})?|\d{4}))"
)
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
    r"|therapist|landlord|teacher|coach|car|office|job|major|salary|budget|role|limit)$",
    re.IGNORECASE,
)
_NAMED = re.compile(r"(?:(?:an?|the) )?(?P<value>(?:[A-Z]|.*[\d@])[\w@.+'&/ -]{0,50})$")
_END = re.compile(r" (?:now|these days|nowadays|again|instead|since .*|from now on|any ?more)$")
_QUITS = re.compile(
    r"(?:(?:my|his|her|their|[\w']+'s) (?:job|position) )?(?:(?:at|from|with) )?"
    r"(?P<value>[A-Z][\w&'.-]*(?: [A-Z][\w&'.-]*){0,3})"
)

_Reader = Callable[[str, str, str], "Said | None"]


def read(text: str) -> Said | None:
    """Subject, slot and value of the statement; None where it has no form that is known."""
    if len(text) > _MAX_CHARS:
        return None
    if text.startswith(_LEADS) and (lead := _LEAD.match(text)):
        return _corrected(text[lead.end() :])
    tokens = text.split(" ", 11)
    for n, word in enumerate(tokens[1:-1], 1):
        reader = _READERS.get(word)
        if reader is not None:
            if not text[0].isupper() or not _tells(word, tokens, n + 1):
                return None
            return reader(
                " ".join(tokens[:n]), word, text[_length(tokens[: n + 1]) :].rstrip(" .!")
            )
    return None


def _tells(verb: str, tokens: list[str], at: int) -> bool:
    """Whether the word after the verb and its adverbs may begin what a reader knows."""
    while at + 1 < len(tokens) and tokens[at] in _SKIPPED:
        at += 1
    first = tokens[at]
    if first[:1] in _FIRST_SIGNS or first.rstrip(",.;!") in _NEXT or verb in _BEFORE_NAMES:
        return True
    return verb in ("is", "was") and any(word.endswith("'s") for word in tokens[: at - 1])


def _length(tokens: list[str]) -> int:
    return sum(map(len, tokens)) + len(tokens)


def _corrected(text: str) -> Said | None:
    text = text[:1].upper() + text[1:]
    if slot := find_slot(text):
        return slot.subject, slot.name, slot.value
    return read(text)


def _is_subject(subject: str) -> bool:
    return bool(_SUBJECT.match(subject)) and not _NO_SUBJECT.search(subject)


def _is(subject: str, verb: str, rest: str) -> Said | None:
    """``is 30 km/h``, ``is working again``, ``is planned for May``, ``is in the Mill Building``."""
    bare = _ADVERBS.sub("", rest)
    if not bare or not _is_subject(subject):
        return None
    if bare[0].isdigit() or bare[0] in "$€£" or bare.split(" ", 1)[0] in _NUMBER_WORDS:
        return _measured(subject, "", bare)
    first = bare.split(" ", 1)[0]
    if first in _SET:
        day = _DAY.match(bare[len(first) + 1 :].removeprefix("back ").removeprefix("forward "))
        return (subject, "date", day["value"]) if day else None
    if axes(rest):
        return subject, "status", rest
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
    measure = _MEASURE.match(_ADVERBS.sub("", rest))
    if not measure or not _is_subject(subject):
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
    if first in _READERS and first not in ("has", "have"):
        return _READERS[first](subject, first, after)
    if first in ("gone", "risen", "fallen"):
        return _rises(subject, first, after)
    return _measured(subject, "has", rest.removeprefix("with "))


def _does(subject: str, verb: str, rest: str) -> Said | None:
    return _measured(subject, singular(verb), rest)


def _opens(subject: str, verb: str, rest: str) -> Said | None:
    clock = _CLOCK.match(_ADVERBS.sub("", rest))
    if not clock or not _is_subject(subject):
        return None
    return subject, f"= {singular(verb)} at", clock["value"]


def _rises(subject: str, verb: str, rest: str) -> Said | None:
    to = _TO.match(rest)
    return _measured(subject, "", rest[to.end() :]) if to else None


def _moves(subject: str, verb: str, rest: str) -> Said | None:
    rest = rest.removeprefix("back ").removeprefix("forward ")
    if day := _DAY.match(rest):
        return (subject, "date", day["value"]) if _is_subject(subject) else None
    if rest.startswith("to ") and _is_subject(subject):
        place = _PLACE.match("in " + _END.sub("", rest[3:]))
        return (subject, "place", place["value"]) if place else None
    return None


def _leaves(subject: str, verb: str, rest: str) -> Said | None:
    quits = _QUITS.match(rest)
    return (subject, "works at", f"not {quits['value']}") if quits else None


_NUMBER_WORDS = word_set("""
    one two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty fifty
    sixty ninety
    """)
_MEASURES = word_set("""
    lasts last takes take weighs measures requires require needs holds seats allows supports serves
    pays charges earns runs ships costs cost
    """)
_FIRST_SIGNS = frozenset("0123456789$€£")
_BEFORE_NAMES = word_set("left quit resigned retired")
_OPENS = word_set("opens open closes close starts begins ends leaves departs arrives")
_READERS: dict[str, _Reader] = {
    **dict.fromkeys(("is", "are", "was", "were", "been", "got", "gets"), _is),
    **dict.fromkeys(("has", "have", "comes", "employs", "contains", "offers"), _has),
    **dict.fromkeys(_MEASURES, _does),
    **dict.fromkeys(_OPENS, _opens),
    **dict.fromkeys(("rose", "went", "fell", "dropped", "increased", "grew", "changed"), _rises),
    **dict.fromkeys(("moved", "relocated", "slipped"), _moves),
    **dict.fromkeys(("left", "quit", "resigned", "retired"), _leaves),
}
_NEXT = (
    _NUMBER_WORDS
    | _SET
    | FIRST_WORDS
    | frozenset(_READERS)
    | word_set("a the in at on inside behind under next to from until till for up down with noon")
    | word_set("midnight gone risen fallen least most more forward")
)
"""What may follow a verb and its adverbs, where it is a word."""
