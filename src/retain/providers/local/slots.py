"""What a clause tells of its subject, where a pattern knows: slot and value."""

from __future__ import annotations

import re
from dataclasses import dataclass

from retain.providers.local.wordlists import KIN, LABELS, word_set
from retain.providers.local.words import NAME, may_be_subject, straight

_KIN = "|".join(sorted(KIN.split(), key=len, reverse=True))
_SUBJECT = (
    rf"(?P<subject>(?i:the user|the assistant|i|we)|{NAME}"
    rf"|[Tt]he [\w -]{{1,40}}?|[Aa]n? [\w -]{{1,40}}?|[Tt]heir [\w -]{{1,30}}?"
    rf"|[Oo]ur [\w -]{{1,30}}?"
    r"|[^\W\d_][\w .-]{0,40}?'s [\w -]{1,30}?)"
)
_RELATED = (
    rf"(?:(?i:my|our|his|her|their|the)|[^\W\d_][\w .-]{{0,40}}?'s) (?i:(?:older"
    rf"|younger|big|little|elder|best|ex-?|twin|oldest|youngest) ?)*(?P<kin>{_KIN})"
)
_ADVERB = (
    r"(?: (?:also|now|currently|still|really|actually|already|always|absolutely|just"
    r"|personally|mostly|usually|both))*"
)
_JOB_END = r"(?=\s+(?:at|for|in|by|with|from|who|and|now|since|on|near|again)\b|[,.;!(]|\s*$)"
_PLACE = r"(?P<value>(?:the )?[A-Z][\w'.-]*(?:,? (?:de |of |the |la |del )?[A-Z][\w'.-]*){0,4})"
_REST = r"(?P<value>[^,.;!?(]{2,80}?)"
_TAIL = (
    r"(?=\s+(?:because|since|when|and|but|so|as|which|that|after|before|while"
    r"|although|though|more than"
    r"|[-\u2013\u2014]|now|today|anymore|any more|at all|as well|too)\b|[,;!?(]|\.(?:\s|$)|\s*$)"
)
_MONEY = (
    r"(?P<value>(?:about |around |approx\. |only )?(?:[$€£]\s?\d[\d,.]*(?:\s?(?:k|m"
    r"|million|billion))?|\d[\d,.]*\d?\s?(?:euros?|dollars?|pounds?|francs|crowns"
    r"|USD|EUR|GBP|CHF|€|\$|£|cents))(?:(?: per | a | an )[\w]+)?)"
)
_DATE_VALUE = (
    r"(?P<value>(?:\d{1,2}(?:st|nd|rd|th)? [A-Z][a-z]+(?: \d{4})?"
    r"|[A-Z][a-z]+ \d{1,2}(?:st|nd|rd|th)?,?(?: \d{4})?|\d{4}-\d\d-\d\d"
    r"|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b|[A-Z][a-z]+ \d{4}|\d{4}))"
)
_JOBS = (
    "nurse|doctor|teacher|engineer|carpenter|plumber|electrician|lawyer|designer"
    "|developer|programmer"
    "|artist|painter|musician|writer|author|journalist|photographer|chef|cook|baker|farmer|student"
    "|scientist|researcher|professor|accountant|architect|counselor|counsellor"
    "|therapist|psychologist"
    "|vet|dentist|pharmacist|pilot|driver|mechanic|manager|consultant|analyst|actor|actress|dancer"
    "|singer|librarian|firefighter|soldier|officer|waiter|waitress|barista|bartender|translator"
    "|interpreter|editor|director|salesman|gardener|potter|tailor|hairdresser|coach|trainer|midwife"
    "|surgeon|physicist|chemist|biologist|mathematician|economist|banker|broker|clerk|secretary"
    "|assistant|apprentice|intern|technician|builder|mason|welder|sailor|fisherman"
    "|postman|shopkeeper"
)
_NOT_MORE = r"(?:no longer|not)"


def _rule(slot: str, pattern: str) -> tuple[str, re.Pattern[str]]:
    return slot, re.compile(pattern)


def _of(predicate: str) -> str:
    return rf"^(?:{_RELATED},? )?(?:{_SUBJECT}){_ADVERB},? {predicate}"


def _by_person(predicate: str) -> str:
    return (
        rf"^(?:{_RELATED},? )?(?P<subject>(?i:the user|i|we)"
        rf"|{NAME}(?: and others)?){_ADVERB},? {predicate}"
    )


_IS = r"(?:is|am|are|was|'m)"
_RULES = (
    _rule(
        "lives in",
        _of(
            rf"(?:no longer lives|doesn't live|does not live) (?:in"
            rf"|at) [^,.;]{{2,40}}?(?: any ?more)?,? but (?:now )?(?:lives )?(?:in"
            rf"|at) {_PLACE}"
        ),
    ),
    _rule("not lives in", _of(rf"(?:no longer lives|is no longer living) in {_PLACE}")),
    _rule(
        "lives in",
        _of(rf"(?:lives?|is living|am living|is based|am based|resides?){_ADVERB} in {_PLACE}"),
    ),
    _rule(
        "lives in",
        _of(
            rf"(?:(?:have |has |had |just |recently )*(?:moved|relocated"
            rf"|emigrated)) (?:back )?(?:from [A-Z]\w+ )?to {_PLACE}"
        ),
    ),
    _rule(
        "not works at",
        _of(
            rf"(?:no longer works?|(?:is|am) no longer working|stopped working"
            rf"|quit working) (?:at|for|with) {_REST}{_TAIL}"
        ),
    ),
    _rule(
        "works at",
        _of(
            rf"(?:works?|is working|am working|is employed|(?:have |has )(?:worked"
            rf"|been working)){_ADVERB} (?:at|for|with) (?P<value>(?:the "
            rf"|an? )?[\w&'.-]+(?: (?!as\b|and\b|on\b|since\b|every\b"
            rf"|but\b)[\w&'.-]+){{0,4}})"
        ),
    ),
    _rule(
        "works as",
        _of(
            rf"(?:works?|worked|is working|am working){_ADVERB} as (?:an? "
            rf"|the )?(?P<value>[\w -]+?){_JOB_END}"
        ),
    ),
    _rule(
        "works at",
        _of(
            r"(?:(?:have |has |just )*(?:joined|started (?:working )?at"
            r"|got a (?:new )?job (?:at|with)"
            r"|was hired by)) (?P<value>[A-Z][\w&'.-]*(?: [A-Z][\w&'.-]*){0,3})"
        ),
    ),
    _rule(
        "works as",
        _of(rf"{_IS}{_ADVERB} (?:an? )(?P<value>(?:[\w-]+ ){{0,3}}?(?:{_JOBS})){_JOB_END}"),
    ),
    _rule(
        "role",
        _of(
            rf"{_IS}{_ADVERB} (?:the |an? )?(?P<value>(?:(?:new|chief|head|senior|deputy|vice"
            rf"|managing|executive|general|lead|team|project|product|sales|technical|finance"
            rf"|marketing|regional) ?)*(?:head|director|lead|leader|manager|president|chair"
            rf"|chairwoman|chairman|owner|founder|CEO|CTO|CFO|captain|secretary|treasurer"
            rf"|principal|mayor|minister|editor"
            rf"|owner)(?: of (?:the )?[\w-]+(?: [\w-]+){{0,2}}?)?)(?=\s+(?:at|in|for|and"
            rf"|since|now|there|here)\b|[,.;!(]|\s*$)"
        ),
    ),
    _rule(
        "born",
        _of(
            rf"(?:was|were) born (?:on |in |at )+{_REST}(?=\s+(?:and|in \d{{4}})\b|[,;!?(]"
            rf"|\.(?:\s|$)|\s*$)"
        ),
    ),
    _rule(
        "age", _of(rf"{_IS}{_ADVERB} (?P<value>\d{{1,3}})(?: years old|(?=[,.;!]|\s+now\b|\s*$))")
    ),
    _rule(
        "age",
        _of(
            r"(?:just |has just |will be )?turn(?:ed|s) (?P<value>\d{1,3}"
            r"|one|two|three|four|five|six|seven|eight|nine|ten"
            r"|eleven|twelve|[a-z]+ty(?:-\w+)?)\b(?! to)"
        ),
    ),
    _rule("married to", _of(rf"(?:{_IS} married to|(?:got )?married) (?P<value>{NAME})")),
    _rule("engaged to", _of(rf"{_IS} engaged to (?P<value>{NAME})")),
    _rule("partner", _of(rf"{_IS} (?:dating|in a relationship with) (?P<value>{NAME})")),
    _rule("allergic to", _of(rf"{_IS}{_ADVERB} (?:\w+ly )?allergic to {_REST}{_TAIL}")),
    _rule(
        "speaks",
        _of(
            rf"{_ADVERB}(?:speaks?|{_IS} fluent in) (?P<value>(?:(?:fluent|some|a little"
            rf"|basic) )*[A-Z][a-z]+(?:(?:, | and |, and )(?:a little |some )?[A-Z][a-z]+)*)"
        ),
    ),
    _rule(
        "visited",
        _by_person(
            rf"(?:have |has |had |just |recently |once |also )*(?:visited|travell?ed to"
            rf"|went (?:on a trip )?to|been to) {_PLACE}"
        ),
    ),
    _rule("from", _of(rf"(?:{_IS}|comes?|came){_ADVERB} (?:originally )?from {_PLACE}")),
    _rule(
        "studies",
        _by_person(
            rf"(?:studies|study|studied|majored in"
            rf"|majors in) (?P<value>[a-z]+(?: [a-z]+)?){_JOB_END}"
        ),
    ),
    _rule(
        "prefers",
        _by_person(
            rf"(?:(?:would|will|do|does) )?prefers? {_REST}(?=\s+(?:to|over|because|when"
            rf"|rather|as)\b|[,;!?(]|\.(?:\s|$)|\s*$)"
        ),
    ),
    _rule(
        "dislikes",
        _by_person(
            rf"(?:hates?|dislikes?|detests?|loathes?|can't stand|cannot stand|can't bear"
            rf"|(?:does not|doesn't|do not|don't)(?: really)? (?:like|enjoy)"
            rf"|{_IS} not (?:a (?:big |huge )?fan of|fond of|keen on|into)) {_REST}{_TAIL}"
        ),
    ),
    _rule(
        "likes",
        _by_person(
            rf"(?:likes?|loves?|enjoys?|adores?|{_IS} (?:an? (?:big |huge |real "
            rf"|great )?fan of|fond of|keen on|into|crazy about|obsessed with"
            rf"|passionate about)) (?!to\b){_REST}{_TAIL}"
        ),
    ),
    _rule("owns", _of(rf"(?:owns?|possess(?:es)?) {_REST}{_TAIL}")),
    _rule(
        "owns",
        _of(
            r"(?:has|have)(?: got)? (?P<value>(?:an? |one |two |three |four |five "
            r"|\d+ )(?:[\w-]+ )?(?:cats?|dogs?|cars?|bikes?|bicycles?|boats?|horses?"
            r"|rabbits?|parrots?|hamsters?|fish|turtles?|snakes?|guinea pigs?|motorbikes?"
            r"|vans?|houses?|pets?)(?: and (?:an? |one |two |three |\d+ )[\w-]+)*)"
        ),
    ),
)
_OF_THINGS = (
    (
        "favourite",
        re.compile(
            rf"^(?:(?i:my|our|his|her|their)"
            rf"|(?P<subject>[^\W\d_][\w .-]{{0,40}}?)'s) (?i:favou?rite) (?P<of>[\w ]{{2,30}}?)"
            rf" (?:is|was|are|has always been|would be) {_REST}{_TAIL}"
        ),
    ),
    (
        "deadline",
        re.compile(
            rf"^(?P<subject>(?:[Tt]he|[Mm]y|[Oo]ur) [\w ]{{1,40}}?) deadline (?:is|was"
            rf"|moved to|is set for)(?: on)? {_DATE_VALUE}"
        ),
    ),
    (
        "deadline",
        re.compile(
            rf"^[Tt]he deadline (?:for|of) (?P<subject>[\w ]{{2,40}}?) (?:is|was"
            rf"|moved to)(?: on)? {_DATE_VALUE}"
        ),
    ),
    (
        "deadline",
        re.compile(
            rf"^(?P<subject>[Tt]he [\w ]{{1,40}}?) (?:is|are) due (?:on|by|in)? ?{_DATE_VALUE}"
        ),
    ),
    (
        "status",
        re.compile(
            rf"^[Tt]he status of (?P<subject>[\w -]{{2,50}}?) (?:is|was|changed to) {_REST}{_TAIL}"
        ),
    ),
    (
        "starts",
        re.compile(
            rf"^(?P<subject>(?:[Tt]he|[Mm]y|[Oo]ur|{NAME})(?: [\w-]+){{0,4}}?) (?:starts?"
            rf"|begins?|opens?|started|began|opened)(?: on| in)? {_DATE_VALUE}"
        ),
    ),
    (
        "ends",
        re.compile(
            rf"^(?P<subject>(?:[Tt]he|[Mm]y|[Oo]ur|{NAME})(?: [\w-]+){{0,4}}?) (?:ends?"
            rf"|finishe?s?|expires?|closes?|ended|closed)(?: on| in)? {_DATE_VALUE}"
        ),
    ),
    (
        "price",
        re.compile(
            rf"^(?P<subject>[\w' -]{{2,60}}?) (?:costs?|is priced at|is|was|are|comes to"
            rf"|cost) {_MONEY}"
        ),
    ),
    ("name", re.compile(rf"^(?P<subject>.{{2,40}}?)'s name is (?P<value>{NAME})")),
)
_KIN_OF = re.compile(
    rf"^(?P<owner>[^\W\d_][\w .-]{{0,40}}?)'s (?:(?:older|younger|big|little|elder"
    rf"|best|ex-?|twin|oldest|youngest) ?)*(?P<kin>{_KIN})(?: is (?:called |named )?"
    rf"|,? )(?P<name>{NAME})(?=[\s,.!]|$)"
)
_KIN_IS = re.compile(
    rf"^(?P<subject>[^\W\d_][\w .-]{{0,40}}?)'s (?P<kin>{_KIN}) is (?:called |named )?"
    rf"(?P<value>{NAME})$"
)
_LABEL = re.compile(rf"^(?P<of>(?i:{'|'.join(LABELS.split())})):\s+(?P<value>.{{1,80}}?)\.?$")
_FRONTED = re.compile(
    r"^(?:(?:(?:Last|Next|This|In|On|At|Since|After|During|A few|Two|Three|Back in"
    r"|Just) [^,]{1,30}?"
    r"|Yesterday|Today|Tomorrow|Recently|Personally|Now|Currently),? )(?=[A-Z]|the user)"
)
_EMPTY_VALUES = word_set("it that this them you me him her us there here one so")
_MAX_CHARS = 300
_CUES = re.compile(
    r"\b(?:liv|mov|relocat|emigrat|resid|bas|work|employ|join|start|job|hired|born"
    r"|marri|engaged|dating"
    r"|allergic|speak|fluent|visit|travel|went|been to|from|stud|major|prefer|hat"
    r"|dislik|detest|loath"
    r"|stand|like|lov|enjoy|ador|fan of|fond|keen|into|crazy|obsessed|passionate|own"
    r"|possess|has|have"
    r"|is|am|are|was|years old|turn|favou?rite|deadline|due|status|begin|open|end"
    r"|finish|expire|close|cost|pric|comes)|:",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Slot:
    """One thing that a clause tells of somebody or something.

    Args:
        name: What.
        value: What it is.
        subject: Of whom or what.
    """

    name: str
    value: str
    subject: str | None


def find_slot(text: str) -> Slot | None:
    """The slot that the clause fills, its first person resolved."""
    text = _FRONTED.sub("", text[:_MAX_CHARS].rstrip(" .!"))
    if not _CUES.search(text):
        return None
    if label := _LABEL.match(text):
        return Slot(label["of"].lower(), label["value"], None)
    if kin := _KIN_IS.match(text):
        return Slot(kin["kin"].lower(), kin["value"], kin["subject"])
    for name, pattern in _OF_THINGS:
        match = pattern.match(text)
        if match and may_be_subject(match["subject"] or "the"):
            of = f" {match['of'].lower()}" if name == "favourite" else ""
            return Slot(name + of, _value(match["value"]), match["subject"])
    for name, pattern in _RULES:
        match = pattern.match(text)
        if match and may_be_subject(match["subject"]):
            value = _value(match["value"])
            if straight(value) in _EMPTY_VALUES:
                return None
            negated = name.startswith("not ")
            return Slot(
                name.removeprefix("not "), f"not {value}" if negated else value, match["subject"]
            )
    return None


def relative_of(text: str) -> tuple[str, str, str] | None:
    """``(owner, kin, name)`` where the clause names somebody's relative or friend."""
    match = _KIN_OF.match(text)
    return (match["owner"], match["kin"].lower(), match["name"]) if match else None


def _value(value: str) -> str:
    return value.strip(" .,'\"")
