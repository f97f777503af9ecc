"""The contract of `Store`, as tests that any backend can run.

    class TestMyStore(StoreContract):
        def open_store(self, folder):
            return my_store(folder / "bank")

It needs pytest, and no plugin of it.
"""
# ruff: noqa: S101 - assertions are what a test suite is made of

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest

from retain.bank import BankStore
from retain.errors import InputError
from retain.memory.model import Counts, Document, FieldWeights, SectionRow, Vectors
from retain.testing.contents import document, found, put
from retain.testing.transfer import TransferContract

HOSTILE_IDS = (
    "it's",
    '"quoted"',
    "'; DROP TABLE source; --",
    "nul",
    "line\nbreak",
    "../../etc/passwd",
    "%_*?",
    " ",
    "x" * 10_000,
    "x" * 10_001,
    "ID",
    "id",
    "\u202eright-to-left",
    "cafe\u0301",
    "caf\u00e9",
    "\U0001f9e0",
)
"""Ids that are all different, and text to every store."""

HOSTILE_TERMS = (
    "",
    " ",
    '"',
    '""',
    "'",
    "*",
    "fox*",
    "(",
    "NEAR(",
    "OR",
    "AND",
    "NOT fox",
    "text:fox",
    "-fox",
    "^fox",
    "{text}",
    "\0",
    "fo\0x",
    "---",
    "\\",
    "%",
    "\u202e",
    "\U0001e900\U0001e901",
    "x" * 100_000,
)
"""Terms that hold what is syntax somewhere."""


def vectors_of(content: tuple[str, Document], *angles: float, model: str = "m") -> Vectors:
    """A vector in the plane for each of the first sections, at these angles in degrees."""
    rows = np.array([[np.cos(np.radians(a)), np.sin(np.radians(a))] for a in angles])
    names = tuple(section.section_id for section in content[1].sections[: len(angles)])
    return Vectors(model, 2, names, rows.astype("<f2").tobytes())


async def near(store: BankStore, bank_id: str, model: str = "m", limit: int = 100) -> list[str]:
    """The texts of the sections nearest to 0 degrees, nearest first."""
    query = np.array([1, 0], dtype=np.float32)
    likeness = await store.search(bank_id, lambda bank: bank.likeness(model, query, limit))
    return [row.text for row, _ in likeness.best]


AROUND = FieldWeights(previous=0.7, earlier=0.4, next=0.3, later=0.2)
"""Weights that look at the turns around one."""


class StoreContract(TransferContract):
    """What every store has to do."""

    def test_what_is_stored_reads_back(self, tmp_path: Path) -> None:
        said_at = datetime(2023, 5, 8, 13, 56, tzinfo=timezone(timedelta(hours=2)))
        meta = {"tags": ["a", "ü"], "draft": False, "n": {"x": 1.5, "y": None}}
        content = document(
            "One.",
            "Two\nlines.",
            title="Notes",
            meta=meta,
            path=("Top", 'Sub "x"'),
            speaker="Ana",
            said_at=said_at,
        )

        async def check(store: BankStore) -> None:
            assert await put(store, "b", "notes", content) == 1
            source = await store.source("b", "notes")
            assert source is not None
            assert (source.bank_id, source.source_id, source.version) == ("b", "notes", 1)
            assert (source.title, source.meta) == ("Notes", meta)
            assert (source.characters, source.sections) == (len(content[0]), 2)
            assert source.retained_at.utcoffset() == timedelta(0)
            assert _undated(await store.sections("b", "notes")) == _rows("notes", content)

        async def check_again(store: BankStore) -> None:
            assert _undated(await store.sections("b", "notes")) == _rows("notes", content)
            assert await found(store, "b", "lines") == ["Two\nlines."]

        self.with_store(tmp_path, check)
        self.with_store(tmp_path, check_again)

    def test_an_empty_store_has_nothing(self, tmp_path: Path) -> None:
        async def check(store: BankStore) -> None:
            assert await store.source("b", "s") is None
            assert list(await store.sources("b")) == []
            assert list(await store.sections("b", "s")) == []
            assert await found(store, "b", "word") == []
            assert await store.counts("b") == Counts()
            assert list(await store.banks()) == []
            assert await store.delete_source("b", "s") is False

        self.with_store(tmp_path, check)

    def test_a_bank_sees_nothing_of_another(self, tmp_path: Path) -> None:
        async def check(store: BankStore) -> None:
            await put(store, "ana", "s", document("The fox of Ana."))
            await put(store, "bob", "s", document("The fox of Bob.", "A second fox."))
            assert await found(store, "ana", "fox") == ["The fox of Ana."]
            assert await found(store, "bob", "bob", "ana") == ["The fox of Bob."]
            assert await found(store, "eve", "fox") == []
            assert await store.counts("ana") == Counts(1, 1)
            assert await store.counts("bob") == Counts(1, 2)
            assert list(await store.banks()) == ["ana", "bob"]
            assert await store.delete_source("ana", "s") is True
            assert list(await store.banks()) == ["bob"]
            assert await store.counts("bob") == Counts(1, 2)
            assert len(await found(store, "bob", "fox")) == 2

        self.with_store(tmp_path, check)

    def test_a_new_version_replaces_the_old_one(self, tmp_path: Path) -> None:
        old = document("Kept as it is.", "Ana lives in Porto.", title="Old")
        new = document("Something new.", "Kept as it is.", "Ana lives in Lisbon.", title="Old")

        async def check(store: BankStore) -> None:
            assert await put(store, "b", "s", old) == 1
            assert await put(store, "b", "s", new) == 2
            assert _undated(await store.sections("b", "s")) == _rows("s", new)
            assert await found(store, "b", "porto") == []
            assert await found(store, "b", "lisbon") == ["Ana lives in Lisbon."]
            assert await found(store, "b", "kept") == ["Kept as it is."]
            assert await store.counts("b") == Counts(1, 3)
            assert await put(store, "b", "s", old) == 3
            assert _undated(await store.sections("b", "s")) == _rows("s", old)
            assert await found(store, "b", "lisbon") == []

        self.with_store(tmp_path, check)

    def test_storing_what_is_visible_changes_nothing(self, tmp_path: Path) -> None:
        content = document("Once.")

        async def check(store: BankStore) -> None:
            assert await put(store, "b", "s", content) == 1
            first = await store.source("b", "s")
            assert await put(store, "b", "s", content) == 1
            assert await store.source("b", "s") == first
            assert await found(store, "b", "once") == ["Once."]

        self.with_store(tmp_path, check)

    def test_a_changed_title_speaker_or_date_is_found(self, tmp_path: Path) -> None:
        may, june = (datetime(2023, month, 8, tzinfo=UTC) for month in (5, 6))

        async def check(store: BankStore) -> None:
            old = document("Hello.", title="Zebras", speaker="Ana", said_at=may)
            new = document("Hello.", title="Lions", speaker="Bob", said_at=june)
            await put(store, "b", "s", old, "old")
            await put(store, "b", "s", new, "new")
            for gone in ("zebras", "ana", "may"):
                assert await found(store, "b", gone) == []
            for there in ("lions", "bob", "june"):
                assert await found(store, "b", there) == ["Hello."]
            assert _undated(await store.sections("b", "s")) == _rows("s", new)

        self.with_store(tmp_path, check)

    def test_headings_speakers_dates_and_titles_are_searched(self, tmp_path: Path) -> None:
        content = document(
            "Hello.",
            title="Quarterly report",
            path=("Animals", "Giraffes"),
            speaker="Ana",
            said_at=datetime(2023, 5, 8, tzinfo=UTC),
        )

        async def check(store: BankStore) -> None:
            await put(store, "b", "s", content)
            for term in ("QUARTERLY", "animal", "giraffe", "ana", "May", "2023", "hello"):
                assert await found(store, "b", term) == ["Hello."], term

        self.with_store(tmp_path, check)

    def test_who_speaks_in_a_bank_is_told(self, tmp_path: Path) -> None:
        async def check(store: BankStore) -> None:
            assert list(await store.search("b", lambda bank: bank.speakers())) == []
            for name in ("Bob", "", "ana", "Zoë", "Ana"):
                content = document(f"Hello from {name}.", "Bye.", speaker=name or None)
                await put(store, "b", f"from {name}", content)
            await put(store, "other", "s", document("Hello.", speaker="Eve"))
            assert list(await store.search("b", lambda bank: bank.speakers())) == [
                "Ana",
                "Bob",
                "Zoë",
                "ana",
            ]
            await put(store, "b", "from Bob", document("Hello.", speaker="Rob"), "new")
            await store.delete_source("b", "from ana")
            assert list(await store.search("b", lambda bank: bank.speakers())) == [
                "Ana",
                "Rob",
                "Zoë",
            ]

        self.with_store(tmp_path, check)

    def test_a_deleted_source_is_gone(self, tmp_path: Path) -> None:
        content = document("A fox.", "A dog.", title="Pets")

        async def check(store: BankStore) -> None:
            await put(store, "b", "gone", content)
            await put(store, "b", "kept", content)
            assert await store.delete_source("b", "gone") is True
            assert await store.delete_source("b", "gone") is False
            assert await store.source("b", "gone") is None
            assert list(await store.sections("b", "gone")) == []
            assert await found(store, "b", "fox") == ["A fox."]
            assert await store.counts("b") == Counts(1, 2)
            assert await put(store, "b", "gone", content) == 1
            assert await found(store, "b", "fox") == ["A fox.", "A fox."]

        self.with_store(tmp_path, check)

    def test_ids_are_text_and_nothing_else(self, tmp_path: Path) -> None:
        async def check(store: BankStore) -> None:
            for bank_id in HOSTILE_IDS:
                await put(store, bank_id, "s", document(f"fox {len(bank_id)}"))
            for source_id in HOSTILE_IDS:
                await put(store, "all", source_id, document("A fox."))
            assert list(await store.banks()) == sorted([*HOSTILE_IDS, "all"])
            assert [s.source_id for s in await store.sources("all")] == sorted(HOSTILE_IDS)
            for name in HOSTILE_IDS:
                assert await found(store, name, "fox") == [f"fox {len(name)}"]
                assert [row.source_id for row in await store.sections("all", name)] == [name]
                assert await store.delete_source("all", name)
                assert await store.delete_source(name, "s")
            assert list(await store.banks()) == []

        self.with_store(tmp_path, check)

    def test_terms_are_words_and_nothing_else(self, tmp_path: Path) -> None:
        async def check(store: BankStore) -> None:
            await put(store, "b", "s", document("The fox.", "A dog or a cat.", "near and not"))
            for term in HOSTILE_TERMS:
                for text in await found(store, "b", term):
                    assert set(text.lower().strip(".").split()) & set(_letters(term)), term
            assert await found(store, "b", *HOSTILE_TERMS, "dog", limit=1) != []
            assert await found(store, "b") == []
            assert await found(store, "b", *(f"w{n}" for n in range(2_000)), "fox") == ["The fox."]

        self.with_store(tmp_path, check)

    @pytest.mark.parametrize(
        "where", ["bank", "source", "text", "title", "heading", "speaker", "meta"]
    )
    @pytest.mark.parametrize(("bad", "named"), [("a\ud83d", "surrogate"), ("a\0b", "NUL")])
    def test_what_no_store_can_write_is_refused(
        self, tmp_path: Path, where: str, bad: str, named: str
    ) -> None:
        contents = {
            "text": document("fine", bad),
            "title": document("fine", title=bad),
            "heading": document("fine", path=(bad,)),
            "speaker": document("fine", speaker=bad),
            "meta": document("fine", meta={"tags": ["\\", {bad: "\\u0000"}]}),
        }

        async def check(store: BankStore) -> None:
            await put(store, "b", "s", document("The old version."))
            with pytest.raises(InputError, match=named):
                await put(
                    store,
                    bad if where == "bank" else "b",
                    bad if where == "source" else "s",
                    contents.get(where, document("fine")),
                )
            assert await found(store, "b", "old", "fine") == ["The old version."]
            source = await store.source("b", "s")
            assert source is not None
            assert source.version == 1

        self.with_store(tmp_path, check)

    @pytest.mark.parametrize("bad", ["a\ud83d", "a\0b"])
    def test_nothing_is_looked_for_by_what_no_store_can_write(
        self, tmp_path: Path, bad: str
    ) -> None:
        async def check(store: BankStore) -> None:
            for refused in (
                lambda: store.counts(bad),
                lambda: store.source("b", bad),
                lambda: store.delete_source("b", bad),
                lambda: store.cited_by_id("b", [bad]),
                lambda: store.cited_about("b", bad),
                lambda: store.writers("b", ["Ana", bad]),
                lambda: store.correct("b", "merge", "Ana", bad),
            ):
                with pytest.raises(InputError, match=r"NUL|surrogate"):
                    await refused()

        self.with_store(tmp_path, check)

    def test_a_document_that_cannot_be_stored_leaves_the_old_one(self, tmp_path: Path) -> None:
        old = document("The old version.")
        text, good = document("One.", "Two.", "Three.")
        first, *_, last = good.sections
        bad = [
            replace(good, sections=(*good.sections, replace(first, ordinal=3))),
            replace(good, sections=(first, replace(last, end=len(text) + 1))),
            replace(good, sections=(first, replace(last, said_at=datetime(2023, 5, 8)))),  # noqa: DTZ001 - what is to be refused
            replace(good, meta={"x": object()}),
        ]

        async def check(store: BankStore) -> None:
            await put(store, "b", "s", old)
            for n, broken in enumerate(bad):
                with pytest.raises(InputError):
                    await put(store, "b", "s", (text, broken), str(n))
                assert _undated(await store.sections("b", "s")) == _rows("s", old)
                assert await found(store, "b", "one", "two", "three") == []
            assert await put(store, "b", "s", (text, good)) == 2

        self.with_store(tmp_path, check)

    def test_the_best_section_comes_first(self, tmp_path: Path) -> None:
        async def check(store: BankStore) -> None:
            await put(store, "b", "2", document("fox", "dog", "fox and dog and cat"))
            await put(store, "b", "1", document("filler", "fox"))
            rows = list(
                await store.search("b", lambda bank: bank.sections(["fox", "dog", "cat"], 10))
            )
            scores = [score for _, score in rows]
            assert rows[0][0].text == "fox and dog and cat"
            assert scores == sorted(scores, reverse=True)
            assert await found(store, "b", "fox", "dog", "cat", limit=1) == ["fox and dog and cat"]
            assert await found(store, "b", "fox", limit=0) == []

        self.with_store(tmp_path, check)

    def test_what_is_rare_in_a_bank_is_rare_whatever_other_banks_hold(self, tmp_path: Path) -> None:
        async def check(store: BankStore) -> None:
            turns = [f"Ana, Ana and Ana again: {n}." for n in range(5)]
            await put(store, "b", "s", document(*turns, "Her boat."))
            alone = await store.search("b", lambda bank: bank.sections(["ana", "boat"], 10))
            assert alone[0][0].text == "Her boat."
            await put(store, "other", "s", document(*(f"A boat: {n}." for n in range(200))))
            beside = await store.search("b", lambda bank: bank.sections(["ana", "boat"], 10))
            assert [row for row, _ in beside] == [row for row, _ in alone]
            assert await found(store, "b", "ana", "boat", limit=1) == ["Her boat."]

        self.with_store(tmp_path, check)

    def test_ties_are_in_the_order_of_source_and_place(self, tmp_path: Path) -> None:
        async def check(store: BankStore) -> None:
            for source_id in ("c", "a", "b"):
                await put(store, "b", source_id, document("fox one", "fox two", "fox six"))
            rows = await store.search("b", lambda bank: bank.sections(["fox"], 8))
            places = [(row.source_id, row.section.ordinal) for row, _ in rows]
            assert places == [(s, n) for s in "abc" for n in range(3)][:8]

        self.with_store(tmp_path, check)

    def test_sources_are_in_the_order_of_their_ids(self, tmp_path: Path) -> None:
        names = ["b", "a", "é", "Z", "a/b", "10", "9"]

        async def check(store: BankStore) -> None:
            for name in names:
                await put(store, "b", name, document("text"))
            assert [source.source_id for source in await store.sources("b")] == sorted(names)

        self.with_store(tmp_path, check)

    def test_a_turn_is_found_by_the_turns_around_it(self, tmp_path: Path) -> None:
        texts = ["zero", "one", "The fox?", "three", "four", "five"]

        async def around(store: BankStore) -> list[str]:
            rows = await store.search("b", lambda bank: bank.sections(["fox"], 100, AROUND))
            return [row.text for row, _ in rows]

        async def check(store: BankStore) -> None:
            turns = document(*texts, speaker="Ana")
            await put(store, "b", "s", turns)
            assert await found(store, "b", "fox") == ["The fox?"]
            assert await around(store) == ["The fox?", "three", "four", "one", "zero"]
            changed = document(*(t.replace("fox", "dog") for t in texts), speaker="Ana")
            await put(store, "b", "s", changed)
            assert await around(store) == []
            await put(store, "b", "s", document(*texts))
            assert await around(store) == ["The fox?"], "text that nobody says has no neighbours"

        self.with_store(tmp_path, check)

    def test_a_turn_below_other_headings_is_no_neighbour(self, tmp_path: Path) -> None:
        async def check(store: BankStore) -> None:
            text, parsed = document("The fox?", "Next day.", speaker="Ana")
            first, second = parsed.sections
            apart = replace(parsed, sections=(replace(first, path=("A",)), second))
            await put(store, "b", "s", (text, apart))
            rows = await store.search("b", lambda bank: bank.sections(["fox"], 100, AROUND))
            assert [row.text for row, _ in rows] == ["The fox?"]

        self.with_store(tmp_path, check)

    def test_vectors_are_searched_by_their_nearness(self, tmp_path: Path) -> None:
        content = document("east", "north", "north-east", "unknown")
        query = np.array([1, 0], dtype=np.float32)

        async def check(store: BankStore) -> None:
            assert await store.vector_model("b") is None
            assert await near(store, "b") == []
            await put(store, "b", "s", content, vectors=vectors_of(content, 0, 90, 45))
            assert await store.vector_model("b") == "m"
            assert await near(store, "b") == ["east", "north-east", "north"]
            assert await near(store, "b", limit=1) == ["east"]
            alike = await store.search("b", lambda bank: bank.likeness("m", query, 100, least=0.5))
            assert [row.text for row, _ in alike.best] == ["east", "north-east"]
            assert alike.near == 3
            assert (
                await store.search("b", lambda bank: bank.likeness("m", query, 2, least=2.0))
            ).near == 2
            rows = await store.sections("b", "s")
            likeness = await store.search(
                "b", lambda bank: bank.likeness("m", query, 0, [rows[1], rows[3]])
            )
            assert likeness.best == ()
            ((key, cosine),) = likeness.asked.items()
            assert key == ("s", rows[1].section.section_id)
            assert abs(cosine) < 0.001
            assert abs(likeness.mean - (1 + 0.7071) / 3) < 0.001
            names = {row.section.section_id for row in rows[:3]}
            assert await store.embedded("b", "s", "m") == names

        self.with_store(tmp_path, check)

    def test_a_bank_sees_no_vector_of_another(self, tmp_path: Path) -> None:
        async def check(store: BankStore) -> None:
            for bank in ("ana", "bob"):
                content = document(f"of {bank}")
                await put(store, bank, "s", content, vectors=vectors_of(content, 0))
            assert await near(store, "ana") == ["of ana"]
            assert await near(store, "bob") == ["of bob"]
            assert await near(store, "eve") == []

        self.with_store(tmp_path, check)

    def test_vectors_of_two_models_never_mix(self, tmp_path: Path) -> None:
        one, two = document("one"), document("two")

        async def check(store: BankStore) -> None:
            await put(store, "b", "1", one, vectors=vectors_of(one, 0))
            with pytest.raises(InputError, match="vectors of m"):
                await put(store, "b", "2", two, vectors=vectors_of(two, 0, model="other"))
            assert await store.source("b", "2") is None
            await put(store, "b", "2", two, vectors=vectors_of(two, 90))
            await store.add_vectors("b", "1", vectors_of(one, 90, model="other"))
            assert await store.embedded("b", "1", "other") != frozenset()
            assert await store.use_model("b", "other") == 1
            assert await near(store, "b") == ["one", "two"]
            assert await near(store, "b", "other") == []
            await store.add_vectors("b", "2", vectors_of(two, 0, model="other"))
            assert await store.use_model("b", "other") == 0
            assert await store.vector_model("b") == "other"
            assert await near(store, "b", "other") == ["two", "one"]
            assert await near(store, "b") == []
            assert await store.embedded("b", "1", "m") == frozenset()

        self.with_store(tmp_path, check)

    def test_sections_that_stay_keep_their_vectors_and_others_leave_none(
        self, tmp_path: Path
    ) -> None:
        old = document("kept", "gone")
        new = document("new", "kept")

        async def check(store: BankStore) -> None:
            await put(store, "b", "s", old, vectors=vectors_of(old, 45, 0))
            await put(store, "b", "s", new, vectors=vectors_of(new, 90))
            assert await near(store, "b") == ["kept", "new"]
            await put(store, "b", "other", document("without"))
            assert await store.delete_source("b", "s")
            assert await near(store, "b") == []
            assert await store.delete_source("b", "other")
            assert await store.vector_model("b") is None
            await put(store, "b", "s", old, vectors=vectors_of(old, 0, 45, model="other"))
            assert await near(store, "b", "other") == ["kept", "gone"]

        self.with_store(tmp_path, check)

    def test_every_script_is_found(self, tmp_path: Path) -> None:
        texts = {
            "我喜欢猫和狗。": ["猫", "喜欢", "我喜欢猫", "喜欢什么"],
            "東京タワーに行きました。": ["東京", "タワー"],
            "고양이를 좋아해요": ["고양이"],
            "ฉันชอบแมว": ["แมว"],
            "أحب القطط كثيرا": ["القطط"],
            "אני אוהב חתולים": ["חתולים"],
            "Люблю кошек": ["кошек", "КОШЕК"],
            "मुझे बिल्ली पसंद": ["बिल्ली"],
            "Un café crème": ["cafe", "café", "cafe\u0301", "CRÈME"],
            "Python猫 ships \U0001f680 today": ["Python猫", "python", "ships"],
        }

        async def check(store: BankStore) -> None:
            for n, text in enumerate(texts):
                await put(store, "b", str(n), document(text))
            for text, terms in texts.items():
                for term in terms:
                    assert text in await found(store, "b", term), term
            assert "我喜欢猫和狗。" not in await found(store, "b", "欢喜")

        self.with_store(tmp_path, check)

    def test_a_source_of_many_sections(self, tmp_path: Path) -> None:
        count = 3_000
        content = document(*(f"entry {n} of topic{n % 7}" for n in range(count)))

        async def check(store: BankStore) -> None:
            await put(store, "b", "s", content)
            assert await store.counts("b") == Counts(1, count)
            rows = await store.sections("b", "s")
            assert [row.section.ordinal for row in rows] == list(range(count))
            assert await found(store, "b", "2999") == ["entry 2999 of topic3"]
            assert len(await found(store, "b", "entry", limit=count + 1)) == count
            assert await store.delete_source("b", "s")
            assert await store.counts("b") == Counts()

        self.with_store(tmp_path, check)

    def test_writers_side_by_side(self, tmp_path: Path) -> None:
        async def check(store: BankStore) -> None:
            contents = [document(f"fox {n}", "shared") for n in range(30)]
            versions = await asyncio.gather(
                *(put(store, f"b{n % 3}", f"s{n}", content) for n, content in enumerate(contents)),
                *(put(store, "b0", "same", document(f"same {n}")) for n in range(10)),
            )
            assert versions[:30] == [1] * 30
            assert sorted(versions[30:]) == list(range(1, 11))
            assert await store.counts("b0") == Counts(11, 21)
            assert len(await found(store, "b0", "same")) == 1

        self.with_store(tmp_path, check)


def _undated(rows: Sequence[SectionRow]) -> Sequence[SectionRow]:
    """The sections without when they came in."""
    return [replace(row, came_in=None) for row in rows]


def _rows(source_id: str, content: tuple[str, Document]) -> Sequence[SectionRow]:
    text, parsed = content
    return [SectionRow(source_id, s, text[s.start : s.end]) for s in parsed.sections]


def _letters(term: str) -> list[str]:
    return "".join(char if char.isalnum() else " " for char in term.lower()).split()
