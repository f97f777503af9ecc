"""The contract of taking banks out of stores and into others, a part of `StoreContract`."""
# ruff: noqa: S101 - assertions are what a test suite is made of

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest

from retain.bank import BankStore
from retain.errors import InputError, NotFoundError, RecordError
from retain.kinds import OutcomeKind
from retain.memory.model import (
    Document,
    Judgement,
    Knowledge,
    Lead,
    Mention,
    Outcome,
    Vectors,
    Verdict,
    Version,
)
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
    VectorRecord,
)
from retain.memory.redaction import redaction_of
from retain.testing.contents import document, fact, put, saying
from retain.testing.judgements import JudgementContract
from retain.testing.leads import LeadContract, keep, lead_of, leads
from retain.testing.spoilt import spoilt

SAID_AT = datetime(2023, 5, 8, 13, 56, 7, 890, tzinfo=UTC)
ABROAD = datetime(2023, 5, 8, tzinfo=timezone(timedelta(hours=-3)))

OLD = document("Ana lives in Lisbon.", "Bob sails.", speaker="Ana", said_at=SAID_AT)
NEW = document("Ana lives in Porto.", "Bob sails.", speaker="Ana", said_at=SAID_AT)
NOTES = document(
    "Ana says 喜欢.\nAna lives in Faro.",
    "",
    title="Notes",
    meta={"tags": ["a", 1.5, None]},
    said_at=SAID_AT + timedelta(days=1),
)


async def dumped(store: BankStore, bank_id: str) -> list[Record]:
    """All records of a bank."""
    return [record async for record in store.dump(bank_id)]


async def given(records: Sequence[Record]) -> AsyncIterator[Record]:
    """Records, one by one."""
    for record in records:
        yield record


async def fill(store: BankStore, bank_id: str) -> None:
    """Make a bank with something of every kind."""
    lives = fact("Ana lives in Lisbon", subject="Ana", slot="lives in", value="Lisbon")
    sails = fact("Bob sails", entities=("Bob",), occurred_start=ABROAD, confidence=0.1)
    sails = replace(sails, named=(("Bob", "person"),))
    await put(store, bank_id, "chat", OLD, vectors=_vectors(OLD), knowledge=saying(OLD, lives))
    moved = fact("Ana lives in Porto", subject="Ana", slot="lives in", value="Porto")
    await put(
        store, bank_id, "chat", NEW, vectors=_vectors(NEW), knowledge=saying(NEW, moved, sails)
    )
    lives = fact("Ana lives in Faro", subject="Ana", slot="lives in", value="Faro")
    again = fact("Ana says so", "Ana says 喜欢")
    said = saying(NOTES, lives, merged=[again])
    first, second = (section.section_id for section in NOTES[1].sections)
    said = replace(
        said,
        mentions=(Mention("Ana", "person", first, 0, 3), Mention("喜欢", "thing", first, 9, 11)),
        outcomes=(
            Outcome(first, OutcomeKind.FACTS, 2, SAID_AT),
            Outcome(second, OutcomeKind.FAILED, 0, None, "why"),
        ),
    )
    await put(store, bank_id, "notes/it's.md", NOTES, knowledge=said)
    await store.add_vectors(bank_id, "chat", replace(_vectors(NEW), model="other"))
    await store.correct(bank_id, "merge", "Bob", "Ana")
    await store.add_judgements(bank_id, [Judgement("Ana", "喜欢", "same")])
    seen = Verdict(sails.fact_id, moved.fact_id, "both hold")
    await store.add_verdicts(bank_id, [seen])
    await store.redact(bank_id, "chat", "gone", [redaction_of("Ana has a secret")])
    await keep(store, bank_id, lead_of("ana", lives, moved, sails), lead_of("cat", lives))


class TransferContract(JudgementContract, LeadContract):
    """What every store has to do with banks that come and go whole."""

    def test_a_bank_goes_into_another_store_and_is_the_same(self, tmp_path: Path) -> None:
        records: list[Record] = []
        seen: list[object] = []
        (tmp_path / "one").mkdir()
        (tmp_path / "two").mkdir()

        async def take_out(store: BankStore) -> None:
            await fill(store, "ana")
            records.extend(await dumped(store, "ana"))
            seen.append(await _seen(store, "ana"))

        async def take_in(store: BankStore) -> None:
            counts = await store.load("bob", given(records))
            assert counts["source"] == 2
            assert sum(counts.values()) == len(records)
            assert await dumped(store, "bob") == [BankRecord("bob", "m"), *records[1:]]
            seen.append(await _seen(store, "bob"))

        self.with_store(tmp_path / "one", take_out)
        self.with_store(tmp_path / "two", take_in)
        assert records[0] == BankRecord("ana", "m")
        assert seen[0] == seen[1]

    def test_there_are_records_of_every_kind_in_one_order(self, tmp_path: Path) -> None:
        async def check(store: BankStore) -> None:
            await fill(store, "ana")
            kinds = list(dict.fromkeys(type(record) for record in await dumped(store, "ana")))
            assert kinds == [
                *(BankRecord, CorrectionRecord, Judgement, Verdict, Lead),
                *(SourceRecord, SectionRecord, StatementRecord),
                *(VectorRecord, Version, LifeRecord, PastRecord, RedactionRecord),
                *(MentionRecord, OutcomeRecord),
            ]

        self.with_store(tmp_path, check)

    def test_two_banks_of_a_store_stay_apart(self, tmp_path: Path) -> None:
        async def check(store: BankStore) -> None:
            await fill(store, "ana")
            before = await dumped(store, "ana")
            await store.load("bob", given(before))
            assert await _seen(store, "bob") == await _seen(store, "ana")
            assert await store.delete_source("bob", "chat")
            assert await dumped(store, "ana") == before
            assert [s.source_id for s in await store.sources("bob")] == ["notes/it's.md"]

        self.with_store(tmp_path, check)

    def test_what_came_in_can_be_changed_like_anything_else(self, tmp_path: Path) -> None:
        async def check(store: BankStore) -> None:
            await fill(store, "ana")
            await store.load("bob", given(await dumped(store, "ana")))
            assert await put(store, "bob", "chat", NEW) == 2
            assert await put(store, "bob", "chat", OLD, knowledge=Knowledge()) == 3
            assert len(await store.lifetimes("bob", "chat")) == 3
            for source_id in ("chat", "notes/it's.md"):
                assert await store.delete_source("bob", source_id)
            assert list(await store.search("bob", lambda bank: bank.facts(["ana"], 9))) == []

        self.with_store(tmp_path, check)

    def test_a_bank_is_taken_out_as_it_was_at_one_instant(self, tmp_path: Path) -> None:
        async def check(store: BankStore) -> None:
            await fill(store, "ana")
            before = await dumped(store, "ana")
            records = store.dump("ana")
            during = [await anext(records)]
            await store.delete_source("ana", "chat")
            during += [record async for record in records]
            assert during == before

        self.with_store(tmp_path, check)

    def test_a_bank_that_is_not_there_is_not_found(self, tmp_path: Path) -> None:
        async def check(store: BankStore) -> None:
            await fill(store, "ana")
            with pytest.raises(NotFoundError, match="no bank 'bob'"):
                await dumped(store, "bob")

        self.with_store(tmp_path, check)

    def test_a_bank_with_something_in_it_is_left_alone(self, tmp_path: Path) -> None:
        async def check(store: BankStore) -> None:
            await fill(store, "ana")
            await put(store, "bob", "s", document("text"))
            await store.correct("eve", "split", "a", "b")
            records = await dumped(store, "ana")
            for bank in ("bob", "eve"):
                before = await dumped(store, bank)
                with pytest.raises(InputError, match="not empty"):
                    await store.load(bank, given(records))
                assert await dumped(store, bank) == before

        self.with_store(tmp_path, check)

    def test_whatever_goes_wrong_leaves_the_bank_empty(self, tmp_path: Path) -> None:
        async def breaks(records: Sequence[Record]) -> AsyncIterator[Record]:
            for record in records:
                yield record
            raise OSError("the pipe broke")

        async def check(store: BankStore) -> None:
            await fill(store, "ana")
            records = await dumped(store, "ana")
            with pytest.raises(OSError, match="the pipe broke"):
                await store.load("bob", breaks(records))
            assert list(await store.banks()) == ["ana"]
            await store.load("bob", given(records))

        self.with_store(tmp_path, check)

    def test_records_that_are_no_bank_are_refused(self, tmp_path: Path) -> None:
        async def check(store: BankStore) -> None:
            await fill(store, "ana")
            records = await dumped(store, "ana")
            for number, wrong in enumerate(spoilt(records)):
                with pytest.raises(RecordError) as refused:
                    await store.load("bob", given(wrong))
                assert 1 <= refused.value.number <= len(wrong) + 1, number
            assert list(await store.banks()) == ["ana"]

        self.with_store(tmp_path, check)

    def test_a_lead_of_what_did_not_come_with_it_stays_out(self, tmp_path: Path) -> None:
        async def check(store: BankStore) -> None:
            await fill(store, "ana")
            records = await dumped(store, "ana")
            at = next(n for n, one in enumerate(records) if isinstance(one, Lead))
            spy = lead_of("spy", fact("Ana is a spy"))
            await store.load("bob", given([*records[: at + 2], spy, *records[at + 2 :]]))
            assert await dumped(store, "bob") == [BankRecord("bob", "m"), *records[1:]]

        self.with_store(tmp_path, check)

    def test_the_refused_record_is_named(self, tmp_path: Path) -> None:
        async def check(store: BankStore) -> None:
            await fill(store, "ana")
            records = await dumped(store, "ana")
            at = next(n for n, one in enumerate(records) if isinstance(one, StatementRecord))
            twice = [*records[: at + 1], records[at], *records[at + 1 :]]
            with pytest.raises(RecordError, match="statement is there twice") as refused:
                await store.load("bob", given(twice))
            assert refused.value.number == at + 2

        self.with_store(tmp_path, check)


def _vectors(content: tuple[str, Document]) -> Vectors:
    names = tuple(section.section_id for section in content[1].sections)
    rows = np.array([[1.0, 0.0], [0.6, 0.8]])
    return Vectors("m", 2, names, rows.astype("<f2").tobytes())


async def _seen(store: BankStore, bank_id: str) -> list[object]:
    """All that anybody can see of a bank, but for its name."""
    query = np.array([1, 0], dtype=np.float32)
    sources = await store.sources(bank_id)
    return [
        [replace(source, bank_id="") for source in sources],
        [await store.sections(bank_id, source.source_id) for source in sources],
        [await store.knowledge(bank_id, source.source_id) for source in sources],
        list(await store.cited(bank_id)),
        await store.names(bank_id),
        await store.corrections(bank_id),
        list(await store.edges(bank_id)),
        list(await store.verdicts(bank_id)),
        list(await store.lifetimes(bank_id)),
        list(await store.versions(bank_id)),
        list(await store.log(bank_id)),
        await store.redactions(bank_id),
        [
            row
            for row, _ in await store.search(
                bank_id, lambda bank: bank.sections(["ana", "喜欢"], 9)
            )
        ],
        [
            row
            for row, _ in await store.search(bank_id, lambda bank: bank.facts(["ana", "porto"], 9))
        ],
        (await store.search(bank_id, lambda bank: bank.likeness("m", query, 9))).best,
        await store.vector_model(bank_id),
        sorted(await store.embedded(bank_id, "chat", "other")),
        await store.counts(bank_id),
        await leads(store, bank_id),
        list(await store.entities(bank_id)),
    ]
