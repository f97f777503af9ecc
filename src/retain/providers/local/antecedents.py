"""Whom or what a pronoun at the head of a clause stands for, where only one thing can be meant."""

from __future__ import annotations

import re

from retain.english import verbforms
from retain.english.wordlists import KIN, word_set
from retain.providers.local.words import NAME, first_verb, is_adverb, leading_name, words

_KIN = "|".join(sorted(KIN.split(), key=len, reverse=True))
_PRONOUN = re.compile(
    r"(?P<who>he|she|it|they|his|her|its|their)(?P<short>'s)?(?= [a-z`\d])", re.IGNORECASE
)
_SOMEBODY = re.compile(
    rf"\b(?P<whose>[Mm]y|[Oo]ur|[Aa]n?) (?P<what>(?:[a-z-]+ ){{0,2}}?(?:{_KIN}|puppy|kitten|parrot"
    rf"|rabbit|horse|turtle|hamster)\b)(?:,? (?:(?:named|called) )?(?P<name>{NAME}))?"
)
_THING = re.compile(r"(?:The|the|A|a|An|an|My|my|Our|our)(?: [\w'&-]+){1,4}")
_FRONTED = re.compile(
    r"(?:(?:in|on|at|by|since|after|during|last|next|this)\b[^,]{1,40}, )", re.IGNORECASE
)
_AT_FRONT = re.compile(
    r"(?:in|on|at|by|since|after|during|last|next|every|one) [^,.]{1,40}?,? (?=(?:he|she) [a-z])",
    re.IGNORECASE,
)
_IN_HIS = re.compile(r"(?:In|On|At|From|Under|With) (?:his|her|their) [a-z]")
_IMPERSONAL = re.compile(
    r"(?:'s| is| isn't| was| will be| would be| can be| may be| might be)?(?: \w+ly| not| also"
    r"| often)*"
    r" (?:possible|impossible|important|clear|common|easy|easier|hard|harder|better|best|good|bad"
    r"|worth"
    r"|likely|necessary|useful|helpful|tempting|nice|up to|time|seems?|turns? out|takes?"
    r"|looks? like"
    r"|depends|rains?|snows?|doesn't (?:seem|matter|look|take|make)|should|happens?"
    r"|makes? sense)\b",
    re.IGNORECASE,
)
_SHE = word_set(
    "mother mom mum mama sister daughter wife girlfriend fiancée grandmother grandma gran granny "
    "aunt niece stepdaughter"
)
_HE = word_set(
    "dad father papa brother son husband boyfriend fiancé grandfather grandpa uncle nephew stepson"
)
# "Finch's daughter, Clara, brought", "Captain Rourke, who had ..., lived".
_APPOSED = re.compile(
    rf"(?:{NAME}'s (?:{_KIN}), (?P<name>{NAME}),|(?P<who>{NAME}), who [^,.]{{1,80}},) [a-z]"
)
_IS_NAMED = re.compile(
    rf"(?:The|Our|My|His|Her|Their)(?: [\w-]+){{1,4}} (?:is|was) (?P<name>{NAME})[.!]?$"
)
_PERSONAL = word_set("he she his her")
_POSSESSIVE = word_set("his her its their")
_MAX_WORDS = 4


class Antecedents:
    """What the clauses of a paragraph, in their order, have named last."""

    def __init__(self) -> None:
        self._person: str | None = None
        self._thing: str | None = None

    def seen(self, clause: str) -> None:
        """Take note of what the clause names."""
        if _PRONOUN.match(clause):
            return
        self._person, self._thing = _somebody(clause), _thing(clause)

    def points(self, clause: str) -> bool:
        """Whether somebody or something that nothing names is the subject of the clause."""
        if _IN_HIS.match(clause):
            return True
        match = _PRONOUN.match(clause, _begin(clause))
        return match is not None and match["who"].lower() in _PERSONAL | {
            "they",
            "their",
            "it",
            "its",
        }

    def named(self, clause: str) -> str | None:
        """The clause with a name for the pronoun at its head; None if it is not clear which."""
        begin = _begin(clause)
        match = _PRONOUN.match(clause, begin)
        if match is None:
            return None
        who, rest = match["who"].lower(), clause[match.end() :]
        found = self._person if who in _PERSONAL else self._thing
        if found is None or not _agrees(found, who, rest):
            return None
        if who in _POSSESSIVE:
            found += "'" if found.endswith("s") and found[0].islower() else "'s"
        elif match["short"]:
            perfect = words(rest[:40])[:1]
            found += " has" if perfect and verbforms.is_past(perfect[0]) else " is"
        return clause[:begin] + (found if begin else found[:1].upper() + found[1:]) + rest


def _begin(clause: str) -> int:
    """Where the clause begins behind a time or a place in front of it."""
    fronted = _AT_FRONT.match(clause)
    return fronted.end() if fronted else 0


def _somebody(clause: str) -> str | None:
    """The one person, or animal, whom the clause names beside its speaker."""
    found = {_described(match) for match in _SOMEBODY.finditer(clause)}
    if apposed := _APPOSED.match(clause):
        found = {apposed["name"] or apposed["who"]}
    elif name := _acting(clause):
        found.add(name)
    elif not found and (told := _IS_NAMED.match(clause)):
        found.add(told["name"])
    return found.pop() if len(found) == 1 else None


def _described(match: re.Match[str]) -> str:
    whose = "the" if match["whose"].lower() in ("a", "an") else match["whose"].lower()
    return f"{whose} {match['what']}" + (f" {match['name']}" if match["name"] else "")


def _acting(clause: str) -> str | None:
    name = leading_name(clause)
    if name is None or name.endswith(("ing", "ly", "'s")) or name in ("I", "We"):
        return None
    following = words(clause[len(name) : len(name) + 40])
    while following and is_adverb(following[0]):
        following = following[1:]
    return name if following and verbforms.is_finite(following[0]) else None


def _thing(clause: str) -> str | None:
    """The short subject of the clause, where it is a thing with an article or an owner."""
    fronted = _FRONTED.match(clause)
    clause = clause[fronted.end() :] if fronted else clause
    match = _THING.match(clause)
    if match is None:
        return None
    tokens = match[0].split(" ") + clause[match.end() :].split(" ")[1:2]
    lower = [token.lower().strip(".,;:") for token in tokens]
    verb = first_verb(lower, 2)
    if verb is None or verb > _MAX_WORDS or not _is_main(lower[verb], clause):
        return None
    if "," in " ".join(tokens[:verb]) or lower[1].endswith("ing"):
        return None
    if verb > 2 and tokens[verb - 1][:1].isupper() and tokens[verb - 2][:1].islower():
        return None
    while verb > 2 and is_adverb(lower[verb - 1]):
        verb -= 1
    subject = tokens[:verb]
    if any(word in ("of", "in", "that", "and", "or", "to", "for") for word in lower[:verb]):
        return None
    first = "the" if lower[0] in ("a", "an") else lower[0]
    return " ".join([first, *subject[1:]])


def _is_main(word: str, clause: str) -> bool:
    """Whether the word is hardly a noun, nor a participle that describes one."""
    if _sure_verb(word):
        return True
    return verbforms.is_past(word) and not any(map(_sure_verb, words(clause)))


def _sure_verb(word: str) -> bool:
    return verbforms.is_auxiliary(word) or word in verbforms.THIRD or word in verbforms.SIMPLE_PAST


def _agrees(found: str, who: str, rest: str) -> bool:
    last = found.rsplit(" ", 1)[-1].lower()
    tokens = set(found.lower().split(" "))
    if who in ("he", "his"):
        return not tokens & _SHE
    if who in ("she", "her"):
        return not tokens & _HE
    plural = last.endswith("s") and not last.endswith(("ss", "us", "is"))
    if who in ("they", "their"):
        return plural
    if tokens & (_SHE | _HE) or plural:
        return False
    if who == "it" and _IMPERSONAL.match(rest):
        return False
    following = words(rest[:40])
    while following and is_adverb(following[0]):
        following = following[1:]
    return who == "its" or bool(following and verbforms.is_finite(following[0]))
