"""Clauses that deny, as the clause that they deny: ``no longer lives in`` as ``lives in``."""

from __future__ import annotations

import re

from retain.english import verbforms
from retain.english.anycase import AnyCase

_DENIAL = AnyCase("n[o']t|no longer|never again|used to|stopped|quit|gave up|given up")
_NO_LONGER = re.compile(r"\b(?:no longer|never again) ", re.IGNORECASE)
_WILL_NOT = re.compile(
    r"\b(?:does not|doesn't|do not|don't) (?P<now>(?:currently |really )?)(?P<verb>\w+)\b"
)
_ANY_MORE = re.compile(r",? any ?more\b", re.IGNORECASE)
_IS_NOT = re.compile(r"\b(?P<be>is|am|are)(?:n't| not)\b")
_USED_TO = re.compile(r"\bused to (?P<verb>\w+)\b")
_STOPPED = re.compile(r"\b(?:has |have )?(?:stopped|quit|gave up|given up) (?P<verb>\w+ing)\b")
_LIKING = frozenset({"like", "love", "enjoy", "want", "need", "know", "think", "believe", "have"})
_INSTEAD = re.compile(
    r"(?: any ?more)?,? but (?:now |rather |only )?(?:(?:he|she|they|it|i|we) )?"
    r"(?:(?:now )?(?:lives?|works?|uses?|likes?|is|are) )?(?:now )?(?:in|at|for|as|with|from|to)? ?"
    r"(?:the |an? )?(?P<value>[\w&'-]+(?: [\w&'-]+){0,3})$"
)
_OTHER_CLAUSE = re.compile(
    r"[;:(]|,(?! but)| (?:because|since|when|if|that|which|who|so|although)\b"
)


def positive(text: str) -> tuple[str, bool]:
    """The clause without its denial, and whether it has one."""
    if not _DENIAL.search(text):
        return text, False
    head = _OTHER_CLAUSE.split(text[:120], maxsplit=1)[0]
    if match := _USED_TO.search(head):
        verb = match["verb"]
        base = "is" if verb == "be" else verbforms.third_person(verb)
        return f"{text[: match.start()]}{base}{text[match.end() :]}", True
    if match := _NO_LONGER.search(head):
        return text[: match.start()] + text[match.end() :], True
    if match := _STOPPED.search(head):
        return f"{text[: match.start()]}is {match['verb']}{text[match.end() :]}", True
    any_more = _ANY_MORE.search(text)
    if match := _WILL_NOT.search(head):
        if match["verb"] in _LIKING and not any_more:
            return text, False
        verb = verbforms.third_person(match["verb"])
        said = text[: match.start()] + match["now"] + verb + text[match.end() :]
        return _ANY_MORE.sub("", said), True
    if (match := _IS_NOT.search(head)) and not re.match(
        r" (?:a (?:big |huge )?fan|fond|keen|into)\b", text[match.end() :]
    ):
        return _ANY_MORE.sub("", text[: match.start()] + match["be"] + text[match.end() :]), True
    return text, False


def but_instead(text: str, end: int) -> str | None:
    """What the clause says instead of what it denies up to `end`: ``but in Faro``."""
    match = _INSTEAD.match(text, end)
    return match["value"] if match else None
