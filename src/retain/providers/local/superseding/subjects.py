"""Whom or what a fact is about, made comparable."""

from __future__ import annotations

import re

from retain.english.wordlists import CAPITAL, word_set
from retain.memory.ports import Canonical

_ARTICLE = re.compile(r"(?:the|a|an|our|my|new|current) (?=\S)")
_END = re.compile(
    r"(?: (?:and others|usually|normally|now|currently|still|also|officially|was|were|is|are|has"
    r"|have|been|got|will)){1,6}$"
)
_NONE = word_set("it this that these those he she they his her their its who which there")

_SUBJECT = re.compile(
    r"(?:(?:The|the|My|my|Our|our) (?:new )?[\w'.&/ -]{2,60}"
    rf"|{CAPITAL}[\w'.&/-]*(?: [\w'.&/-]+){{0,7}})$"
)
_PERSON = re.compile(
    r"(?!(?:The|Our|My|Project|Release|Version|Phase|Sprint|Invoice|Order|Ticket|Task|Issue|Team"
    r"|Server|Room|Building|Route|Line|Flight|Station|Operation|Plan|Shop|Store|Hotel) )"
    r"[^\W\d_]+(?: [A-Z][^\W\d_]+)?$"
)
_NO_SUBJECT = re.compile(
    r"\b(?:which|who|that|if|when|because|there|it|this|these|those|and|but|or|not|never|only|each"
    r"|every|some|any|most|many|what|where|how|today's|next|same|other|another|one"
    r"|can|could|may|might|must|should|would|to)\b"
    r"|^(?:He|She|They|We|You|I|In|On|At|For|After|Before|Since|While|Perhaps|Maybe|Almost|For)\b",
    re.IGNORECASE,
)


def tells_of(subject: str) -> bool:
    """Whether the words before a verb name one thing or person, and nothing else."""
    return bool(_SUBJECT.match(subject)) and not _NO_SUBJECT.search(subject)


def may_be_person(subject: str) -> bool:
    """Whether the subject is a name that could be somebody's."""
    return _PERSON.match(subject) is not None


def comparable(subject: str | None, canonical: Canonical) -> str | None:
    """The canonical name without case, article and adverbs; None if there is no subject.

    Args:
        subject: As a fact tells it.
        canonical: Looks up names.
    """
    if not subject:
        return None
    subject = " ".join(subject.split())
    known = canonical(subject)
    if known is not None:
        return known.casefold()
    owner, possessive, owned = subject.partition("'s ")
    if possessive and (named := canonical(owner)) is not None:
        subject = f"{named}'s {owned}"
    known = canonical(subject.removesuffix(" and others"))
    bare = _END.sub("", subject.casefold()) if known is None else known.casefold()
    while known is None and (article := _ARTICLE.match(bare)):
        bare = bare[article.end() :]
    return None if bare in _NONE or not bare else bare


class Lookups:
    """Looks up canonical names, and remembers which names were asked for.

    Args:
        canonical: What knows the names.
    """

    def __init__(self, canonical: Canonical) -> None:
        self.asked: dict[str, str | None] = {}
        self._canonical = canonical

    def __call__(self, name: str) -> str | None:
        if name not in self.asked:
            self.asked[name] = self._canonical(name)
        return self.asked[name]
