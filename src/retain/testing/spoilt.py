"""Records of a bank with one thing wrong, for the tests of stores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import numpy as np

from retain.memory.model import Judgement, Lead, LeadSentence, LogEntry, Verdict, Version
from retain.memory.model.transfer import (
    BankRecord,
    CorrectionRecord,
    LifeRecord,
    MentionRecord,
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


def spoilt(records: Sequence[Record]) -> list[list[Record]]:
    """The records with one thing wrong, in every way that there is."""
    found: list[list[Record]] = [
        [],
        list(records[1:]),
        [*records, records[0]],
        [records[0], *records],
    ]
    for n, record in enumerate(records):
        before, after = list(records[:n]), list(records[n + 1 :])
        if n:
            found.append([*before, record, record, *after])
        found += [[*before, wrong, *after] for wrong in _wrong(record)]
        if isinstance(record, SectionRecord | SourceRecord):
            found.append([*before, *after])
        if n + 1 < len(records) and type(after[0]) is type(record):
            found.append([*before, after[0], record, *after[1:]])
    return found


def _wrong(record: Record) -> list[Record]:
    naive = datetime(2023, 5, 8)  # noqa: DTZ001 - that is what is wrong with it
    early = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5)))
    match record:
        case BankRecord():
            return []
        case CorrectionRecord() | Judgement():
            return [replace(record, name=record.other, other=record.name)]
        case Verdict():
            return [replace(record, newer=record.older)]
        case Lead():
            return [
                replace(record, digest=record.digest[1:]),
                replace(record, made_from=()),
                replace(record, made_from=record.made_from * 2),
                replace(record, sentences=()),
                replace(record, sentences=(LeadSentence("Ana.", ()),)),
                replace(record, sentences=(LeadSentence("Ana.", ("none",)),)),
                replace(record, title="half a pair \ud800"),
            ]
        case SourceRecord():
            return [
                replace(record, version=0),
                replace(record, sections=record.sections + 1),
                replace(record, characters=3),
                replace(record, retained_at=naive),
                replace(record, retained_at=early),
            ]
        case TextRecord():
            return [replace(record, source_id="another"), replace(record, n=-1)]
        case SectionRecord():
            return [
                replace(record, source_id="another"),
                replace(record, end=record.end + 1),
                replace(record, start=-1),
                replace(record, start=10**6, end=10**6 + len(record.text)),
                replace(record, line_start=0),
                replace(record, line_end=0),
                replace(record, ordinal=-1),
                replace(record, level=2**70),
                replace(record, said_at=early),
                replace(record, speaker="half a pair \ud800"),
            ]
        case StatementRecord():
            return [
                replace(record, section_id="none"),
                replace(record, n=1 << 20),
                replace(record, start=record.start + 1),
                replace(record, end=10**6),
                replace(record, quote="something else"),
                replace(record, confidence=1.5),
                replace(record, confidence=float("nan")),
                replace(record, mentioned_at=naive),
            ]
        case MentionRecord():
            return [replace(record, section_id="none"), replace(record, end=10**6)]
        case OutcomeRecord():
            return [replace(record, section_id="none"), replace(record, facts=-1)]
        case VectorRecord():
            nan = np.array([np.nan, 0]).astype("<f2").tobytes()
            long = np.array([2.0, 0]).astype("<f2").tobytes()
            return [
                replace(record, section_id="none"),
                replace(record, vector=b""),
                replace(record, vector=record.vector[:-1]),
                replace(record, vector=record.vector * 2),
                replace(record, vector=nan),
                replace(record, vector=long),
            ]
        case Version():
            return [replace(record, version=3), replace(record, version=0)]
        case LifeRecord():
            return [replace(record, fact_id="none"), replace(record, since=9)]
        case PastRecord():
            return [
                replace(record, until=9),
                replace(record, since=2),
                replace(record, line=0),
                replace(record, fact=replace(record.fact, start=-1)),
                replace(record, fact=replace(record.fact, confidence=-1.0)),
            ]
        case RedactionRecord():
            return [
                replace(record, digest=record.digest[1:]),
                replace(record, rolling=str(2**64)),
                replace(record, length=0),
            ]
        case LogEntry():
            return [replace(record, version=3), replace(record, source_id="another")]
