"""Facts of a source by rules: the statements of its sections, typed and dated."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from retain.memory.model import Extraction, Fact, FactType, Section
from retain.providers.local import worth
from retain.providers.local.clauses import Clause, clauses
from retain.providers.local.dates import when
from retain.providers.local.kinds import fact_type, tense
from retain.providers.local.paragraphs import Paragraph, paragraphs
from retain.providers.local.persons import Speaker, leaves_out_subject, resolve, speaker
from retain.providers.local.plain import Plain, plain, plain_json, with_marks
from retain.providers.local.sentences import MAX_CHARS, sentences
from retain.providers.local.slots import Slot, find_slot, relative_of
from retain.providers.local.topics import Topic, topic_of
from retain.providers.local.words import acting_name, has_verb

_FIRST_PERSON = re.compile(r"\b(?:I|[Ww]e|[Mm]y|[Oo]ur|me|us|mine)\b|^i\b")
_NOT_SUBJECT = re.compile(
    r"(?:it|this|that|there|these|those|he|she|they|his|her|their|its)\b", re.IGNORECASE
)
_SURE, _FAIRLY_SURE, _LIKELY = 0.9, 0.75, 0.6


@dataclass(frozen=True, slots=True)
class Source:
    """What the rules know of a source as a whole.

    Args:
        text: Its text.
        speakers: Everybody who speaks in it.
        tutorial: Whether it shows code, so that "we" means the reader.
    """

    text: str
    speakers: frozenset[str]
    tutorial: bool

    @property
    def setting(self) -> str:
        """What the facts of a section depend on beside the section: equal here, equal facts."""
        talk = sorted(self.speakers) if len(self.speakers) == 2 else []
        return json.dumps([self.tutorial, talk])

    @classmethod
    def of(cls, text: str, sections: Sequence[Section]) -> Source:
        """What `sections` and `text` tell of the whole."""
        speakers = frozenset(one.speaker for one in sections if one.speaker)
        return cls(text, speakers, "\n```" in text or "\n~~~" in text)


def extract_facts(text: str, sections: Sequence[Section]) -> Sequence[Fact]:
    """The verified facts of `sections`, which are sections of the source `text`."""
    return extract(text, sections).facts


def extract(
    text: str, sections: Sequence[Section], *, among: Sequence[Section] | None = None
) -> Extraction:
    """The same with what could not be verified; `among` are all sections of the source."""
    return extract_from(Source.of(text, among or sections), sections)


def extract_from(source: Source, sections: Sequence[Section]) -> Extraction:
    """The verified facts of some sections of `source`, and what could not be verified."""
    good: list[Fact] = []
    doubtful: list[Fact] = []
    for section in sections:
        for fact in _of_section(source, section):
            (good if verified(source.text, section, fact) else doubtful).append(fact)
    return Extraction(tuple(good), tuple(doubtful))


def verified(text: str, section: Section, fact: Fact) -> bool:
    """Whether the quote stands in the section where the fact says, and is not empty."""
    inside = section.start <= fact.start < fact.end <= section.end
    return inside and bool(fact.quote.strip()) and text[fact.start : fact.end] == fact.quote


def _of_section(source: Source, section: Section) -> Iterator[Fact]:
    by = None
    if section.kind == "turn" and section.speaker:
        by = speaker(section.speaker, source.speakers)
    topic = None if by else topic_of(section.path)
    for paragraph in paragraphs(source.text, section):
        read = plain_json if paragraph.form == "json" else plain
        words = read(source.text, paragraph.start, paragraph.end)
        reader = _Reader(source, section, paragraph, words, by, topic)
        for start, end in sentences(words):
            yield from reader.sentence(start, end)


@dataclass(frozen=True, slots=True)
class _Reader:
    source: Source
    section: Section
    paragraph: Paragraph
    words: Plain
    by: Speaker | None
    topic: Topic | None

    def sentence(self, start: int, end: int) -> Iterator[Fact]:
        """The facts of the sentence at these places of the paragraph's words."""
        text = self.words.text
        if end - start > MAX_CHARS:
            return
        start += worth.trimmed(text[start:end], talk=self.by is not None)
        sentence = text[start:end]
        lead = self.topic.lead(sentence) if self.topic else None
        if worth.asks(sentence):
            return
        item = self.paragraph.form == "item"
        if not lead and not worth.states(sentence, item=item) and not find_slot(sentence):
            return
        for clause in clauses(text, start, end):
            if (fact := self._fact(clause, start, lead)) is not None:
                yield fact

    def _fact(self, clause: Clause, at: int, lead: str | None) -> Fact | None:
        """The fact of a clause of the sentence that begins `at`."""
        said = self.words.text[clause.start : clause.end]
        words = self._completed(clause.subject + said)
        if clause.start != at:
            lead = self.topic.lead(words[:1].upper() + words[1:]) if self.topic else None
            words = words[:1].upper() + words[1:] if lead else words
        if not lead and not self._worth(words, opens=clause.start == at):
            return None
        if lead and self.topic:
            told = self.topic.told(words, lead)
        else:
            told = resolve(words, self.by) if self.by else words
        told = told.strip().rstrip(".!…").strip()
        slot = find_slot(told)
        if not slot and not (
            worth.is_rich(told, self.by.name if self.by else "") and has_verb("x " + told)
        ):
            return None
        return self._dated(clause, words, told, slot)

    def _completed(self, words: str) -> str:
        """The clause without the address at its end, with the "I" that talk leaves out."""
        words = words.strip().rstrip(",;")
        if self.by is None or self.by.assistant:
            return words
        if self.by.other:
            words = re.sub(rf", {re.escape(self.by.other)}(?=[.!]*$)", "", words)
        return f"I {words[0].lower()}{words[1:]}" if leaves_out_subject(words) else words

    def _worth(self, words: str, *, opens: bool) -> bool:
        if self.by is None:
            return worth.in_document(words, tutorial=self.source.tutorial)
        if self.by.assistant:
            return worth.of_assistant(words)
        return worth.in_talk(words, opens=opens)

    def _dated(self, clause: Clause, words: str, told: str, slot: Slot | None) -> Fact:
        said_at = self.section.said_at
        points = tense(told)
        days = when(told, said_at, points)
        begins, ends = days.bounds() if days else (None, None)
        subject = self._subject(words, told, slot)
        ahead = bool(said_at and begins and begins.date() >= said_at.date() and points == "future")
        own = (
            self.by is not None
            and subject == self.by.label
            and not told.startswith(f"{self.by.name}'s ")
        )
        kind: FactType = (
            "assistant_statement"
            if self.by is not None and self.by.assistant
            else fact_type(told, personal=own, talk=self.by is not None, time=days, future=ahead)
        )
        start, end = self._span(clause)
        return Fact(
            fact_id="",
            section_id=self.section.section_id,
            type=kind,
            text=told,
            quote=self.source.text[start:end],
            start=start,
            end=end,
            subject=subject,
            slot=slot.name if slot else None,
            value=slot.value if slot else None,
            mentioned_at=said_at,
            occurred_start=begins,
            occurred_end=ends,
            confidence=self._confidence(told, slot),
        )

    def _span(self, clause: Clause) -> tuple[int, int]:
        start, end = self.words.source_span(clause.start, clause.end)
        bounds = (self.paragraph.start, self.paragraph.end)
        return with_marks(self.source.text, start, end, bounds)

    def _subject(self, words: str, told: str, slot: Slot | None) -> str | None:
        if relative := relative_of(told):
            return relative[2]
        if slot and slot.subject:
            return self._label(slot.subject)
        if self.by is not None and self._speaks_of_himself(words):
            return self.by.label
        if self.topic and told.startswith(self.topic.name):
            return self.topic.name
        if self.by is not None and told.startswith(f"{self.by.name}'s "):
            return self.by.label
        return None if _NOT_SUBJECT.match(told) else acting_name(told)

    def _speaks_of_himself(self, words: str) -> bool:
        first = _FIRST_PERSON.search(words[:60])
        return first is not None and first[0].lower() in ("i", "we")

    def _label(self, subject: str) -> str | None:
        by = self.by
        if by and subject.lower() in (by.name.lower(), f"{by.name} and others".lower(), "i", "we"):
            return by.label
        return None if _NOT_SUBJECT.fullmatch(subject) else subject

    def _confidence(self, told: str, slot: Slot | None) -> float:
        if slot:
            return _SURE
        return _LIKELY if _NOT_SUBJECT.match(told) else _FAIRLY_SURE
