"""Captions to turns: WebVTT and SubRip, as meetings and videos are transcribed."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from retain.errors import SourceError
from retain.sources.decoded import DecodedText
from retain.sources.drafts import Draft, Outline, check_count
from retain.sources.formats.base import Sample, SourceText

# https://www.w3.org/TR/webvtt1/#webvtt-cue-timings; SubRip has a comma before the milliseconds.
_TIMES = re.compile(
    r"[ \t]*(?:\d{1,3}:)?\d{1,2}:\d{2}[.,]\d{1,3}[ \t]*-->"
    r"[ \t]*(?:\d{1,3}:)?\d{1,2}:\d{2}[.,]\d{1,3}"
)
_VOICE = re.compile(r"<v(?:\.[^\s>]{1,50})?[ \t]+(?P<name>[^>\n]{1,80})>")
_TAG = re.compile(r"</?[a-zA-Z0-9:.][^<>\n]{0,100}>|\{\\[^{}\n]{1,40}\}|&(?P<sign>amp|lt|gt|nbsp);")
_SIGNS = {"amp": "&", "lt": "<", "gt": ">", "nbsp": " "}
_NAME = re.compile(r"(?:-[ \t]*)?(?P<name>[^\W\d_][^:\n<>]{0,59}):(?=[ \t]|$)")
_MAX_NAME_WORDS = 4


@dataclass(slots=True)
class _Turn:
    speaker: str | None
    start: int
    ended: bool = False


class Captions:
    """WebVTT and SubRip files: the cues of one speaker join into a turn."""

    name = "captions"
    suffixes = frozenset({".vtt", ".srt"})

    def detect(self, sample: Sample) -> bool | None:
        head = sample.text[:4096].removeprefix("\ufeff").lstrip()
        if head.startswith("WEBVTT"):
            return True
        lines = head.split("\n", 2)
        numbered = len(lines) > 1 and lines[0].strip().isdigit()
        return bool(_TIMES.match(lines[1])) if numbered else None

    def read(self, source: SourceText) -> Outline:
        reading = _CaptionReading(source)
        if not reading.cues:
            raise SourceError(source.source_id, "has no cues: there is nothing to retain in it")
        drafts = reading.drafts()
        if not drafts:
            raise SourceError(source.source_id, "has cues without words: nothing is said in it")
        passed = {"cue times": reading.cues, **reading.passed}
        return Outline(None, {}, drafts, (), passed, reading.decoded)


class _CaptionReading:
    def __init__(self, source: SourceText) -> None:
        self._source = source
        self.decoded = DecodedText(source.text)
        self.passed = Counter[str]()
        self.cues = 0
        self._turns: list[_Turn] = []
        text, at, inside = source.text, 0, False
        while at < len(text):
            end = text.find("\n", at)
            end = len(text) if end < 0 else end
            stop = end - 1 if text[at:end].endswith("\r") else end
            if "-->" in text[at:stop] and _TIMES.match(text, at, stop):
                self.cues, inside = self.cues + 1, True
            elif not text[at:stop].strip():
                inside = False
            elif inside:
                self._line(at, stop)
            elif text.startswith(("NOTE", "STYLE", "REGION"), at):
                self.passed["notes and styles"] += 1
            at = end + 1

    def _line(self, start: int, end: int) -> None:
        text = self._source.text
        speaker, begin = self._speaker(start, end)
        while begin < end and text[begin].isspace():
            begin += 1
        if not self._turns or (speaker is not None and speaker != self._turns[-1].speaker):
            self.decoded.insert("\n\n" if self._turns else "")
            self._turns.append(_Turn(speaker, self.decoded.length))
        else:
            self.decoded.insert(" ")
        for tag in _TAG.finditer(text, begin, end):
            self.decoded.copy(begin, tag.start())
            begin = tag.end()
            self.decoded.put(_SIGNS.get(tag["sign"] or "", ""), tag.start(), begin)
        self.decoded.copy(begin, end)

    def _speaker(self, start: int, end: int) -> tuple[str | None, int]:
        text = self._source.text
        voice = _VOICE.match(text, start, end)
        if voice:
            return voice["name"].strip(), voice.end()
        named = _NAME.match(text, start, end)
        if named and len(named["name"].split()) <= _MAX_NAME_WORDS:
            return named["name"].strip(), named.end()
        return None, start

    def drafts(self) -> list[Draft]:
        """The turns, without those in which nothing is said."""
        source, words = self._source, self.decoded.text
        check_count(len(self._turns), source.source_id, source.max_sections)
        ends = [turn.start - 2 for turn in self._turns[1:]] + [self.decoded.length]
        return [
            Draft(turn.start, end, "turn", speaker=turn.speaker, said_at=source.reference_date)
            for turn, end in zip(self._turns, ends, strict=True)
            if words[turn.start : end].strip()
        ]
