"""Of what type a clause is, and in what tense."""

from __future__ import annotations

import re

from retain.dates.absolute import Tense
from retain.dates.calendar import Days
from retain.english import verbforms
from retain.english.anycase import AnyCase
from retain.english.wordlists import word_set
from retain.memory.model import FactType
from retain.providers.local.words import acting_name, first_verb, is_adverb, words

_PREFERENCE = AnyCase(
    r"(?<!-)\b(?:loves|loved|likes|liked|enjoys|enjoyed|adores|hates|hated|dislikes"
    r"|prefers?|preferred|detests|loathes"
    r"|(?:others|they|we|don't|doesn't|do|does|not|never|really|all|both|always|will"
    r"|kids|parents|children|friends|family) (?:love|like|enjoy|adore|hate"
    r"|dislike)(?! and)"
    r"|can't stand|cannot stand|can't bear|(?:a |huge |big )fan of|fond of|keen on"
    r"|favou?rite|not into"
    r"|passionate about|obsessed with|crazy about|would rather)\b"
)
_LIKE_PREPOSITION = AnyCase(
    r"\b(?:feels?|felt|looks?|looked|sounds?|sounded|seems?|seemed|is|are|was|were"
    r"|something|things?|stuff|just|more|be|been|much|it) like\b"
)
_WISH = re.compile(r"(?:would|'d) (?:really )?(?:love|like|prefer) to\b", re.IGNORECASE)
_PLAN = AnyCase(
    r"\b(?:will|won't|(?:is|are|am) (?:\w+ )?(?:going to|planning|hoping|about to"
    r"|considering|looking forward|looking into|thinking (?:about|of)"
    r"|aiming|getting married|excited to|set to|due to)|plans? (?:to|on)|planning"
    r"|intends? to|hopes? to|wants? to|needs? to|has to|have to|gonna"
    r"|aims? to|considering|can't wait|would (?:really )?(?:love|like) to|looking forward)\b"
)
_WILL = re.compile(
    r"\b(?:will|plans? to|intends? to|hopes? to|wants? to|is going to|is planning"
    r"|is considering|is thinking)\b"
)
_OPINION = AnyCase(
    r"\b(?:thinks?|thought|believes?|feels? (?:that|like|as)|guess(?:es)?|supposes?"
    r"|doubts?|suspects?|reckons?|finds it "
    r"|in [\w .]{1,40}'s (?:opinion|view)|in (?:my|our) (?:opinion|view)"
    r"|seems? to (?:me|us)|would say|agrees?|disagrees?|personally|is convinced"
    r"|is certain)\b"
)
_OPINION_WORD = re.compile(r"\bopinion\b", re.IGNORECASE)
_VALUED = AnyCase(
    r"\b(?:is|are|was|were|can be|feels?) (?:(?:so|such an?|really|very|just|the|quite|too"
    r"|a huge|pretty|truly) )*(?:vital|important|amazing|awesome|great|cool"
    r"|beautiful"
    r"|incredible|inspiring|powerful|wonderful|special|essential|priceless|best"
    r"|worst|tough|hard|easy|fun|interesting|boring|terrible|key|better|worse)\b"
    r"|\b(?:is|are|was|were) (?:(?:so|such an?|really|super|very|always) )+\w+"
)
_STATE = re.compile(r"\b(?:was|were) born\b", re.IGNORECASE)
_AFTER_VERB = word_set(
    "a an the my our his her their with to from for at in into on about up out off back by"
)
_PERFECT = re.compile(
    r"\b(?:has|have|'ve)(?: \w+ly| never| ever| just| also| always| already| not"
    r"| recently)* (?P<verb>\w+)",
    re.IGNORECASE,
)
_USED_TO = re.compile(r"\bused to\b", re.IGNORECASE)
_FIRST_PERSON = re.compile(r"\bI\b|^We\b")
_PERSONAL = re.compile(r"(?:i|we|he|she|they|the user)\b(?!')", re.IGNORECASE)


_MOVED = re.compile(
    r"\b(?:moved|postponed|rescheduled|pushed(?: back)?|delayed|extended|put off|brought forward"
    r"|shifted|booked)\b[^.]{0,20} (?:to|until|till|for) (?:the )?(?:\d|Jan|Feb|Mar|Apr|May|Jun|Jul"
    r"|Aug|Sep|Oct|Nov|Dec|Mon|Tue|Wed|Thu|Fri|Sat|Sun)|\bnext (?:visit|appointment|meeting)\b"
)


def tense(text: str) -> Tense:
    """Which way dates point that could be either: past for what has happened."""
    if _MOVED.search(text):
        return "future"
    tokens = words(text)
    verb = _main_verb(tokens)
    if verb is not None and verbforms.is_past(tokens[verb]) and tokens[verb] not in verbforms.BASES:
        return "past"
    if _WILL.search(text) or _WISH.search(text):
        return "future"
    if _is_perfect(text) or _USED_TO.search(text):
        return "past"
    return "past" if verb is not None and verbforms.is_past(tokens[verb]) else "future"


def fact_type(
    text: str, *, personal: bool, talk: bool, time: Days | None, future: bool
) -> FactType:
    """The type of a statement.

    Args:
        text: The clause with its first person resolved.
        personal: Whether it is about its speaker, or a person whom it names.
        talk: Whether somebody says it in a dialogue.
        time: When it took place, if it says so.
        future: Whether that lies ahead of when it was said.
    """
    if _FIRST_PERSON.search(text[:40]):
        personal = talk = True
    personal = personal or _PERSONAL.match(text) is not None
    if personal and talk and _OPINION.search(text) and not _PLAN.search(text[:40]):
        return "opinion"
    if talk and (_OPINION_WORD.search(text) or (not personal and _VALUED.search(text))):
        return "opinion"
    named = acting_name(text) is not None
    if (personal or talk or named) and _likes(text):
        return "preference"
    main = text.split(" that ", 1)[0]
    named = named or _PERSONAL.match(text) is not None
    if (personal and talk and _PLAN.search(main)) or (
        named and not talk and _WILL.search(main[:60])
    ):
        return "plan"
    if personal and talk and future and time is not None and time.start is not None:
        return "plan"
    if _elided(words(text[:40])):
        return "experience"
    if (personal or talk or named) and _happened(text, talk=talk or personal):
        return "experience"
    return "world"


def _likes(text: str) -> bool:
    if _WISH.search(text):
        return False
    return _PREFERENCE.search(_LIKE_PREPOSITION.without(text)) is not None


def _happened(text: str, *, talk: bool) -> bool:
    if _STATE.search(text):
        return False
    if _USED_TO.search(text):
        return True
    if _is_perfect(text):
        return True
    tokens = words(text)
    verb = _main_verb(tokens)
    if verb is None:
        return False
    word = tokens[verb]
    if word in ("was", "were", "had", "wasn't", "weren't", "didn't", "couldn't", "did"):
        return talk
    return verbforms.is_past(word) and word not in verbforms.BASES - verbforms.PAST


def _elided(tokens: list[str]) -> bool:
    """Whether a note leaves its subject out: ``Met with the plumber``."""
    if len(tokens) < 2 or tokens[0] in verbforms.BASES or tokens[0] not in verbforms.PAST:
        return False
    return tokens[1] in _AFTER_VERB


def _is_perfect(text: str) -> bool:
    perfect = _PERFECT.search(text)
    verb = perfect["verb"].lower() if perfect else ""
    return (
        verb == "been" or verb in verbforms.PARTICIPLES or (len(verb) > 4 and verb.endswith("ed"))
    )


def _main_verb(tokens: list[str]) -> int | None:
    """The first verb after the subject; a leading verb where the subject is left out."""
    if tokens and verbforms.is_past(tokens[0]):
        return 0
    at = first_verb(tokens, 1)
    while at is not None and (
        tokens[at - 1] in ("to", "the", "a", "an", "my") or is_adverb(tokens[at])
    ):
        at = first_verb(tokens, at + 1)
    return at
