"""Patterns of what is told of things, of kin by name, and after a label."""

from __future__ import annotations

import re

from retain.providers.local.personslots import KIN_WORDS, REST, TAIL
from retain.providers.local.wordlists import LABELS
from retain.providers.local.words import NAME

MONEY = (
    r"(?P<value>(?:about |around |approx\. |only )?(?:[$€£]\s?\d[\d,.]*(?:\s?(?:k|m"
    r"|million|billion))?|\d[\d,.]*\d?\s?(?:euros?|dollars?|pounds?|francs|crowns"
    r"|USD|EUR|GBP|CHF|€|\$|£|cents))(?:(?: per | a | an )[\w]+)?)"
)
DATE_VALUE = (
    r"(?P<value>(?:\d{1,2}(?:st|nd|rd|th)? [A-Z][a-z]+(?: \d{4})?"
    r"|[A-Z][a-z]+ \d{1,2}(?:st|nd|rd|th)?,?(?: \d{4})?|\d{4}-\d\d-\d\d"
    r"|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b|[A-Z][a-z]+ \d{4}|\d{4}))"
)
THING_RULES = (
    (
        "favourite",
        re.compile(
            rf"^(?:(?i:my|our|his|her|their)"
            rf"|(?P<subject>[^\W\d_][\w .-]{{0,40}}?)'s) (?i:favou?rite) (?P<of>[\w ]{{2,30}}?)"
            rf" (?:is|was|are|has always been|would be) {REST}{TAIL}"
        ),
    ),
    (
        "deadline",
        re.compile(
            rf"^(?P<subject>(?:[Tt]he|[Mm]y|[Oo]ur) [\w ]{{1,40}}?) deadline (?:is|was"
            rf"|moved to|is set for)(?: on)? {DATE_VALUE}"
        ),
    ),
    (
        "deadline",
        re.compile(
            rf"^[Tt]he deadline (?:for|of) (?P<subject>[\w ]{{2,40}}?) (?:is|was"
            rf"|moved to)(?: on)? {DATE_VALUE}"
        ),
    ),
    (
        "deadline",
        re.compile(
            rf"^(?P<subject>[Tt]he [\w ]{{1,40}}?) (?:is|are) due (?:on|by|in)? ?{DATE_VALUE}"
        ),
    ),
    (
        "status",
        re.compile(
            rf"^[Tt]he status of (?P<subject>[\w -]{{2,50}}?) (?:is|was|changed to) {REST}{TAIL}"
        ),
    ),
    (
        "starts",
        re.compile(
            rf"^(?P<subject>(?:[Tt]he|[Mm]y|[Oo]ur|{NAME})(?: [\w-]+){{0,4}}?) (?:starts?"
            rf"|begins?|opens?|started|began|opened)(?: on| in)? {DATE_VALUE}"
        ),
    ),
    (
        "ends",
        re.compile(
            rf"^(?P<subject>(?:[Tt]he|[Mm]y|[Oo]ur|{NAME})(?: [\w-]+){{0,4}}?) (?:ends?"
            rf"|finishe?s?|expires?|closes?|ended|closed)(?: on| in)? {DATE_VALUE}"
        ),
    ),
    (
        "price",
        re.compile(
            rf"^(?P<subject>[\w' -]{{2,60}}?) (?:costs?|is priced at|is|was|are|comes to"
            rf"|cost) {MONEY}"
        ),
    ),
    ("name", re.compile(rf"^(?P<subject>.{{2,40}}?)'s name is (?P<value>{NAME})")),
)
KIN_OF = re.compile(
    rf"^(?P<owner>[^\W\d_][\w .-]{{0,40}}?)'s (?:(?:older|younger|big|little|elder"
    rf"|best|ex-?|twin|oldest|youngest) ?)*(?P<kin>{KIN_WORDS})(?: is (?:called |named )?"
    rf"|,? )(?P<name>{NAME})(?=[\s,.!]|$)"
)
KIN_IS = re.compile(
    rf"^(?P<subject>[^\W\d_][\w .-]{{0,40}}?)'s (?P<kin>{KIN_WORDS}) is (?:called |named )?"
    rf"(?P<value>{NAME})$"
)
LABEL = re.compile(rf"^(?P<of>(?i:{'|'.join(LABELS.split())})):\s+(?P<value>.{{1,80}}?)\.?$")
