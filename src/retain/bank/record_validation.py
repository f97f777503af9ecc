"""Whether records are a bank: what a store sees to before it takes any of them."""

from __future__ import annotations

import math
import re
import struct
from collections import Counter
from datetime import UTC, datetime
from typing import Any, assert_never

from retain.errors import InputError, RecordError
from retain.memory.model.knowledge import Fact, Judgement
from retain.memory.model.pages import Lead, LogEntry, Verdict, Version
from retain.memory.model.transfer import (
    BankRecord,
    CorrectionRecord,
    LifeRecord,
    MentionRecord,
    OfSource,
    OutcomeRecord,
    PastRecord,
    Record,
    RedactionRecord,
    SectionRecord,
    SourceRecord,
    StatementRecord,
    TextRecord,
    VectorRecord,
)
from retain.memory.transfer import NAMES

MAX_STATEMENTS = 1 << 20
"""How many statements a section may have; an index counts on it."""

_DIGITS = re.compile("0|[1-9][0-9]{0,19}")
_DIGEST = re.compile("[0-9a-f]{64}")

_SPAN = ("start", "end")
_LARGEST = 2**53 - 1
"""The largest whole number that every reader of JSON reads exactly."""

_RANK: dict[type[Record], int] = {made: n for n, made in enumerate(NAMES)}
_FIRST_OF_SOURCE = _RANK[SourceRecord]


class Checker:
    """Sees records in their order, and refuses the first that cannot stand where it does.

    It remembers the sections and facts of one source at a time.
    """

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.number = 0
        self._last: tuple[int, tuple[Any, ...]] = (-1, ())
        self._source: SourceRecord | None = None
        self._last_source: str | None = None
        self._sections: dict[str, SectionRecord] = {}
        self._facts: set[str] = set()
        self._sizes: dict[str, int] = {}

    def check(self, record: Record) -> None:
        """Look at the next record.

        Raises:
            RecordError: It cannot be.
        """
        self.number += 1
        try:
            self._placed(record)
            _numbers_and_times(record)
            self._fits(record)
        except InputError as exc:
            raise RecordError(self.number, f"{exc}: {_ADVICE}") from exc
        self.counts[NAMES[type(record)]] += 1

    def end(self) -> None:
        """There are no more records.

        Raises:
            RecordError: There should be.
        """
        try:
            self._end_of_source()
            if self.number == 0:
                raise InputError("there is no bank")
        except InputError as exc:
            raise RecordError(self.number + 1, f"{exc}: {_ADVICE}") from exc

    def _placed(self, record: Record) -> None:
        """Records come in one order, so that two of the same key would stand side by side."""
        name, rank = NAMES[type(record)], _RANK[type(record)]
        if (rank == 0) != (self.number == 1):
            raise InputError(f"a {name} stands where it cannot")
        if isinstance(record, SourceRecord):
            self._end_of_source()
            if self._last_source is not None and record.source_id <= self._last_source:
                raise InputError(f"source {record.source_id!r} is there twice, or out of order")
        else:
            at = (rank, _key(record))
            if at <= self._last:
                raise InputError(f"this {name} is there twice, or out of order")
            if rank > _FIRST_OF_SOURCE and self._source is None:
                raise InputError(f"a {name} stands before any source")
            self._last = at
            return
        self._source, self._last_source = record, record.source_id
        self._last = (rank, ())
        self._sections, self._facts = {}, set()

    def _end_of_source(self) -> None:
        source = self._source
        if source is not None and len(self._sections) != source.sections:
            raise InputError(
                f"source {source.source_id!r} has {len(self._sections)} sections, "
                f"not {source.sections} as it says"
            )

    def _fits(self, record: Record) -> None:
        match record:
            case BankRecord():
                pass
            case CorrectionRecord() | Judgement():
                if record.name > record.other:
                    raise InputError(f"the names of a {NAMES[type(record)]} are not sorted")
            case Verdict():
                if record.older == record.newer:
                    raise InputError("a fact cannot replace itself")
            case Lead():
                _check_lead(record)
            case SourceRecord():
                _at_least(1, version=record.version)
            case _:
                source = self._source
                assert source is not None  # noqa: S101 - `_placed` saw to it
                if record.source_id != source.source_id:
                    raise InputError(f"it is of {record.source_id!r}, not {source.source_id!r}")
                self._fits_source(record, source)

    def _fits_source(self, record: OfSource, source: SourceRecord) -> None:
        match record:
            case TextRecord():
                pass
            case SectionRecord():
                self._take_section(record, source)
            case StatementRecord():
                self._take_statement(record)
            case MentionRecord():
                # What names a speaker may stand before the section that he speaks.
                section = self._section(record.section_id)
                base, most = section.start, source.characters
                if section.steps:
                    most = max(most, base + len(section.text))
                _inside(base + record.start, base + record.end, most)
            case OutcomeRecord():
                self._section(record.section_id)
            case VectorRecord():
                self._section(record.section_id)
                self._check_vector(record)
            case Version():
                _in_versions(1, record.version, source.version)
            case LifeRecord():
                _in_versions(1, record.since, source.version)
                if record.fact_id not in self._facts:
                    raise InputError(f"no statement has the fact {record.fact_id!r}")
            case PastRecord():
                _in_versions(1, record.since, record.until - 1)
                _in_versions(2, record.until, source.version)
                _at_least(1, line=record.line)
                _numbers_and_times(record.fact)
                _inside(record.fact.start, record.fact.end, _LARGEST)
                _sure(record.fact.confidence)
            case RedactionRecord():
                _check_redaction(record)
            case LogEntry():
                _in_versions(1, record.version, source.version)
            case _:
                assert_never(record)

    def _take_section(self, record: SectionRecord, source: SourceRecord) -> None:
        if record.section_id in self._sections:
            raise InputError(f"section {record.section_id!r} is there twice")
        _inside(record.start, record.end, source.characters)
        if not record.steps and record.end - record.start != len(record.text):
            raise InputError(f"section {record.section_id!r} is not as long as its span")
        _at_least(1, line_start=record.line_start, line_end=record.line_end + 1 - record.line_start)
        self._sections[record.section_id] = record

    def _take_statement(self, record: StatementRecord) -> None:
        text = self._section(record.section_id).text
        _inside(record.start, record.end, len(text))
        if text[record.start : record.end] != record.quote:
            raise InputError("a statement's quote does not stand where it says")
        if record.n >= MAX_STATEMENTS:
            raise InputError(f"section {record.section_id!r} has too many statements")
        _sure(record.confidence)
        if record.merged is None:
            self._facts.add(record.fact_id)

    def _check_vector(self, record: VectorRecord) -> None:
        data, count = record.vector, record.passages
        if count < 1 or not data or len(data) % (2 * count):
            raise InputError(f"{count} vectors in {len(data)} bytes")
        own = len(data) // count
        size = self._sizes.setdefault(record.model, own)
        if own != size:
            raise InputError(f"a vector of {own} bytes beside such of {size}")
        for start in range(0, len(data), size):
            length = math.hypot(*struct.unpack_from(f"<{size // 2}e", data, start))
            if not (length == 0 or abs(length - 1) < 0.01):
                raise InputError(f"a vector has the length {length:.3g}, not 1")

    def _section(self, section_id: str) -> SectionRecord:
        section = self._sections.get(section_id)
        if section is None:
            raise InputError(f"there is no section {section_id!r}")
        return section


_ADVICE = "the export is damaged, or was changed; export the bank again"


def _key(record: Record) -> tuple[Any, ...]:
    """What no two records of a kind may share within a source, and what they are sorted by."""
    match record:
        case BankRecord() | SourceRecord():
            return ()
        case CorrectionRecord() | Judgement():
            return (record.name, record.other)
        case Verdict():
            return (record.older, record.newer)
        case Lead():
            return (record.page_id,)
        case TextRecord():
            return (record.n, record.piece)
        case SectionRecord():
            return (record.ordinal, record.section_id)
        case StatementRecord():
            return (record.section_id, record.n)
        case MentionRecord():
            return (record.section_id, record.start, record.end)
        case OutcomeRecord():
            return (record.section_id,)
        case VectorRecord():
            return (record.section_id, record.model)
        case LifeRecord():
            return (record.fact_id,)
        case PastRecord():
            return (record.fact.fact_id, record.since)
        case RedactionRecord():
            return (record.digest,)
        case Version() | LogEntry():
            return (record.version,)
        case _:
            assert_never(record)


def _check_lead(record: Lead) -> None:
    facts = record.made_from
    if not _DIGEST.fullmatch(record.digest) or not facts or list(facts) != sorted(set(facts)):
        raise InputError(f"the lead of page {record.page_id!r} is made from nothing that could be")
    cited = [sentence.fact_ids for sentence in record.sentences]
    if not cited or not all(ids and set(ids) <= set(facts) for ids in cited):
        raise InputError(f"the lead of page {record.page_id!r} cites what it is not made from")


def _check_redaction(record: RedactionRecord) -> None:
    _at_least(1, length=record.length)
    rolling = int(record.rolling) if _DIGITS.fullmatch(record.rolling) else -1
    if not 0 <= rolling < 2**64 or not _DIGEST.fullmatch(record.digest):
        raise InputError("what is left of forgotten words cannot be that")


def _numbers_and_times(record: Record | Fact) -> None:
    for name in type(record).__dataclass_fields__:
        value = getattr(record, name)
        if type(value) is int and name not in _SPAN and not 0 <= value <= _LARGEST:
            raise InputError(f"{name} is {value}, which is out of range")
        if isinstance(value, datetime):
            _usable(name, value)


def _usable(name: str, moment: datetime) -> None:
    try:
        moment.astimezone(UTC)
    except (OverflowError, ValueError) as exc:
        raise InputError(f"{name} is {moment}, which is out of range") from exc
    if moment.tzinfo is None:
        raise InputError(f"{name} is {moment}, which has no time zone")


def _at_least(least: int, **numbers: int) -> None:
    for name, number in numbers.items():
        if number < least:
            raise InputError(f"{name} is {number}, which is out of range")


def _in_versions(first: int, version: int, last: int) -> None:
    if not first <= version <= last:
        raise InputError(f"version {version} is not one of {first} to {last}")


def _inside(start: int, end: int, length: int) -> None:
    if not 0 <= start <= end <= length:
        raise InputError(f"the span {start} to {end} lies outside of the {length} characters")


def _sure(confidence: float) -> None:
    if not 0 <= confidence <= 1:
        raise InputError(f"confidence is {confidence}, which is out of range")
