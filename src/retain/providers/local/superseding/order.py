"""When facts hold: which of two is later, and which tell of the past only."""

from __future__ import annotations

import re
from datetime import datetime

from retain.memory.model import Fact
from retain.providers.local.superseding.facts import Dated

CORRECTION = re.compile(
    r"\b(?:actually|correction|no,? wait|i meant|i mean|scratch that|to correct|no longer"
    r"|in fact|i was wrong|my mistake|sorry)\b|\bany ?more\b|\bnot [^,.;]{1,40}?,? but\b",
    re.IGNORECASE,
)
_CHANGES = re.compile(
    r"\b(?:moved|relocated|emigrated|joined|start(?:ed|ing)|got|became|turned|married|divorced|quit"
    r"|left|resigned|retired|changed|switched|broke|split|hired|promoted|rose|raised|went|gone|fell"
    r"|dropped|increased|reduced|cut|cancell?ed|called off|postponed|rescheduled|pushed|put off"
    r"|adopted|bought|sold|completed|finished|closed|opened|repaired|fixed|no longer|stopped)\b"
)
_PAST = re.compile(
    r"\b(?:used to|formerly|previously|former|ex-\w+|back then|at the time|in those days)\b"
    r"|\b(?<!is )(?<!are )(?:lived|worked|studied|spoke|owned|preferred|dated)\b"
    r"|\b(?:had|has had) (?!to |been |gone )"
    r"|\b(?:was|were) (?!(?:now |just |finally |recently )?(?!married|engaged|employed|based"
    r"|located|scheduled|planned|priced|interested|divorced|separated|closed|supposed)"
    r"(?:\w+(?:ed|ut|oken)|brought|set|given|taken|made|sold)\b)",
    re.IGNORECASE,
)
_NOT_PAST = re.compile(r"\b(?:has|have|had been|'ve) (?:\w+ly )?(?:lived|worked|studied|owned)\b")
_MAIN_CHARS = 90


def is_past(fact: Fact, *, of_a_date: bool) -> bool:
    """Whether the fact tells how something was, and nothing of how it is since.

    Args:
        fact: The fact.
        of_a_date: Whether what it tells is a date itself, which may well lie behind.
    """
    main = fact.text[:_MAIN_CHARS]
    change, past = _CHANGES.search(main), _PAST.search(main)
    if past and not (change and change.start() < past.start()) and not _NOT_PAST.search(main):
        return True
    if change:
        return False
    if of_a_date or fact.mentioned_at is None:
        return False
    return _takes_effect(fact, fact.mentioned_at) < fact.mentioned_at


def corrects(fact: Fact) -> bool:
    """Whether the fact says of itself that it corrects what was said before."""
    return CORRECTION.search(fact.text) is not None or CORRECTION.search(fact.quote) is not None


def may_correct(fact: Fact) -> bool:
    """Whether the fact can be later than one that was said at the same time of the same source."""
    return _happened(fact) is not None or corrects(fact)


def is_later(new: Dated, old: Dated, *, of_a_date: bool = False) -> bool:
    """Whether `new` holds from a later time than `old`.

    Where both were said at the same time of one source, or at no known time, only what corrects
    itself or tells of a later event is later.

    Args:
        new: The fact that would supersede.
        old: The fact that would be superseded.
        of_a_date: Whether what both tell is a date, which says nothing of when they hold.
    """
    mine, yours = new.fact, old.fact
    if mine.mentioned_at != yours.mentioned_at:
        if mine.mentioned_at is None or yours.mentioned_at is None:
            return False
        if mine.mentioned_at < yours.mentioned_at:
            return False
        before = _happened(yours) or yours.mentioned_at
        return of_a_date or _takes_effect(mine, mine.mentioned_at) > min(before, yours.mentioned_at)
    if new.source_id != old.source_id:
        return False
    if not of_a_date and (my_end := _happened(mine)) and (your_end := _happened(yours)):
        return my_end > your_end
    return (mine.start, mine.end) > (yours.start, yours.end) and corrects(mine)


def _happened(fact: Fact) -> datetime | None:
    """When the change that the fact tells of was over; None if it tells of none."""
    return fact.occurred_end if _CHANGES.search(fact.text[:_MAIN_CHARS]) else None


def _takes_effect(fact: Fact, said: datetime) -> datetime:
    """When what it tells began to hold: at its end, where it was over when it was said."""
    return min(said, fact.occurred_end) if fact.occurred_end is not None else said
