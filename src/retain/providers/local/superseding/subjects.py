"""Whom or what a fact is about, made comparable."""

from __future__ import annotations

import re
from collections.abc import Mapping

from retain.providers.local.wordlists import word_set

_ARTICLE = re.compile(r"(?:the|a|an|our|my|new|current) (?=\S)")
_END = re.compile(
    r"(?: (?:and others|usually|normally|now|currently|still|also|officially|was|were|is|are|has"
    r"|have|been|got|will))+$"
)
_NONE = word_set("it this that these those he she they his her their its who which there")


def comparable(subject: str | None, names: Mapping[str, str]) -> str | None:
    """The canonical name without case, article and adverbs; None if there is no subject.

    Args:
        subject: As a fact tells it.
        names: Alias to canonical name.
    """
    if not subject:
        return None
    subject = " ".join(subject.split())
    known = names.get(subject)
    if known is not None:
        return known.casefold()
    owner, possessive, owned = subject.partition("'s ")
    if possessive and owner in names:
        subject = f"{names[owner]}'s {owned}"
    bare = _END.sub("", subject.casefold())
    while article := _ARTICLE.match(bare):
        bare = bare[article.end() :]
    bare = names.get(subject.removesuffix(" and others"), bare).casefold()
    return None if bare in _NONE or not bare else bare
