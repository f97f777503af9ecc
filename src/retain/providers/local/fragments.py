"""Clauses that tell nothing alone: cut off, the head of a list, or about the page they stand on."""

from __future__ import annotations

import re

from retain.providers.local.worth import lacks_subject

# ``The flags currently defined are: cs`` heads a list, and has no more than its first word.
_LIST_HEAD = re.compile(
    r"\b(?:are|is|were|be|includes?|included|as follows|the following)(?: as follows)?"
    r"(?:: ?\S*(?: \S+)?|, in (?:order|turn))$|\bas follows$",
    re.IGNORECASE,
)
_CUT = re.compile(
    r"(?:\w-|[,;(\[/&]|\b(?:the|an?|of|and|or|from|whose|than|into|its|their))$"
    r"|^[,;:)\]}%=]|^\w\)? ?$",
    re.IGNORECASE,
)
# ``All with no run-time cost``: a quantifier without the noun that it counts.
_UNCOUNTED = re.compile(
    r"(?:all|both|each|some|none|most|many|few|neither|either)"
    r"(?: of (?:them|these|those|which|whom))?"
    r" (?:with|without|in|for|by|at|on|from|under|of (?:which|whom|these|those|them))\b",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(
    r"\bthe (?:latter|former)\b"
    r"(?! (?:(?-i:[A-Z])|president|prime|mayor|minister|chair|head|director))"
    r"|\b(?:in|for) (?:both|either|neither|the (?:first|second|last|other)) cases?\b|respectively$"
    r"|^the (?:other|same|second|first) (?:one|way|thing|reason)\b"
    r"|^(?:make|do|apply|repeat|use) the same\b|\b(?:stated|given|noted|defined) above\b",
    re.IGNORECASE,
)
_PART = (
    r"(?:figures?|figs?\.|tables?|tabs?\.|sections?|sects?\.|eqs?\.|equations?|algorithms?"
    r"|appendix)"
)
# Of a page: references to its figures and tables, its header, its table of contents.
_OF_PAGE = re.compile(
    rf"^{_PART} ?\(?[\dA-Z][\d.]*\)?[:.]? (?:shows?|lists?|compares?|gives?|presents?|reports?"
    r"|summari[sz]es?|illustrates?|depicts?|plots?|contains?|describes?|details?)\b"
    rf"|(?:\b(?:see|in|from|by|as)|\() ?{_PART} ?\(?\d"
    r"|(?:\. ?){4}|\barxiv:\d|\bdoi[:.]\d|\bdoi\.org/|\ball rights reserved\b|^copyright\b"
    r"|^(?:\u00a9|\(c\) )|^(?:left|right|top|bottom|caption|abstract|keywords|index terms):"
    r"|^(?:proceedings of|preprint|under review|manuscript|accepted (?:to|at|by))\b|^page \d+",
    re.IGNORECASE,
)
# What a reference says of a function whose name stands above.
_UNNAMED = re.compile(
    r"(?:returns?|usage|synopsis|syntax|parameters?|arguments?|raises|throws|yields|example"
    r"|see also)(?: value)?:|(?:function|method|pointer|macro) (?:used |that |which |to )",
    re.IGNORECASE,
)
_NOTHING_CAME = re.compile(
    r"no (?:\w+ )?(?:decisions?|actions?|action items|conclusions?|agreements?|votes?|objections?"
    r"|questions?|comments?|updates?|business|consensus) (?:was|were|has been|have been|had been)"
    r" (?:made|taken|reached|raised|given|recorded|agreed|noted|passed)$",
    re.IGNORECASE,
)
_ASKED = re.compile(
    r", (?:[A-Z][\w'-]+(?: [A-Z][\w'-]+)?|he|she|they|I) (?:asked|asks|wondered|wonders)$"
)
# ``I bought mine on Amazon``: only somebody else has said of what.
_OWN_ONE = re.compile(
    r"(?<!of )(?<!is )(?<!are )(?<!was )(?<!be )(?<!gold )(?<!coal )"
    r"\b(?:mine|yours|ours|hers|theirs)\b"
)
_SEARCHED = (_LIST_HEAD, _CUT, _ELSEWHERE, _OF_PAGE, _ASKED, _OWN_ONE)
_MATCHED = (_UNCOUNTED, _UNNAMED, _NOTHING_CAME)
_DASHES = ("\u2014", "\u2013", " -")


def is_fragment(text: str) -> bool:
    """Whether a clause tells nothing without what stands beside it."""
    text = text.strip().rstrip(".!").rstrip()
    return any(one.search(text) for one in _SEARCHED) or any(one.match(text) for one in _MATCHED)


def goes_on_behind_dash(text: str, start: int) -> bool:
    """Whether what begins there has its subject before a dash: ``Order fields — prevents bugs``."""
    if not text[max(start - 3, 0) : start].rstrip().endswith(_DASHES):
        return False
    return lacks_subject(text[start : start + 1].upper() + text[start + 1 : start + 40])
