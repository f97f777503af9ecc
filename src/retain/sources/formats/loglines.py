"""Chats with a message a line, as phones, meetings and IRC save them, and plain dialogues."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone, tzinfo

from retain.dates.sources import find_moment
from retain.sources.decoded import DecodedText
from retain.sources.drafts import Draft, Outline, check_count
from retain.sources.formats.base import Sample, SourceText
from retain.sources.lines import spans_of_lines
from retain.sources.transcript import is_name, may_speak

_CLOCK = r"(?P<clock>\d{1,2}:\d{2}(?::\d{2})?(?:\.\d{1,3})?(?:[ \u202f\u00a0]?[AaPp]\.?[Mm]\.?)?)"
_DAY = r"(?P<day>\d{1,4}[./-]\d{1,2}[./-]\d{1,4})"
_WHO = r"(?P<name>[^:\n\r]{1,60}?)"
# WhatsApp on phones of either kind; a left-to-right mark may stand before the bracket.
_DATED = re.compile(
    rf"[\u200e\ufeff]?\[?{_DAY},?[ \u202f]{_CLOCK}\]?(?:[ ]-)?[ ](?:[\u200e]?{_WHO}:[ ]?)?(?=\S|$)"
)
# As WeeChat and other programs log IRC: a date before the nick.
_DATED_NICK = re.compile(rf"\[?{_DAY}[ T]{_CLOCK}\]?[ \t]+<[@+% ]?(?P<nick>[^<>\n]{{1,40}})>[ ]")
# ``[00:01:02] Ana: …``, ``10:15:03 From Ana to Everyone: …``, ``[10:15] <ana> …``.
_TIMED = re.compile(
    rf"[\[(]?{_CLOCK}[\])]?[ \t]+(?:From[ ])?(?:<[@+ ]?(?P<nick>[^<>\s]{{1,40}})>|{_WHO}:)(?:[ ]|$)"
)
# The name and the time on a line of their own, as Otter, Teams, Zoom and Rev write them.
_HEADED = re.compile(
    r"(?:(?P<name>[^\W\d_][^:\n\r\t\[\](){}]{0,59}?)(?:[ ]{2,20}|\t)"
    r"|(?P<rev>[^\W\d_][^:\n\r\[\]()]{0,59}?)[ ]?[(\[](?=\d)"
    rf"|\[(?P<zoom>[^\[\]\n\r]{{1,60}})\][ ]){_CLOCK}[)\]]?:?[ \t]*$"
)
_TRANSCRIBER = re.compile(r"(?:Transcribed|Recorded|Generated) (?:by|with) \S{1,100}$")
_SAID = re.compile(rf"{_WHO}:[ \t]+(?=\S)")
_TO = re.compile(
    r"(?<![ ])[ ]++[Tt]o[ ]++(?:Everyone|All|[^:\n]{1,40}\((?:Direct Message|Privately)\)).{0,40}$"
)
_ORDER = re.compile(r"(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})")
_MEDIA = ("image", "video", "audio", "sticker", "gif", "document")
_LEFT_OUT = frozenset(["<media omitted>", *(f"{kind} omitted" for kind in _MEDIA)])
_SENTENCE = re.compile(r"\S+\s+\S+\s+\S.*[.!?…]\W{0,5}$", re.DOTALL)
_FIRST_PERSON = re.compile(r"\b(?:I|my|me|we|our)\b")
_SAMPLE_LINES = 200


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a log: who says it, when, and where the words are."""

    speaker: str | None
    day: str | None
    clock: str | None
    start: int
    end: int


class ChatLog:
    """WhatsApp exports, IRC logs, saved meeting chats, and transcripts of ``Name: text`` lines."""

    name = "log"
    suffixes = frozenset({".log"})

    def detect(self, sample: Sample) -> bool | None:
        if sample.suffix in (".md", ".markdown") or sample.begins in ("#", "<"):
            return False
        lines = list(_lines(sample.text, _SAMPLE_LINES))
        spoken = [one for one in lines if one is not None and one.speaker is not None]
        if not spoken:
            return False
        headed = [one for one in spoken if one.start == one.end and one.day is None]
        if len(headed) >= 2:
            return 4 * len(headed) >= len(lines) and headed[0] in lines[:3]
        dated = [one for one in spoken if one.clock is not None]
        if len(dated) >= 2 or (len(dated) == 1 and len(lines) <= 2):
            return 2 * len(dated) >= len(lines) or dated[0] == next(filter(None, lines), None)
        names = Counter(one.speaker for one in spoken)
        known = all(may_speak(name or "") and is_name(name or "") for name in names)
        if not known or len(spoken) != len(lines):
            return False
        said = [sample.text[one.start : one.end] for one in spoken]
        if len(names) == 1:
            return len(said) == 1 and bool(_FIRST_PERSON.search(said[0]))
        sentences = sum(bool(_SENTENCE.match(one)) for one in said)
        return max(names.values()) > 1 or 5 * sentences >= 4 * len(said)

    def read(self, source: SourceText) -> Outline:
        decoded, passed, drafts = DecodedText(source.text), Counter[str](), list[Draft]()
        month_first = _month_first(source.text)
        start, speaker, said_at = -1, None, source.reference_date

        def close() -> None:
            if start >= 0 and decoded.length > start:
                drafts.append(
                    Draft(start, decoded.length, "turn", speaker=speaker, said_at=said_at)
                )
                check_count(len(drafts), source.source_id, source.max_sections)

        for line, (first, last) in zip(_lines(source.text), _spans(source.text), strict=True):
            if line is None:
                if _TRANSCRIBER.match(source.text, first, last):
                    passed["notes of the program"] += 1
                elif start >= 0:
                    decoded.insert("\n" if decoded.length > start else "")
                    decoded.copy(first, last)
                else:
                    passed["lines that nobody says"] += bool(source.text[first:last].strip())
                continue
            close()
            start, words = -1, source.text[line.start : line.end].strip("\u200e ").casefold()
            if line.speaker is None:
                passed["service messages"] += 1
            elif words in _LEFT_OUT:
                passed["pictures and files"] += 1
            else:
                decoded.insert("\n\n" if decoded.length else "")
                start, speaker = decoded.length, line.speaker
                said_at = _moment(line, month_first, source.zone) or source.reference_date
                decoded.copy(line.start, line.end)
        close()
        return Outline(None, {}, drafts, (), {k: n for k, n in passed.items() if n}, decoded)


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """The lines that hold anything, without their ends and the blanks there."""
    for start, end in spans_of_lines(text):
        if words := text[start:end].rstrip():
            yield start, start + len(words)


def _lines(text: str, most: int | None = None) -> Iterator[_Line | None]:
    """The lines of a log; None for one that goes on with the line before."""
    for number, (start, end) in enumerate(_spans(text)):
        if most is not None and number == most:
            return
        yield _line(text, start, end)


def _line(text: str, start: int, end: int) -> _Line | None:
    for pattern in (_DATED_NICK, _DATED, _HEADED, _TIMED, _SAID):
        match = pattern.match(text, start, end)
        if match is None:
            continue
        groups = match.groupdict()
        names = (groups.get(one) for one in ("nick", "name", "rev", "zoom"))
        name = next(filter(None, names), None)
        if pattern is _HEADED and not may_speak(name or ""):
            continue
        if name is not None:
            name = _TO.sub("", name).strip("\u200e~ ")
            if pattern is _SAID and not (may_speak(name) and is_name(name)):
                return None
        return _Line(name, groups.get("day"), groups.get("clock"), match.end(), end)
    return None


def _month_first(text: str) -> bool:
    """Whether dates of a log are written with the month first: some day above 12 says so."""
    for day in re.finditer(_DAY, text[:200_000]):
        parts = _ORDER.match(day[0])
        if parts and int(parts[1]) <= 31:
            if int(parts[1]) > 12:
                return False
            if 12 < int(parts[2]) <= 31:
                return True
    return False


def _moment(line: _Line, month_first: bool, zone: tzinfo) -> datetime | None:
    if line.day is None or line.clock is None:
        return None
    parts = _ORDER.match(line.day)
    if parts is None:
        return None
    first, second, third = (int(one) for one in parts.groups())
    year, month, day = (first, second, third) if first > 31 else (third, second, first)
    if first <= 31 and month_first:
        month, day = day, month
    clock = find_moment(line.clock.replace("\u202f", " ").replace("\u00a0", " ")).clock
    try:
        said = date(year + 2000 if year < 100 else year, month, day)
    except ValueError:
        return None
    if clock is None:
        return None
    moment = datetime.combine(said, clock, tzinfo=zone)
    # Kept is the offset, not the name of the zone.
    return moment.replace(tzinfo=timezone(moment.utcoffset() or timedelta()))
