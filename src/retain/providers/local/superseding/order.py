"""When facts hold: which of two is later, and which tell of the past only."""

from __future__ import annotations

import re
from datetime import timedelta
from math import inf

from retain.memory.model import Fact, Timing
from retain.memory.moments import as_written, offset_of

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
    if of_a_date or fact.moment is None or fact.occurred_end is None:
        return False
    return fact.occurred_end < as_written(fact.moment)


def corrects(fact: Fact) -> bool:
    """Whether the fact says of itself that it corrects what was said before."""
    return CORRECTION.search(fact.text) is not None or CORRECTION.search(fact.quote) is not None


def timing(source_id: str, fact: Fact, *, of_a_date: bool = False, weak: bool = False) -> Timing:
    """When the fact was said and from when on it holds.

    Args:
        source_id: Its source.
        fact: The fact.
        of_a_date: Whether what it tells is a date, which says nothing of when it holds.
        weak: Whether it supersedes nothing.
    """
    said = fact.moment.timestamp() if fact.moment else -inf
    ended = None
    if fact.occurred_end is not None:
        # Its midnight is that of whoever says so.
        ahead = offset_of(fact.moment) if fact.moment else timedelta()
        ended = (fact.occurred_end - ahead).timestamp()
    changed = ended if ended is not None and _CHANGES.search(fact.text[:_MAIN_CHARS]) else None
    reach = said if ended is None else min(said, ended)
    return Timing(
        fact_id=fact.fact_id,
        source_id=source_id,
        said=said,
        start=fact.start,
        end=fact.end,
        reach=-inf if weak else inf if of_a_date or said == -inf else reach,
        since=inf if said == -inf else said if changed is None else min(said, changed),
        changed=None if of_a_date else changed,
        corrects=corrects(fact),
    )


def is_later(new: Timing, old: Timing) -> bool:
    """Whether `new` holds from a later time than `old`.

    Where both were said at the same time of one source, or at no known time, only what corrects
    itself or tells of a later event is later.
    """
    if new.reach == -inf:
        return False
    if new.said != old.said:
        return new.said > old.said and new.reach > old.since
    if new.source_id != old.source_id:
        return False
    if new.changed is not None and old.changed is not None:
        return new.changed > old.changed
    return new.corrects and (new.start, new.end) > (old.start, old.end)
