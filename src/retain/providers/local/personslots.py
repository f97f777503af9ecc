"""Patterns of what is told of persons: where they live and work, what they like."""

from __future__ import annotations

import re

from retain.providers.local.wordlists import KIN
from retain.providers.local.words import NAME

KIN_WORDS = "|".join(sorted(KIN.split(), key=len, reverse=True))
SUBJECT = (
    rf"(?P<subject>(?i:the user|the assistant|i|we)|{NAME}"
    rf"|[Tt]he [\w -]{{1,40}}?|[Aa]n? [\w -]{{1,40}}?|[Tt]heir [\w -]{{1,30}}?"
    rf"|[Oo]ur [\w -]{{1,30}}?"
    r"|[^\W\d_][\w .-]{0,40}?'s [\w -]{1,30}?)"
)
RELATED = (
    rf"(?:(?i:my|our|his|her|their|the)|[^\W\d_][\w .-]{{0,40}}?'s) (?i:(?:older"
    rf"|younger|big|little|elder|best|ex-?|twin|oldest|youngest) ?)*(?P<kin>{KIN_WORDS})"
)
ADVERB = (
    r"(?: (?:also|now|currently|still|really|actually|already|always|absolutely|just"
    r"|personally|mostly|usually|both))*"
)
JOB_END = r"(?=\s+(?:at|for|in|by|with|from|who|and|now|since|on|near|again)\b|[,.;!(]|\s*$)"
PLACE = r"(?P<value>(?:the )?[A-Z][\w'.-]*(?:,? (?:de |of |the |la |del )?[A-Z][\w'.-]*){0,4})"
REST = r"(?P<value>[^,.;!?(]{2,80}?)"
TAIL = (
    r"(?=\s+(?:because|since|when|and|but|so|as|which|that|after|before|while"
    r"|although|though|more than"
    r"|[-\u2013\u2014]|now|today|anymore|any more|at all|as well|too)\b|[,;!?(]|\.(?:\s|$)|\s*$)"
)
JOBS = (
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


def _rule(slot: str, pattern: str) -> tuple[str, re.Pattern[str]]:
    return slot, re.compile(pattern)


def _of(predicate: str) -> str:
    return rf"^(?:{RELATED},? )?(?:{SUBJECT}){ADVERB},? {predicate}"


def _by_person(predicate: str) -> str:
    return (
        rf"^(?:{RELATED},? )?(?P<subject>(?i:the user|i|we)"
        rf"|{NAME}(?: and others)?){ADVERB},? {predicate}"
    )


IS = r"(?:is|am|are|was|'m)"
PERSON_RULES = (
    _rule(
        "lives in",
        _of(
            rf"(?:no longer lives|doesn't live|does not live) (?:in"
            rf"|at) [^,.;]{{2,40}}?(?: any ?more)?,? but (?:now )?(?:lives )?(?:in"
            rf"|at) {PLACE}"
        ),
    ),
    _rule("not lives in", _of(rf"(?:no longer lives|is no longer living) in {PLACE}")),
    _rule(
        "lives in",
        _of(rf"(?:lives?|is living|am living|is based|am based|resides?){ADVERB} in {PLACE}"),
    ),
    _rule(
        "lives in",
        _of(
            rf"(?:(?:have |has |had |just |recently )*(?:moved|relocated"
            rf"|emigrated)) (?:back )?(?:from [A-Z]\w+ )?to {PLACE}"
        ),
    ),
    _rule(
        "not works at",
        _of(
            rf"(?:no longer works?|(?:is|am) no longer working|stopped working"
            rf"|quit working) (?:at|for|with) {REST}{TAIL}"
        ),
    ),
    _rule(
        "works at",
        _of(
            rf"(?:works?|is working|am working|is employed|(?:have |has )(?:worked"
            rf"|been working)){ADVERB} (?:at|for|with) (?P<value>(?:the "
            rf"|an? )?[\w&'.-]+(?: (?!as\b|and\b|on\b|since\b|every\b"
            rf"|but\b)[\w&'.-]+){{0,4}})"
        ),
    ),
    _rule(
        "works as",
        _of(
            rf"(?:works?|worked|is working|am working){ADVERB} as (?:an? "
            rf"|the )?(?P<value>[\w -]+?){JOB_END}"
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
        _of(rf"{IS}{ADVERB} (?:an? )(?P<value>(?:[\w-]+ ){{0,3}}?(?:{JOBS})){JOB_END}"),
    ),
    _rule(
        "role",
        _of(
            rf"{IS}{ADVERB} (?:the |an? )?(?P<value>(?:(?:new|chief|head|senior|deputy|vice"
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
            rf"(?:was|were) born (?:on |in |at )+{REST}(?=\s+(?:and|in \d{{4}})\b|[,;!?(]"
            rf"|\.(?:\s|$)|\s*$)"
        ),
    ),
    _rule("age", _of(rf"{IS}{ADVERB} (?P<value>\d{{1,3}})(?: years old|(?=[,.;!]|\s+now\b|\s*$))")),
    _rule(
        "age",
        _of(
            r"(?:just |has just |will be )?turn(?:ed|s) (?P<value>\d{1,3}"
            r"|one|two|three|four|five|six|seven|eight|nine|ten"
            r"|eleven|twelve|[a-z]+ty(?:-\w+)?)\b(?! to)"
        ),
    ),
    _rule("married to", _of(rf"(?:{IS} married to|(?:got )?married) (?P<value>{NAME})")),
    _rule("engaged to", _of(rf"{IS} engaged to (?P<value>{NAME})")),
    _rule("partner", _of(rf"{IS} (?:dating|in a relationship with) (?P<value>{NAME})")),
    _rule("allergic to", _of(rf"{IS}{ADVERB} (?:\w+ly )?allergic to {REST}{TAIL}")),
    _rule(
        "speaks",
        _of(
            rf"{ADVERB}(?:speaks?|{IS} fluent in) (?P<value>(?:(?:fluent|some|a little"
            rf"|basic) )*[A-Z][a-z]+(?:(?:, | and |, and )(?:a little |some )?[A-Z][a-z]+)*)"
        ),
    ),
    _rule(
        "visited",
        _by_person(
            rf"(?:have |has |had |just |recently |once |also )*(?:visited|travell?ed to"
            rf"|went (?:on a trip )?to|been to) {PLACE}"
        ),
    ),
    _rule("from", _of(rf"(?:{IS}|comes?|came){ADVERB} (?:originally )?from {PLACE}")),
    _rule(
        "studies",
        _by_person(
            rf"(?:studies|study|studied|majored in"
            rf"|majors in) (?P<value>[a-z]+(?: [a-z]+)?){JOB_END}"
        ),
    ),
    _rule(
        "prefers",
        _by_person(
            rf"(?:(?:would|will|do|does) )?prefers? {REST}(?=\s+(?:to|over|because|when"
            rf"|rather|as)\b|[,;!?(]|\.(?:\s|$)|\s*$)"
        ),
    ),
    _rule(
        "dislikes",
        _by_person(
            rf"(?:hates?|dislikes?|detests?|loathes?|can't stand|cannot stand|can't bear"
            rf"|(?:does not|doesn't|do not|don't)(?: really)? (?:like|enjoy)"
            rf"|{IS} not (?:a (?:big |huge )?fan of|fond of|keen on|into)) {REST}{TAIL}"
        ),
    ),
    _rule(
        "likes",
        _by_person(
            rf"(?:likes?|loves?|enjoys?|adores?|{IS} (?:an? (?:big |huge |real "
            rf"|great )?fan of|fond of|keen on|into|crazy about|obsessed with"
            rf"|passionate about)) (?!to\b){REST}{TAIL}"
        ),
    ),
    _rule("owns", _of(rf"(?:owns?|possess(?:es)?) {REST}{TAIL}")),
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
