"""What is said of a thing with "is": who owns it, until when, at what time, in which year."""

from __future__ import annotations

import re

from retain.english.wordlists import CAPITAL, word_set
from retain.providers.local.superseding.slots import Said

CLOCK = (
    r"(?:at |from |until |till )?(?P<value>(?:\d{1,2}(?:[:.]\d\d)?(?: ?[ap]\.?m\b\.?| o'clock)"
    r"|\d{1,2}:\d\d|noon|midnight|(?<=at )\d{1,2}(?![\d:.%])))"
)
DAY = (
    r"(?:(?:to|for|until|till|on|in|by|the) )+(?P<value>(?:(?:early|late|mid|next|this) )?"
    r"(?:\d{1,2}(?:st|nd|rd|th)? (?:of )?[A-Z][a-z]+(?: \d{4})?"
    r"|(?:January|February|March|April|May|June|July|August|September|October|November|December)"
    r"(?: \d{1,2}(?:st|nd|rd|th)?\b)?(?:,? \d{4})?|\d{4}-\d\d-\d\d"
    r"|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|week|month|year|spring|summer|autumn|winter"
    r"|Q[1-4](?: \d{4})?|\d{4}))"
)
PREDICATES = word_set("""
    owned led managed run maintained headed chaired taught sponsored hosted coached valid available
    open closed hired
    """)
"""What these may begin with, beside prepositions."""

_NAME = rf"(?P<value>(?:the )?{CAPITAL}[\w&'.-]*(?: {CAPITAL}[\w&'.-]*){{0,3}})"
_PASSIVE = r"owned|led|managed|run|maintained|headed|chaired|taught|sponsored|hosted|coached"
_ORDINAL = (
    r"\d{1,2}(?:st|nd|rd|th)|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth"
)
_WEEKDAY = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_RULES = tuple(
    (slot, re.compile(pattern))
    for slot, pattern in (
        ("= {of} by", rf"(?P<of>{_PASSIVE}) by {_NAME}"),
        ("works at", rf"hired by {_NAME}"),
        ("= until", rf"(?:available|valid|open|closed) (?=until|till){DAY}"),
        ("= on {of}", rf"(?P<value>open|closed) on (?P<of>{_WEEKDAY})s?\b"),
        ("= on", rf"on (?P<value>{_WEEKDAY}s)\b(?!')"),
        ("date", rf"(?=(?:in|on) (?:early |late |mid |\d|[A-Z])){DAY}(?!')\b"),
        ("= at", rf"(?=at ){CLOCK}"),
        ("= {of}", rf"in (?:the )?(?P<value>{_ORDINAL}) (?P<of>grade|year)\b"),
    )
)
_OFFICE = re.compile(
    r"The (?:new |current )?(?P<of>CEO|CTO|CFO|COO|head|director|manager|president|owner|leader"
    r"|lead|captain|mayor|minister|prime minister|chair|chairman|chairwoman|editor|principal|coach"
    r"|contact|contact person|landlord|capital) (?:of|for) (?P<whose>.{2,40})$"
)
_CODE_OF = re.compile(
    r"\b(?:password|passcode|pin|code|gate|platform|terminal|version|url|link|extension|number"
    r"|channel|branch|port)(?: (?:for|of|to) .{2,40})?$",
    re.IGNORECASE,
)
_CODE = re.compile(r"(?P<value>(?:[A-Z]\w* )?[\w@:/.#-]+)$")
_WHO = re.compile(_NAME + r"(?=$|[,;.!(]| (?:now|since|again)\b)")


def predicated(subject: str, rest: str) -> Said | None:
    """What ``subject is rest`` tells, ``rest`` without adverbs at its head; None if unknown."""
    for slot, pattern in _RULES:
        if found := pattern.match(rest):
            of = found.groupdict().get("of") or ""
            return subject, slot.format(of=of.lower()), found["value"]
    office = _OFFICE.match(subject)
    who = _WHO.match(rest) if office else None
    if office and who:
        return office["whose"], f"= {office['of'].lower()}", who["value"]
    if _CODE_OF.search(subject) and (code := _CODE.match(rest)):
        return subject, "= is", code["value"]
    return None
