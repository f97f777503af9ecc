"""Quotations in running text: whose words they are, and whether they are speech at all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from retain.english.wordlists import REPORTING_VERBS, word_set
from retain.providers.local.words import NAME, has_verb, is_name, words

MASK = "\u02bd"
"""Stands for each character of a quotation while the sentence around it is read: a letter that no
text holds, so that no rule reads what somebody else said."""

_MASKED = re.compile(f"{MASK}+")
_CLOSERS = {
    '"': '"', "\u201c": '\u201d"', "\u201e": '\u201c\u201d"', "\u00ab": "\u00bb",
    "\u2039": "\u203a", "\u300c": "\u300d", "\u300e": "\u300f", "\u2018": "'", "'": "'",
}  # fmt: skip
_OPENER = re.compile(
    r"[\u201c\u201e\u00ab\u2039\u300c\u300e]|\u2018|(?<![\w.,!?;'\"\u2026])[\"'](?=[\w\u2026])"
)
_SINGLE_END = re.compile(r"(?<=[\w.,!?\u2026])'(?!\w)")
_MAX_SINGLE = 1_000
_PERSON = re.compile(r"\b(?:I|[Mm]e|[Mm]y|[Mm]ine|[Ww]e|[Uu]s|[Oo]ur|[Yy]ou|[Yy]our)\b")
_FIRST = re.compile(r"(?:I|[Mm]y|[Ww]e|[Oo]ur)\b")
_END = re.compile(r"[.,!?;\u2026\u2014-]$")
_SENTENCE_END = re.compile(r"[.!?\u2026][\"'\u201d)]*\s+(?=\S)")
_WHO = (
    rf"(?P<who>I|[Ww]e|[Hh]e|[Ss]he|[Tt]hey|[Yy]ou|{NAME}"
    r"|(?:[Mm]y|[Oo]ur|[Hh]is|[Hh]er|[Tt]heir|[Tt]he|[Aa]n?) [\w'-]+(?: [\w'-]+){0,2}?)"
)
_ADVERBS = r"(?: (?:\w+ly|also|then|just|once|only|has|have|had|always|still))*"
_SAYS = rf"(?:{'|'.join(sorted(REPORTING_VERBS.split(), key=len, reverse=True))})"
_VERB = re.compile(rf"\b{_SAYS}\b")
_WHO_BEFORE = re.compile(rf"(?:^|(?<=[\s(,;])){_WHO}{_ADVERBS} $")
_AFTER_VERB = re.compile(r"[^.!?\"\u201c\u201d]{0,60}?[,:]? ?")
_WHOM = _WHO.replace("<who>", "<whom>")
_BEHIND = re.compile(rf",? ?(?:{_WHO}{_ADVERBS} {_SAYS}|{_SAYS} {_WHOM})\b")
_LABEL = re.compile(rf"(?:^|(?<=[.!?] ))(?P<who>{NAME}): ?$")
_COLON = re.compile(rf"\b{_SAYS}\b(?: (?:to )?(?:me|us|him|her|them|{NAME}))?: (?=[\w])")
_LITTLE = word_set("i a an the of in on at to for from by with and or but as is")
# A relative clause hides who speaks, and what is written on a thing is nobody's.
_NO_SPEAKER = word_set(
    "that which who it sign card note letter poster sticker label mug shirt t-shirt banner headline"
    " song lyrics plaque book page post article slide caption message email mail text ad quote line"
    " screen app bot website"
)
_AHEAD, _BEFORE = 100, 160
_MANY_WORDS = 4


@dataclass(frozen=True, slots=True)
class Quote:
    """A quotation.

    Args:
        start: First character inside of the marks.
        end: One past the last.
        who: Whoever says so, as the text around it names him; None if it does not.
        spoken: Whether the words are somebody's speech, and no title or name.
        own: Whether the words tell of whoever says them, or of whoever hears them.
    """

    start: int
    end: int
    who: str | None
    spoken: bool
    own: bool

    @property
    def is_apart(self) -> bool:
        """Whether the sentence around it states nothing beside it: that somebody says so."""
        return self.spoken and (self.own or self.who is None)

    def overlaps(self, start: int, end: int) -> bool:
        """Whether some of it stands between `start` and `end`."""
        return self.start < end and start < self.end


def quotes_in(text: str) -> list[Quote]:
    """The quotations of a paragraph, in their order."""
    found: list[Quote] = []
    for start, end in _spans(text):
        inner = text[start:end]
        who = _who(text, start, end, found[-1] if found else None)
        own = _PERSON.search(inner) is not None
        spoken = _is_speech(text, start, end, attributed=who is not None, own=own)
        found.append(Quote(start, end, who or None, spoken, own))
    if (unmarked := _unmarked(text, found)) is not None:
        found.append(unmarked)
    return found


def reports(text: str) -> bool:
    """Whether there is a verb for saying or writing something."""
    return _VERB.search(text) is not None


def masked(text: str, quotes: Sequence[Quote]) -> str:
    """The text with a mask over each quotation that is more than a word or a name."""
    parts, at = list[str](), 0
    for quote in quotes:
        if not _is_masked(text, quote):
            continue
        end = quote.end - (text[quote.end - 1] in ".,!?\u2026")
        parts += [text[at : quote.start], MASK * (end - quote.start)]
        at = end
    return "".join([*parts, text[at:]]) if parts else text


def unmasked(text: str, around: str, original: str, start: int, end: int) -> str:
    """`text` with the words of quotations in place of their masks.

    Args:
        text: What was made of the words from `start` up to `end` of `around`.
        around: The masked words of the paragraph.
        original: The same words without masks.
        start: First character.
        end: One past the last.
    """
    if MASK not in text:
        return text
    left = [original[one.start() : one.end()] for one in _MASKED.finditer(around, start, end)]

    def words_of(mask: re.Match[str]) -> str:
        same = next((one for one in left if len(one) == len(mask[0])), "\u2026")
        if same in left:
            left.remove(same)
        return same

    return _MASKED.sub(words_of, text)


def _is_masked(text: str, quote: Quote) -> bool:
    inner = text[quote.start : quote.end]
    return quote.spoken or quote.own or (len(words(inner)) >= _MANY_WORDS and has_verb(inner))


def _unmarked(text: str, quotes: Sequence[Quote]) -> Quote | None:
    """What follows ``Ann wrote:`` without any marks, where it tells of whoever wrote it."""
    after = quotes[-1].end if quotes else 0
    colon = _COLON.search(text, after)
    if colon is None or not _FIRST.match(text, colon.end()):
        return None
    who = _named_before(_sentence(text[max(colon.end() - _BEFORE, 0) : colon.end()]))
    return None if who is None else Quote(colon.end(), len(text), who or None, True, True)


def _sentence(lead: str) -> str:
    """The words of the last sentence that has begun."""
    lead = lead.lstrip()
    ends = list(_SENTENCE_END.finditer(lead))
    return lead[ends[-1].end() :] if ends else lead


def _spans(text: str) -> Iterator[tuple[int, int]]:
    at = 0
    while opener := _OPENER.search(text, at):
        start = opener.end()
        end = _closed(text, opener[0], start)
        if end is None:
            at = start
            continue
        if text[start:end].strip():
            yield start, end
        at = end + 1


def _closed(text: str, opener: str, start: int) -> int | None:
    """Where the quotation ends: a double mark that nothing closes holds up to the end."""
    if opener in "'\u2018":
        return _closed_single(text, start)
    ends = (text.find(mark, start) for mark in _CLOSERS[opener])
    return next((end for end in ends if end >= 0), len(text))


def _closed_single(text: str, start: int) -> int | None:
    """An apostrophe behind a plural is none that closes, if another one may be."""
    ends = list(_SINGLE_END.finditer(text, start, start + _MAX_SINGLE))
    best = next((one for one in ends if text[one.start() - 1] in ".,!?\u2026"), None)
    best = best or next((one for one in ends if text[one.start() - 1] != "s"), None)
    best = best or (ends[-1] if ends else None)
    return best.start() if best else None


def _who(text: str, start: int, end: int, before: Quote | None) -> str | None:
    """Who says the words; empty if somebody does whom nothing names."""
    lead = text[max(start - 1 - _BEFORE, 0) : start - 1]
    if (who := _named_before(_sentence(lead))) is not None:
        return who
    behind = _BEHIND.match(text, min(end + 1, len(text)), end + 1 + _AHEAD)
    if behind is not None:
        return _known(behind["who"] or behind["whom"])
    if before is not None and before.who and before.spoken:
        between = text[before.end + 1 : start - 1]
        if not between.strip() or (len(between) < _AHEAD and _continues(between)):
            return before.who
    return None


def _continues(between: str) -> bool:
    """Whether the words between two quotations only tell who speaks."""
    said = _BEHIND.match(between)
    return said is not None and not between[said.end() :].strip(" ,.:")


def _named_before(lead: str) -> str | None:
    if label := _LABEL.search(lead):
        return _known(label["who"])
    for verb in reversed(list(_VERB.finditer(lead))):
        if not _AFTER_VERB.fullmatch(lead, verb.end()):
            return None
        if who := _WHO_BEFORE.search(lead, 0, verb.start()):
            return _known(who["who"])
    return None


def _known(who: str) -> str:
    """The name in what stands before the verb; empty for a pronoun that may mean anybody."""
    if who.lower() in ("he", "she", "they", "we") or _NO_SPEAKER & set(who.lower().split()):
        return ""
    tokens = who.split(" ")
    while tokens and tokens[0][:1].isupper() and not is_name(tokens[0]):
        if tokens[0] in ("I", "My", "Our", "You", "The", "A", "An"):
            break
        tokens = tokens[1:]
    return " ".join(tokens)


def _is_speech(text: str, start: int, end: int, *, attributed: bool, own: bool) -> bool:
    inner = text[start:end]
    if _is_title(inner):
        return False
    if attributed:
        return own or has_verb(f"x {inner}")
    before = text[: start - 1].rstrip()
    alone = not before or before[-1] in '.!?\u2026"\u201d'
    return own or (alone and _END.search(inner) is not None and has_verb(inner))


def _is_title(inner: str) -> bool:
    """Whether every word but the little ones has a capital, as in the name of a book."""
    tokens = [word for word in inner.split() if word.strip(".,!?'").lower() not in _LITTLE]
    return len(tokens) > 1 and not any(word[0].islower() for word in tokens)
