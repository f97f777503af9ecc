"""Patterns of what is told of persons: where they live and work, what they like."""

from __future__ import annotations

import re

from retain.english.wordlists import CAPITAL, KIN
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
_PLACE_NAME = rf"{CAPITAL}[\w'.-]*"
PLACE = rf"(?P<value>(?:the )?{_PLACE_NAME}(?:,? (?:de |of |the |la |del )?{_PLACE_NAME}){{0,4}})"
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


# What is told of those who are many takes another form of the verb than what is told of one.
_SEVERAL = rf"(?:(?i:i|we|they)|{NAME},? and (?:{NAME}|others))"
_ONE = rf"(?:(?i:the user|the assistant)|{NAME})"
IS = r"(?:is|am|are|'m|has been|have been)"
_FOND = (
    rf"{IS} (?:an? (?:big |huge |real |great )?fan of|fond of|keen on|into|crazy about"
    rf"|obsessed with"
    r"|passionate about)"
)
_HAS = r"(?:have |has |had |'ve |just |recently |finally |once |also |already )*"
COMPANY = (
    r"(?P<value>(?:the |an? )?[\w&'.-]+(?: (?!as\b|and\b|on\b|since\b|every\b|but\b|in\b"
    r"|any\b|full\b|part\b|for\b|from\b|until\b|with\b|which\b|where\b)[\w&'.-]+){0,4})"
)
FIRM = rf"(?P<value>{CAPITAL}[\w&'.-]*(?: {CAPITAL}[\w&'.-]*){{0,3}})"


def _rule(slot: str, predicate: str) -> tuple[str, re.Pattern[str]]:
    """A rule for whoever can be named: persons, kin, and people known by what they are."""
    return slot, re.compile(rf"^(?:{RELATED},? )?(?:{SUBJECT}){ADVERB},? {predicate}")


def _person(slot: str, one: str, several: str) -> tuple[str, re.Pattern[str]]:
    """A rule for names and the first person, by the form of the verb."""
    return slot, re.compile(
        rf"^(?:{RELATED},? )?(?:(?P<subject>{_ONE}){ADVERB},? (?:{one})"
        rf"|(?P<subjects>{_SEVERAL}){ADVERB},? (?:{several})) (?P<value>.)"
    )


PERSON_RULES = (
    _rule(
        "uses",
        rf"{_HAS}(?:switched|changed|migrated|changed over|moved over) (?:over )?"
        r"from (?P<old>[\w' -]{2,40}?) to (?P<value>.)",
    ),
    _rule("uses", rf"{_HAS}(?:switched|migrated) (?:over )?to (?P<value>.)"),
    _rule(
        "lives in", rf"(?:lives?|is living|am living|is based|am based|resides?){ADVERB} in {PLACE}"
    ),
    _rule(
        "lives in",
        rf"{_HAS}(?:moved|relocated"
        rf"|emigrated) (?:back )?(?:from (?:the )?[A-Z][\w ]+? )?to {PLACE}",
    ),
    _rule(
        "not works at",
        rf"{_HAS}(?:quit|left|lost) (?:the|my|his|her|their|[A-Z][\w-]*'s) (?:old )?(?:job"
        rf"|position|post|role) (?:at|with) {FIRM}",
    ),
    _rule(
        "not works at",
        rf"(?:(?:was|were|got|has been|have been) (?:laid off|fired|let go|dismissed) (?:from|by)"
        rf"|(?:has |have |just )*(?:resigned|retired) from) {FIRM}",
    ),
    _rule(
        "works at",
        rf"(?:works?|is working|am working|is employed|(?:have |has )(?:worked"
        rf"|been working)){ADVERB}"
        rf" (?:at|for|with) {COMPANY}",
    ),
    _rule(
        "works as",
        rf"(?:works?|is working|am working){ADVERB} as (?:an? |the )?(?P<value>[\w -]+?){JOB_END}",
    ),
    _rule(
        "works at",
        rf"{_HAS}(?:joined|started (?:working )?at|got a (?:new )?job (?:at|with)|was hired by"
        rf"|(?:moved|switched) (?:from [A-Z][\w&'.-]* )?(?:over )?to work (?:at|for)) {FIRM}",
    ),
    _rule("works as", rf"{IS}{ADVERB} (?:an? )(?P<value>(?:[\w-]+ ){{0,3}}?(?:{JOBS})){JOB_END}"),
    _rule(
        "works as",
        rf"{_HAS}(?:became|become|started (?:working )?as|got (?:a |the )?(?:new )?job as"
        rf"|was hired as|qualified as"
        rf"|is training as) (?:an? )(?P<value>(?:[\w-]+ ){{0,3}}?(?:{JOBS})){JOB_END}",
    ),
    _rule(
        "role",
        rf"(?:{IS}{ADVERB}|{_HAS}(?:became|become)|{_HAS}(?:was|were|got|been) (?:promoted to"
        rf"|appointed|elected|named|made)"
        rf"|{_HAS}(?:took over as|takes over as)|will be) (?:the |an? )?(?P<value>(?:(?:new|chief"
        rf"|head|senior|deputy|vice"
        rf"|managing|executive|general|lead|team|project|product|sales|technical|finance"
        rf"|marketing|regional) ?)*(?:head|director|lead|leader|manager|president|chair"
        rf"|chairwoman|chairman|owner|founder|CEO|CTO|CFO|captain|secretary|treasurer"
        rf"|principal|mayor|minister|editor"
        rf")(?: of (?:the )?[\w-]+(?: [\w-]+){{0,2}}?)?)(?=\s+(?:at|in|for|and"
        rf"|since|now|there|here)\b|[,.;!(]|\s*$)",
    ),
    _rule(
        "born",
        rf"(?:was|were) born (?:on |in |at )+{REST}(?=\s+(?:and|in \d{{4}}|to)\b|[,;!?(]"
        rf"|\.(?:\s|$)|\s*$)",
    ),
    _rule(
        "age",
        rf"{IS}{ADVERB} (?P<value>\d{{1,3}})"
        r"(?: years old|(?=[,;!](?!\d)|\.(?!\d)|\s+now\b|\s*$))",
    ),
    _rule(
        "age",
        r"(?:just |has just |will be )?turn(?:ed|s) (?P<value>\d{1,3}"
        r"|one|two|three|four|five|six|seven|eight|nine|ten"
        r"|eleven|twelve|[a-z]+ty(?:-\w+)?)\b(?! to| into)",
    ),
    _rule(
        "married to",
        rf"(?:{IS} (?:now )?married to|(?:(?:have |has "
        rf"|just )*(?:got )?married)) (?P<value>{NAME})",
    ),
    _rule("engaged to", rf"(?:{IS}|got|has got|have got) (?:now )?engaged to (?P<value>{NAME})"),
    _rule(
        "partner",
        rf"(?:{IS} (?:dating|seeing|in a relationship with)|started dating) (?P<value>{NAME})",
    ),
    _rule("not partner", rf"{_HAS}(?:broke|broken|split) up with (?P<value>{NAME})"),
    _rule(
        "not married to", rf"(?:{IS} divorced from|(?:have |has |just )*divorced) (?P<value>{NAME})"
    ),
    _rule(
        "relationship",
        rf"{IS}{ADVERB} (?P<value>single|divorced|widowed|separated|engaged|married)(?=\s+(?:and"
        rf"|now|again|since|with)\b|[,.;!]|\s*$)",
    ),
    _rule(
        "diet",
        rf"(?:{IS}{ADVERB}|{_HAS}(?:became|become|went|gone|turned)) (?:an? )?(?P<value>vegan"
        rf"|vegetarian|pescatarian|gluten-free|dairy-free|teetotal)(?=\s+(?:and|now|again|since"
        rf"|for)\b|[,.;!]|\s*$)",
    ),
    _rule("allergic to", rf"{IS}{ADVERB} (?:\w+ly )?allergic to (?P<value>.)"),
    _rule(
        "speaks",
        rf"{ADVERB}(?:speaks?|{IS} fluent in) (?P<value>(?:(?:fluent|some|a little"
        rf"|basic) )*[A-Z][a-z]+(?:(?:, | and |, and )(?:a little |some )?[A-Z][a-z]+)*)",
    ),
    _rule("from", rf"(?:{IS}|comes?|came){ADVERB} (?:originally )?from {PLACE}"),
    _person(
        "visited",
        rf"{_HAS}(?:visited|travell?ed to|went (?:on a trip )?to|been to)",
        rf"{_HAS}(?:visited|travell?ed to|went (?:on a trip )?to|been to)",
    ),
    _person(
        "studies", r"studies|is studying|majors in", r"study|am studying|are studying|major in"
    ),
    _person(
        "prefers",
        r"(?:would |will |does )?prefers?|would rather have",
        r"(?:would |will |do )?prefer",
    ),
    _person(
        "dislikes",
        rf"hates|dislikes|detests|loathes|can't stand|cannot stand|can't bear"
        rf"|(?:does not|doesn't)(?: really)? (?:like|enjoy)"
        rf"|{IS} not (?:a (?:big |huge )?fan of|fond of|keen on|into)",
        rf"hate|dislike|detest|loathe|can't stand|cannot stand|can't bear"
        rf"|(?:do not|don't)(?: really)? (?:like|enjoy)"
        rf"|{IS} not (?:a (?:big |huge )?fan of|fond of|keen on|into)",
    ),
    _person("likes", rf"likes|loves|enjoys|adores|{_FOND}", rf"like|love|enjoy|adore|{_FOND}"),
    _person("owns", r"owns|possesses", r"own|possess"),
    _rule(
        "owns",
        r"(?:has|have)(?: got)? (?P<value>(?:an? |one |two |three |four |five "
        r"|\d+ )(?:[\w-]+ )?(?:cats?|dogs?|cars?|bikes?|bicycles?|boats?|horses?"
        r"|rabbits?|parrots?|hamsters?|fish|turtles?|snakes?|guinea pigs?|motorbikes?"
        r"|vans?|houses?|pets?)\b(?: and (?:an? |one |two |three |\d+ )[\w-]+)*)",
    ),
    _person(
        "plans",
        r"plans to|intends to|is (?:now )?planning (?:to|on)",
        r"plan to|intend to|(?:am|are) planning (?:to|on)",
    ),
    _person(
        "not plans",
        r"decided not to|has decided not to|cancelled plans to|gave up on",
        r"decided not to|have decided not to|gave up on",
    ),
    _person("uses", r"uses|is using|has been using", r"use|am using|are using"),
)
