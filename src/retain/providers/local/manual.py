"""What of a manual is true of its subject, and not of an example or a page of the manual alone."""

from __future__ import annotations

import re

from retain.english import verbforms
from retain.english.anycase import AnyCase
from retain.english.wordlists import TUTORIAL_WE, word_set
from retain.providers.local.words import is_adverb, words

_WE = AnyCase(TUTORIAL_WE)
_POINTING = AnyCase(
    r"\b(?:this|these|those|such) (?!(?:year|month|week|day|is why|means)\b)[a-z]+"
    r"|\bdoing (?:this|so)\b"
    r"|\b(?:the|an?) (?:above|below|following|preceding|resulting|corresponding) "
)
# Of an example: its error, its output, what was just done.
_EXAMPLE = re.compile(
    r"(?:the|your) (?:\w+ ){0,2}?(?:errors?|error messages?|warnings?|messages?|output|outputs|code"
    r"|example|examples|results?|text|line|lines|snippet|listing|returned value|return value of"
    r"|call to|calls to|final|first|second|third|last|other|rest of|body of|signature of|program"
    r"|test|tests|app|application|project)\b"
    r"(?! (?:type|types|code|trait|loop|class|option|suite|runner|block|function|that is|editor)\b)"
    r"|(?:after|before|when|if|once|by) (?:you(?:'ve)? )?(?:run|ran|running|compile|compiling|build"
    r"|open|opening|execute|making|made|make|saving|save|create|created)\b"
    r"|(?:with|without) (?:this|these|those|that|the) (?:change|changes|code|line|lines|setup)\b"
    r"|you should (?:now |also )?(?:get|see|have|find|be)\b"
    r"|if you see\b|[^,]{3,60} again$"
    r"|if [^,]{2,40} did \w+,|another way\b|an? (?:better|simple|simpler|good|possible) (?:way"
    r"|option"
    r"|alternative|solution|approach)\b",
    re.IGNORECASE,
)
_BEHIND_PARTICIPLE = word_set("by from in with to on as using for at of inside before after")
_THEN = re.compile(r"(?:the|an?) [\w' ]{2,30} (?:then|also|again|still|now)\b", re.IGNORECASE)
_VARIABLE = re.compile(r"(?<![\w'.<:-])'?[b-hj-z](?![\w'.:>+#-])")
_FOR_YOU = re.compile(
    r"\b(?:congratulations|well done|we (?:want|hope|'ll|will|'ve|have|recommend)\b.*\byou)\b"
)
_SHOWS = re.compile(
    r"\bshould (?:now |also )?(?:show|see|print|display|look like|get)\b|\bwill print\b|\bprints\b"
)
_PRONOUN = re.compile(r"(?:it|they|its|their)\b", re.IGNORECASE)
_YEAR = re.compile(r"\b[12]\d{3}\b")
_NEAR = 70


def addresses_reader(clause: str) -> bool:
    """Whether the writers of a manual speak to its reader of what they do."""
    return _FOR_YOU.search(clause) is not None


def lasts(clause: str) -> bool:
    """Whether the clause of a manual is clear and true beside its example."""
    if _WE.search(clause) or not clause[:1].isupper():
        return False
    if _SHOWS.search(clause) or _PRONOUN.match(clause):
        return False
    if _POINTING.search(clause[:_NEAR]) or _EXAMPLE.match(clause) or _THEN.match(clause):
        return False
    return not (_VARIABLE.search(clause) or _narrates(clause))


def _narrates(clause: str) -> bool:
    """Whether it tells what happened in an example; what happened in a year did happen."""
    tokens = [word for word in words(clause[:80]) if not is_adverb(word)]
    if _YEAR.search(clause):
        return False
    places = (2, 3) if tokens[:1] == ["the"] else (1, 2)
    return any(_is_told(tokens[at : at + 2]) for at in places)


def _is_told(tokens: list[str]) -> bool:
    if len(tokens) < 2 or tokens[1] in _BEHIND_PARTICIPLE:
        return False
    past = tokens[0] in verbforms.PAST and tokens[0] not in verbforms.BASES
    return past or tokens[0] in ("was", "were", "didn't", "did", "had")
