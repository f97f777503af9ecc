"""Text of documents as Markdown that says the same and does nothing."""

from __future__ import annotations

import re

# What is not seen: controls, marks that turn the direction of writing, tags. The joiners that
# emoji and some scripts need stay. White space among the controls is left to `plain`.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\ufeff\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_ACTIVE = re.compile(
    r"""
      [\\`*\[\]|~$^@]            # code, emphasis, links, tables, math, block ids, mail addresses
    | <                          # HTML
    | & (?= \#? \w+ (?:;|\Z) )   # entities
    | _+                         # emphasis, unless inside a word
    | \#                         # headings and tags, unless after a letter: C#
    | = (?==) | (?<==) =         # highlights and underlines of headings
    | % (?=%) | (?<=%) %         # comments
    | : (?=[^\s\d])              # addresses that become links
    | (?i:(?<=www)|(?<=ftp)) \. (?=\w)
    """,
    re.VERBOSE,
)
_OPENING = re.compile(r"[-+>=]|(\d{1,9})[.)](?=\s|\Z)")
"""What makes a list, quote or rule at the beginning of a line."""

_ENTITIES = {"<": "&lt;", "&": "&amp;", "%": "&percnt;"}
_CUT = "\u2026"


def plain(text: str) -> str:
    """The text on one line, without what cannot be seen."""
    return " ".join(_UNSEEN.sub("", text).split())


def escape(text: str) -> str:
    """Markdown that shows the text, on one line, in any place inside a line.

    No tag, link, image, heading, list, table, code, footnote, formula, comment or block id comes
    of it, neither in CommonMark nor in what GitHub and Obsidian add to it.
    """
    return inert(plain(text))


def inert(part: str, *, opens: bool = True, before_link: bool = False) -> str:
    """`escape` for a part of a plain text, which keeps the spaces around it.

    Args:
        part: The part.
        opens: Whether a line or list item may begin with it.
        before_link: Whether a link follows at once, which ``!`` would make an image.
    """
    shown = _ACTIVE.sub(_escaped, part)
    if opens and (opening := _OPENING.match(shown)):
        at = opening.end(1) if opening[1] else 0
        shown = f"{shown[:at]}\\{shown[at:]}"
    return shown[:-1] + r"\!" if before_link and shown.endswith("!") else shown


def shortened(text: str, characters: int) -> str:
    """The plain text, cut at a word where it is longer."""
    text = plain(text)
    if len(text) <= characters:
        return text
    return text[: characters - 1].rsplit(" ", 1)[0] + _CUT


def _escaped(match: re.Match[str]) -> str:
    found = match[0]
    if found in _ENTITIES:
        return _ENTITIES[found]
    text, start, end = match.string, match.start(), match.end()
    if found[0] == "_" and _letter(text, start - 1) and _letter(text, end):
        return found
    if found == "#" and _letter(text, start - 1):
        return found
    return "".join("\\" + char for char in found)


def _letter(text: str, at: int) -> bool:
    return 0 <= at < len(text) and text[at].isalnum()
