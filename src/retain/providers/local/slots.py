"""What a clause tells of its subject, where a pattern knows: slot and value."""

from __future__ import annotations

import re
from dataclasses import dataclass

from retain.providers.local.personslots import PERSON_RULES
from retain.providers.local.thingslots import KIN_IS, KIN_OF, LABEL, THING_RULES
from retain.providers.local.wordlists import word_set
from retain.providers.local.words import may_be_subject, straight

_FRONTED = re.compile(
    r"^(?:(?:(?:Last|Next|This|In|On|At|Since|After|During|A few|Two|Three|Back in"
    r"|Just) [^,]{1,30}?"
    r"|Yesterday|Today|Tomorrow|Recently|Personally|Now|Currently),? )(?=[A-Z]|the user)"
)
_EMPTY_VALUES = word_set("it that this them you me him her us there here one so")
_MAX_CHARS = 300
_CUES = re.compile(
    r"\b(?:liv|mov|relocat|emigrat|resid|bas|work|employ|join|start|job|hired|born"
    r"|marri|engaged|dating"
    r"|allergic|speak|fluent|visit|travel|went|been to|from|stud|major|prefer|hat"
    r"|dislik|detest|loath"
    r"|stand|like|lov|enjoy|ador|fan of|fond|keen|into|crazy|obsessed|passionate|own"
    r"|possess|has|have"
    r"|is|am|are|was|years old|turn|favou?rite|deadline|due|status|begin|open|end"
    r"|finish|expire|close|cost|pric|comes)|:",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Slot:
    """One thing that a clause tells of somebody or something.

    Args:
        name: What.
        value: What it is.
        subject: Of whom or what.
    """

    name: str
    value: str
    subject: str | None


def find_slot(text: str) -> Slot | None:
    """The slot that the clause fills, its first person resolved."""
    text = _FRONTED.sub("", text[:_MAX_CHARS].rstrip(" .!"))
    if not _CUES.search(text):
        return None
    if label := LABEL.match(text):
        return Slot(label["of"].lower(), label["value"], None)
    if kin := KIN_IS.match(text):
        return Slot(kin["kin"].lower(), kin["value"], kin["subject"])
    for name, pattern in THING_RULES:
        match = pattern.match(text)
        if match and may_be_subject(match["subject"] or "the"):
            of = f" {match['of'].lower()}" if name == "favourite" else ""
            return Slot(name + of, _value(match["value"]), match["subject"])
    for name, pattern in PERSON_RULES:
        match = pattern.match(text)
        if match and may_be_subject(match["subject"]):
            value = _value(match["value"])
            if straight(value) in _EMPTY_VALUES:
                return None
            negated = name.startswith("not ")
            return Slot(
                name.removeprefix("not "), f"not {value}" if negated else value, match["subject"]
            )
    return None


def relative_of(text: str) -> tuple[str, str, str] | None:
    """``(owner, kin, name)`` where the clause names somebody's relative or friend."""
    match = KIN_OF.match(text)
    return (match["owner"], match["kin"].lower(), match["name"]) if match else None


def _value(value: str) -> str:
    return value.strip(" .,'\"")
