"""The object of a verb, where it is clear without what stands around it."""

from __future__ import annotations

import re

from retain.english import verbforms
from retain.english.anycase import AnyCase
from retain.english.wordlists import word_set
from retain.providers.local.words import WORD, is_adverb, words

_END = AnyCase(
    r"[.;!?(\[]| [-\u2013\u2014] |\u2014"
    r"|\s+(?:because|'cause|cause|since|when|but|so|as|after|before|while|if"
    r"|although|though|until|more than|rather than|instead of|now|today|anymore|any more|at all"
    r"|too|lately|these days|a lot|quite a|very much|the most|together|for the first time"
    r"|again)\b(?!-)"
)
_CLAUSE = re.compile(
    r"(?:,? (?:and|or)|,) (?:(?:i|we|he|she|they|it|there|you)(?:'\w+)?\b"
    r"|[A-Z][\w'-]* (?:is|was|has|had|will|would|can|\w+s)\b"
    r"|(?:it|that|there|he|she|what)'s\b|'?cause\b|especially\b|particularly\b|and (?:it|that)\b)"
)
_LIST = re.compile(r"[^,]{2,40}(?:, [^,]{2,40})*,? (?:and|or) [^,]{2,40}")
_HALF = re.compile(r"\b(?:an?|the|some|very|really) [\w-]+$")
_POINTING = word_set(
    "it this that these those them him her us you me he she they we here there something anything "
    "everything nothing someone everyone one ones things stuff how when what if who whom which "
    "such another other others both which that where someday"
)
_POINTING_FIRST = word_set("his their its and or is are was")
_EMPTY_NOUN = re.compile(
    r"(?:the|a|an) (?:\w+ )?(?:way|idea|thought|fact|feeling|look|sound|vibe|view|rest|part"
    r"|concept)"
    r"\b|(?:all )?the (?:(?! of | in | at | from )[a-z' -])+$|\w+self$|(?:theme|theirs|mine|to)\b",
)
_JOINT = re.compile(
    r",? (?:and|or) (?P<verb>[\w']+)(?P<more> (?:it|them|the|an?|my|to|for|in|at|on|with|from)\b)?"
)
_MAX_WORDS = 10


def object_at(text: str, start: int) -> str:
    """What is named from `start` on, up to where something else begins."""
    rest = text[start:]
    if end := _END.search(rest):
        rest = rest[: end.start()]
    if clause := _CLAUSE.search(rest):
        rest = rest[: clause.start()]
    if verb := _second_verb(rest):
        rest = rest[:verb]
    if "," in rest and not _LIST.fullmatch(rest):
        first, _, more = rest.partition(",")
        if not _HALF.search(first):
            rest = first
        elif "," in more:
            rest = first + "," + more.partition(",")[0]
    return rest.strip(" .,'\"")


def _second_verb(rest: str) -> int | None:
    """Where a second verb of the same subject begins: ``tea and drinks it``."""
    for joint in _JOINT.finditer(rest):
        word = joint["verb"].lower()
        if verbforms.is_auxiliary(word) or (joint["more"] and word in verbforms.THIRD):
            return joint.start()
    return None


def is_clear(value: str) -> bool:
    """Whether the words name something without pointing at what stands elsewhere."""
    tokens = words(value)
    if not tokens or len(tokens) > _MAX_WORDS or tokens[0] in _POINTING_FIRST:
        return False
    if any(token.split("'")[0] in _POINTING for token in tokens):
        return False
    return not (_EMPTY_NOUN.match(value) or all(map(is_adverb, tokens)))


def word_after(text: str, start: int) -> str:
    """The first word from `start` on that is no adverb, in lower case."""
    for match in WORD.finditer(text, start):
        if not is_adverb(match[0].lower()):
            return match[0].lower()
    return ""
