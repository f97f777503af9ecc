"""Patterns of what is told of things, of kin by name, and after a label."""

from __future__ import annotations

import re

from retain.english.wordlists import LABELS
from retain.providers.local.personslots import KIN_WORDS, REST, TAIL
from retain.providers.local.words import NAME

MONEY = (
    r"(?P<value>(?:about |around |approx\. |only )?(?:[$€£]\s?\d[\d,.]*(?:\s?(?:k|m"
    r"|million|billion))?|\d[\d,.]*\d?\s?(?:euros?|dollars?|pounds?|francs|crowns"
    r"|USD|EUR|GBP|CHF|€|\$|£|cents))(?:(?: per | a | an )[\w]+)?)"
)
_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
)
DATE_VALUE = (
    r"(?P<value>(?:\d{1,2}(?:st|nd|rd|th)? [A-Z][a-z]+(?: \d{4})?"
    r"|[A-Z][a-z]+ \d{1,2}(?!\d)(?:st|nd|rd|th)?,?(?: \d{4})?|\d{4}-\d\d-\d\d"
    r"|(?:next |this )?(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b|[A-Z][a-z]+ \d{4}|\d{4}"
    rf"|{_MONTH}|next (?:week|month|year|spring|summer|autumn|fall|winter)|tomorrow))"
)
# What can be late, cancelled or cost something: a phrase with an article, an owner or a name.
THING = rf"(?P<subject>(?:[Tt]he|[Mm]y|[Oo]ur|{NAME})(?: [\w'&-]+){{0,5}}?)"
_NUMBER = (
    r"(?P<value>\d[\d,.]*\d|\d+|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
    r"|fifteen|twenty|thirty|forty|fifty|a hundred)"
)
_NO_COUNT = (
    r"(?!(?:years?|months?|weeks?|days?|hours?|minutes?|seconds?|times?|more|other|others|different"
    r"|of|main|kinds?|types?|ways?|things?|percent|degrees|euros?|dollars?|pounds?|important|great"
    r"|good|big|possible|additional|separate|and|or|to|in|on|at|for)\b)"
)
_ROUGHLY = r"(?:now |currently |about |around |only |at least |over |already )*"
_DELAYED = (
    r"(?:is |was |has been |have been |will be |got |are |were )?(?:re)?(?:moved|scheduled"
    r"|postponed"
    r"|rescheduled|pushed(?: back)?|brought forward|put off|shifted|delayed|changed|extended)"
    r"(?: from [^,]{1,30}?)? (?:to|until|till|for)(?: the)?"
)
_ENDED = (
    r"cancelled|canceled|called off|postponed|delayed|on hold|blocked|approved|rejected|deprecated"
    r"|archived|discontinued|shelved|abandoned|suspended|in progress|in review|pending|overdue"
)
_STATE = (
    rf"{_ENDED}|unblocked|done|finished|completed?|closed|open|paused|live|out of order|broken"
    r"|fixed|repaired|sold out|out of stock|in stock|ready|paid|unpaid|signed|shipped|delivered"
    r"|active|inactive|back on track|on track|behind schedule|sold|online|offline"
)
_STATE_END = r"(?=\s+(?:since|until|because|due|by|and|again|now|as|but|after)\b|[,;.!(]|\s*$)"
_IS = r"(?:is|are|was|were|has been|have been|got)(?: now| currently| still| finally| already)*"
_ATTRIBUTES = (
    "phone number|phone|email|email address|address|birthday|version|owner|manager|budget|location"
    "|venue|start date|end date|due date|price|salary|rent|nickname|password|blood type|size"
    "|height|weight|colou?r|default|default value|status|deadline|duration|capacity|maximum|minimum"
    "|role|job|major|hometown"
)
_VALUE = (
    rf"(?:is|are|changed to|was changed to|will be)(?: now| currently| therefore"
    rf"| usually)?(?: on)? (?P<value>(?:[^,;!?(]|,(?=\d)){{1,80}}?)(?!,\d){TAIL}"
)


def _rule(slot: str, pattern: str) -> tuple[str, re.Pattern[str]]:
    return slot, re.compile("^" + pattern)


Rules = tuple[tuple[str, re.Pattern[str]], ...]
THING_RULES: Rules = (
    _rule(
        "favourite {of}",
        rf"(?:(?i:my|our|his|her|their)"
        rf"|(?P<subject>[^\W\d_][\w .-]{{0,40}}?)'s) (?:new |current )?(?i:favou?rite)"
        rf" (?P<of>(?!part|thing|one)[\w ]{{2,30}}?)"
        rf" (?:is|was|are|has always been|would be)(?: now| still| definitely)? {REST}{TAIL}",
    ),
    _rule(
        "deadline",
        rf"(?P<subject>)[Tt]he deadline (?:is now|is|was|{_DELAYED})(?: on)? {DATE_VALUE}",
    ),
    _rule(
        "deadline",
        rf"(?P<subject>(?:[Tt]he|[Mm]y|[Oo]ur|{NAME}) ?[\w' ]{{0,40}}?) deadline (?:is now|is|was"
        rf"|is set for|{_DELAYED})(?: on)? {DATE_VALUE}",
    ),
    _rule(
        "deadline",
        rf"[Tt]he deadline (?:for|of) (?P<subject>[\w ]{{2,40}}?) (?:is now|is|was|{_DELAYED})"
        rf"(?: on)? {DATE_VALUE}",
    ),
    _rule(
        "deadline",
        rf"(?P<subject>[Tt]he [\w ]{{1,40}}?) (?:is|are)(?: now)? due (?:on|by|in)? ?{DATE_VALUE}",
    ),
    _rule(
        "{of}", rf"(?P<subject>[^\W_][\w .-]{{0,40}}?)'s (?:new )?(?P<of>{_ATTRIBUTES}) {_VALUE}"
    ),
    _rule(
        "{of}",
        rf"[Tt]he (?:new )?(?P<of>{_ATTRIBUTES}) (?:of|for) (?P<subject>[\w' -]{{2,40}}?) {_VALUE}",
    ),
    _rule("date", rf"{THING} {_DELAYED} {DATE_VALUE}"),
    _rule(
        "date",
        rf"(?:{NAME}|[Tt]he \w+|I|[Ww]e) (?:has |have )?(?:postponed|rescheduled|moved|put off"
        rf"|pushed back) (?P<subject>(?:the|my|our|his|her|their|{NAME}) [\w' -]{{2,40}}?)"
        rf"(?: from [^,]{{1,30}}?)? (?:to|until|till|for) {DATE_VALUE}",
    ),
    _rule(
        "date",
        rf"{THING} (?:takes place|will take place|is scheduled for|is set for|is planned for"
        rf"|(?:is|will be)(?: now)?(?= on))(?: on| in)? {DATE_VALUE}",
    ),
    _rule(
        "status",
        rf"[Tt]he status of (?P<subject>[\w' -]{{2,50}}?) (?:is now|is|was"
        rf"|changed to) {REST}{TAIL}",
    ),
    _rule(
        "status",
        rf"(?:{NAME}|[Tt]he \w+|I|[Ww]e) (?:has |have |had to |just )*(?P<value>cancelled|canceled"
        rf"|called off|postponed|put off|shelved|abandoned|approved|rejected)"
        rf" (?P<subject>(?:the|my|our|his|her|their|{NAME}) [\w' -]{{2,40}}?){TAIL}",
    ),
    _rule(
        "status",
        rf"(?P<subject>(?:[Tt]he|[Mm]y|[Oo]ur|{NAME}'s) [\w'& -]{{1,50}}?) {_IS}"
        rf" (?P<value>{_STATE}){_STATE_END}",
    ),
    _rule("status", rf"(?P<subject>{NAME}) {_IS} (?P<value>{_ENDED}){_STATE_END}"),
    _rule(
        "starts",
        rf"{THING} (?:starts?|begins?|opens?|started|began|opened)(?: on| in)? {DATE_VALUE}",
    ),
    _rule(
        "ends",
        rf"{THING} (?:ends?|finishe?s?|expires?|closes?|ended|closed)(?: on| in)? {DATE_VALUE}",
    ),
    _rule(
        "price",
        rf"(?:[Tt]he (?:price|cost|fee) (?:of|for) )?(?P<subject>[\w' -]{{2,60}}?)"
        r" (?:now )?(?:costs?|is priced at|is now|are now|is|was|are|comes to|cost"
        r"|(?:went|goes|has gone) (?:up|down)(?: from [^,]{1,20}?)? to"
        r"|(?:rose|fell|dropped|increased|was raised|was cut|was reduced|was lowered)"
        rf"(?: from [^,]{{1,20}}?)? to) {MONEY}",
    ),
    _rule(
        "count",
        rf"There are {_ROUGHLY}{_NUMBER} (?P<subject>{_NO_COUNT}[a-z][\w' -]*? (?:in|at|on|of"
        rf"|for) [\w' -]{{2,40}}?)$",
    ),
    _rule(
        "count",
        rf"[Tt]he number of (?P<subject>[\w' -]{{2,50}}?) (?:is|rose to|fell to|grew to)"
        rf" {_ROUGHLY}{_NUMBER}\b",
    ),
    _rule("name", rf"(?P<subject>.{{2,40}}?)'s name is (?:now )?(?P<value>{NAME})"),
    _rule("default", rf"[Tt]he default (?P<subject>[a-z][\w -]{{1,30}}?) {_VALUE}"),
    _rule("default", rf"{THING} defaults to {REST}{TAIL}"),
)
COUNT_RULES: Rules = (
    _rule(
        "count of {of}",
        rf"{THING} (?:has|have|employs?|holds|seats|consists of) {_ROUGHLY}{_NUMBER}"
        rf" {_NO_COUNT}(?P<of>[a-z-]+s|children|people|staff){TAIL}",
    ),
)
_NATION = (
    r"[A-Z]\w+(?:ish|ese|ian|ean|can|ench|aeli)|German|Dutch|Greek|Swiss|Czech|Thai|Jewish|Muslim"
)
KIN_OF = re.compile(
    rf"^(?P<owner>[^\W\d_][\w .-]{{0,40}}?)'s (?:(?:older|younger|big|little|elder"
    rf"|best|ex-?|twin|oldest|youngest) ?)*(?P<kin>{KIN_WORDS})(?: is (?:called |named )?"
    rf"|,? )(?P<name>{NAME})(?=[\s,.!]|$)"
)
KIN_IS = re.compile(
    rf"^(?P<subject>[^\W\d_][\w .-]{{0,40}}?)'s (?P<kin>{KIN_WORDS}) is (?:called |named )?"
    rf"(?!{_NATION}$)(?P<value>{NAME})$"
)
LABEL = re.compile(rf"^(?P<of>(?i:{'|'.join(LABELS.split())})):\s+(?P<value>.{{1,80}}?)\.?$")
