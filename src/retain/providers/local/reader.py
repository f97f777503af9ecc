"""One paragraph or row read: its statements resolved, judged, typed and dated."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from retain.dates.sentences import when
from retain.memory.model import Fact, FactType, Section
from retain.providers.local import talk, worth
from retain.providers.local.antecedents import Antecedents
from retain.providers.local.clauses import Clause, clauses, pieces
from retain.providers.local.fragments import goes_on_behind_dash, is_fragment
from retain.providers.local.kinds import fact_type, tense
from retain.providers.local.paragraphs import Paragraph
from retain.providers.local.persons import (
    Speaker,
    company_of,
    leaves_out_subject,
    resolve,
)
from retain.providers.local.plain import Plain, with_marks
from retain.providers.local.quotes import MASK, Quote, reports, unmasked
from retain.providers.local.sentences import MAX_CHARS
from retain.providers.local.slots import Slot, find_slot, relative_of
from retain.providers.local.tables import header_of, row_of
from retain.providers.local.terse import Scope, TerseRule, shortened, terse
from retain.providers.local.topics import Topic
from retain.providers.local.whole import Source
from retain.providers.local.words import acting_name, has_verb

_FIRST_PERSON = re.compile(r"\b(?:I|[Ww]e|[Mm]y|[Oo]ur|me|us|mine)\b|^i\b")
_OWN = re.compile(r"\b(?:I|[Mm]y|me|mine)\b|(?<![\w,;] )(?<!\w)(?:We|Our)\b")
_NOT_SUBJECT = re.compile(
    r"(?:it|this|that|there|these|those|he|she|they|his|her|their|its)\b", re.IGNORECASE
)
# What marks a correction belongs to the quote: of equal times, it decides which statement holds.
_CORRECTS = re.compile(
    r"(?:\b(?:actually|correction|no,? wait|sorry|i meant?|scratch that)\b[,:.!]? +)+$",
    re.IGNORECASE,
)
_NOBODY = Speaker("I", "I", alone=True)
"""The author of a note that names none."""
_QUOTING = ('"', "\u201c", "\u201e", "\u00ab")
_OURS = re.compile(r"\b(?:we|us|ours?)\b", re.IGNORECASE)
_SHARED = frozenset(("uses", "plans", "prefers", "visited"))
"""What several people do as one, where each of them lives and works somewhere himself."""
_HIM = re.compile(r"\bhim\b")
_NAMES = re.compile(r"[A-Z][a-z]+(?: [A-Z][a-z]+)*")
_TWO = 2
_MAX_LEAD = 40
_BEFORE = 200
_FEW_WORDS = 8
_SURE, _FAIRLY_SURE, _LIKELY = 0.9, 0.75, 0.6


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the sentences of a paragraph.

    Args:
        source: The source.
        section: Its section that the paragraph is in.
        paragraph: Where the paragraph stands.
        words: Its words; a mask stands for those of quotations.
        by: Who says them in a talk.
        topic: Whom the section is about.
        author: Who wrote them, where nobody says them.
        named: What its sentences have named so far.
        original: Its words with those of quotations, where any are masked.
        quotes: The quotations.
    """

    source: Source
    section: Section
    paragraph: Paragraph
    words: Plain
    by: Speaker | None
    topic: Topic | None
    author: Speaker | None = None
    named: Antecedents = field(default_factory=Antecedents)
    original: str = ""
    quotes: Sequence[Quote] = ()

    def sentence(self, start: int, end: int) -> Iterator[Fact]:
        """The facts of the sentence at these places of the paragraph's words."""
        text = self.words.text
        if end - start > MAX_CHARS:
            for at, after in pieces(text, start, end, MAX_CHARS):
                yield from self.sentence(at, after)
            return
        if self.paragraph.quoted and _OWN.search(text, start, end):
            return
        start += worth.trimmed(text[start:end], talk=self.by is not None)
        if self.by is None and goes_on_behind_dash(text, start):
            return
        if self.by is None and self.topic is None and (fact := self._few(shortened, start, end)):
            yield fact
            return
        facts = list(self._stated(start, end))
        if not facts and self.by is None and (fact := self._few(terse, start, end)):
            facts = [fact]
        yield from facts

    def _stated(self, start: int, end: int) -> Iterator[Fact]:
        text = self.words.text
        apart = [one for one in self.quotes if one.is_apart and one.overlaps(start, end)]
        sentence = text[start:end]
        lead = self.topic.lead(sentence) if self.topic else None
        if worth.asks(sentence):
            return
        item = self.paragraph.form == "item"
        if not lead and not worth.states(sentence, item=item) and not find_slot(sentence):
            return
        for clause in clauses(text, start, end):
            if apart and _reports(text, clause, apart):
                continue
            if self.by is None and goes_on_behind_dash(text, clause.start):
                continue
            if (fact := self._fact(clause, start, lead)) is not None:
                yield fact
            self.named.seen(text[clause.start : clause.end])

    def _few(self, rule: TerseRule, start: int, end: int) -> Fact | None:
        """The fact of a line of a note that is no whole sentence."""
        item, path = self.paragraph.form == "item", self.section.path
        writer = self.author.name if self.author else None
        tutorial, size = self.source.tutorial, len(self.source.text)
        scope = Scope.of(
            self.source.owner, path, size, writer=writer, title=self.source.title, tutorial=tutorial
        )
        if MASK in self.words.text or (self.source.tutorial and not item):
            return None
        found = rule(self.words.text[start:end], scope, item=item)
        if found is None:
            return None
        fact = self._dated(Clause(start, end), found.text, found.text, found.slot)
        return replace(fact, subject=found.subject)

    def _fact(self, clause: Clause, at: int, lead: str | None) -> Fact | None:
        """The fact of a clause of the sentence that begins `at`."""
        said = self.words.text[clause.start : clause.end]
        words = self._completed(clause.subject + said)
        if clause.start != at:
            lead = self.topic.lead(words[:1].upper() + words[1:]) if self.topic else None
            words = words[:1].upper() + words[1:] if lead else words
        if not lead and (named := self.named.named(words)) is not None:
            words = named
        elif not lead and self.by is None and self.named.points(words):
            return None
        if not lead and not self._may_tell(words, opens=clause.start == at):
            return None
        if self.by is None and _HIM.search(words) and len(_NAMES.findall(words)) < _TWO:
            return None
        if lead and self.topic:
            told = self.topic.told(words, lead)
        else:
            told = self._resolved(words, clause.start)
        told = told.strip().rstrip(".!…").strip()
        slot = find_slot(told)
        if not slot and not (lead or self._lasts(words)):
            return None
        if clause.start != at and told.split(" ", 1)[0].isalpha():
            told = told[:1].upper() + told[1:]
        whole = unmasked(told, self.words.text, self.original, clause.start, clause.end)
        if not slot and not (
            worth.is_rich(whole, self.by.name if self.by else "") and has_verb("x " + told)
        ):
            return None
        if self.by is None and whole[:1] in _QUOTING:
            return None
        if slot and whole != told:
            value = unmasked(slot.value, self.words.text, self.original, clause.start, clause.end)
            slot = replace(slot, value=value)
        return replace(self._dated(clause, words, told, slot), text=whole)

    def _resolved(self, words: str, start: int) -> str:
        if self.by is None:
            if self.author is None:
                return words
            several = not self.source.tutorial and f"{self.author.name} and others"
            return resolve(words, self.author, several or None)
        before = self.words.text[max(start - _BEFORE, 0) : start]
        company = None if self.by.assistant else company_of(before, self.by)
        if company is None and len(self.source.speakers) > 2 and _OURS.search(words):
            slot = find_slot(resolve(words, self.by))
            if slot is None or slot.name in _SHARED or slot.subject != self.by.name:
                company = f"{self.by.name} and others"
        return resolve(words, self.by, company)

    def _completed(self, words: str) -> str:
        """The clause without the address at its end, with the "I" that talk leaves out."""
        words = words.strip().rstrip(",;")
        if self.by is None and self.author and self.topic is None and leaves_out_subject(words):
            return f"I {words[0].lower()}{words[1:]}"
        if self.by is None or self.by.assistant:
            return words
        words = worth.without_tail(words)
        if self.by.other:
            words = re.sub(rf", {re.escape(self.by.other)}(?=[.!]*$)", "", words)
        return f"I {words[0].lower()}{words[1:]}" if leaves_out_subject(words) else words

    def _may_tell(self, words: str, *, opens: bool) -> bool:
        if is_fragment(words):
            return False
        if self.by is None:
            if self.author is None and worth.lacks_subject(words):
                return False
            return worth.in_document(words, tutorial=self.source.tutorial)
        if self.by.assistant:
            return worth.of_assistant(words)
        return worth.in_talk(words, opens=opens)

    def _lasts(self, words: str) -> bool:
        """Whether what somebody says in a talk lasts beyond it; all else does."""
        return self.by is None or self.by.assistant or talk.lasts(words, names=self.by.names)

    def _dated(self, clause: Clause, words: str, told: str, slot: Slot | None) -> Fact:
        said_at = self.section.said_at
        points = tense(told)
        days = when(told, said_at, points)
        begins, ends = days.bounds() if days else (None, None)
        subject = self._subject(words, told, slot)
        ahead = bool(said_at and begins and begins.date() >= said_at.date() and points == "future")
        owner = self.by or self.author
        own = owner is not None and subject == owner.label and not told.startswith(owner.possessive)
        talk = self.by is not None or (owner is not None and subject == owner.label)
        kind: FactType = (
            "assistant_statement"
            if self.by is not None and self.by.assistant
            else fact_type(told, personal=own, talk=talk, time=days, future=ahead)
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
        text, begin = self.words.text, clause.start
        if lead := _CORRECTS.search(text, max(begin - _MAX_LEAD, 0), begin):
            begin = lead.start()
        start, end = self.words.source_span(begin, clause.end)
        bounds = (self.paragraph.start, self.paragraph.end)
        return with_marks(self.source.text, start, end, bounds)

    def _subject(self, words: str, told: str, slot: Slot | None) -> str | None:
        if relative := relative_of(told):
            return relative[2]
        if slot and slot.subject:
            return self._label(slot.subject)
        owner = self.by or self.author or _NOBODY
        if self._speaks_of_himself(words, owner):
            return owner.label
        if self.topic and told.startswith(self.topic.name):
            return self.topic.name
        if told.startswith((owner.possessive, "My ")):
            return owner.label
        return None if _NOT_SUBJECT.match(told) else acting_name(told)

    def _speaks_of_himself(self, words: str, owner: Speaker) -> bool:
        first = _FIRST_PERSON.search(words[:60])
        return first is not None and first[0].lower() in (("i",) if owner.alone else ("i", "we"))

    def _label(self, subject: str) -> str | None:
        by = self.by or self.author
        if by and subject.lower() in (by.name.lower(), f"{by.name} and others".lower(), "i", "we"):
            return by.label
        return None if _NOT_SUBJECT.fullmatch(subject) else subject

    def _confidence(self, told: str, slot: Slot | None) -> float:
        if slot:
            return _SURE
        return _LIKELY if _NOT_SUBJECT.match(told) else _FAIRLY_SURE


def _reports(text: str, clause: Clause, apart: Sequence[Quote]) -> bool:
    """Whether the clause holds what somebody else says, or only tells that he says it."""
    if any(one.overlaps(clause.start, clause.end) for one in apart):
        return True
    said = text[clause.start : clause.end]
    return len(said.split()) < _FEW_WORDS and reports(said) and " that " not in said


def fact_of_row(text: str, section: Section, paragraph: Paragraph) -> Fact | None:
    """The fact of a row of a table; None if it tells nothing."""
    row = row_of(text, paragraph.start, paragraph.end, header_of(text, *paragraph.header))
    if row is None:
        return None
    line = text[paragraph.start : paragraph.end]
    start = paragraph.start + len(line) - len(line.lstrip())
    end = paragraph.start + len(line.rstrip())
    days = when(row.text, section.said_at, tense(row.text))
    begins, ends = days.bounds() if days else (None, None)
    return Fact(
        fact_id="",
        section_id=section.section_id,
        type="world",
        text=row.text,
        quote=text[start:end],
        start=start,
        end=end,
        subject=row.subject,
        slot=row.slot.name if row.slot else None,
        value=row.slot.value if row.slot else None,
        mentioned_at=section.said_at,
        occurred_start=begins,
        occurred_end=ends,
        confidence=_FAIRLY_SURE,
    )
