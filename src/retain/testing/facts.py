"""The contract of a store's search among facts, a part of `StoreContract`."""
# ruff: noqa: S101 - assertions are what a test suite is made of

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path

from retain.bank import BankStore
from retain.testing.contents import document, fact, put, saying


async def facts_found(store: BankStore, bank_id: str, *terms: str, limit: int = 100) -> list[str]:
    """The statements that a search finds, best first."""
    return [
        one.fact.text
        for one, _ in await store.search(bank_id, lambda bank: bank.facts(terms, limit))
    ]


class FactSearchContract:
    """What every store has to do with the words of facts."""

    def open_store(self, folder: Path) -> AbstractAsyncContextManager[BankStore]:
        """Open the store that lives in `folder`; a second time, the same one."""
        raise NotImplementedError

    def with_store(self, folder: Path, check: Callable[[BankStore], Awaitable[None]]) -> None:
        """Run `check` on the store of `folder`, in an event loop of its own."""

        async def run() -> None:
            async with self.open_store(folder) as store:
                await check(store)

        asyncio.run(run())

    def test_a_fact_is_found_with_its_section_and_place(self, tmp_path: Path) -> None:
        content = document("Nothing here.", "Well, I live in Porto.", path=("Top",), speaker="Ana")
        said = fact("Ana lives in Porto", "I live in Porto", subject="Ana", entities=("Porto",))

        async def check(store: BankStore) -> None:
            await put(store, "b", "s", content, knowledge=saying(content, said))
            ((one, score),) = await store.search("b", lambda bank: bank.facts(["lives"], 10))
            assert score > 0
            assert (one.row.source_id, one.row.text) == ("s", "Well, I live in Porto.")
            assert one.row == (await store.sections("b", "s"))[1]
            assert content[0][one.fact.start : one.fact.end] == "I live in Porto"
            assert (one.fact.fact_id, one.fact.subject) == (said.fact_id, "Ana")
            assert one.fact.entities == ("Porto",)
            assert await facts_found(store, "b", "nothing") == []
            assert await facts_found(store, "b") == []
            assert await facts_found(store, "b", "porto", limit=0) == []

        self.with_store(tmp_path, check)

    def test_what_another_has_changed_is_found_as_it_is_now(self, tmp_path: Path) -> None:
        content, moved = document("I live in Porto."), document("Hello.", "I live in Porto.")
        said = fact("Ana lives in Porto", "I live in Porto")

        async def check(store: BankStore) -> None:
            await put(store, "b", "s", content, knowledge=saying(content, said))
            await store.search("b", lambda bank: bank.facts(["porto"], 10))
            async with self.open_store(tmp_path) as other:
                await put(other, "b", "s", moved, knowledge=saying(moved, said))
            ((row, _),) = await store.search("b", lambda bank: bank.sections(["porto"], 10))
            ((one, _),) = await store.search("b", lambda bank: bank.facts(["porto"], 10))
            assert row == one.row == (await store.sections("b", "s"))[1]
            assert moved[0][one.fact.start : one.fact.end] == "I live in Porto"

        self.with_store(tmp_path, check)

    def test_a_fact_that_was_found_tells_what_replaces_it_since(self, tmp_path: Path) -> None:
        may, june = (datetime(2023, month, 8, tzinfo=UTC) for month in (5, 6))
        old, new = (
            document("I live in Porto.", said_at=may),
            document("I live in Rome.", said_at=june),
        )
        lives = {"subject": "Ana", "slot": "lives in"}
        older = fact("Ana lives in Porto", "I live in Porto", value="Porto", **lives)
        newer = fact("Ana lives in Rome", "I live in Rome", value="Rome", **lives)

        async def check(store: BankStore) -> None:
            await put(store, "b", "old", old, knowledge=saying(old, older))
            ((before, _),) = await store.search("b", lambda bank: bank.facts(["porto"], 10))
            await put(store, "b", "new", new, knowledge=saying(new, newer))
            ((after, _),) = await store.search("b", lambda bank: bank.facts(["porto"], 10))
            assert before.fact.superseded_by is None
            assert after.fact.superseded_by == newer.fact_id

        self.with_store(tmp_path, check)

    def test_facts_are_found_by_names_days_and_headings(self, tmp_path: Path) -> None:
        content = document("She moved.", path=("Removals",))
        day = datetime(2023, 5, 8, tzinfo=UTC)
        said = fact("She moved", "She moved", entities=("Ana Sousa",), occurred_start=day)

        async def check(store: BankStore) -> None:
            await put(store, "b", "s", content, knowledge=saying(content, said))
            for term in ("moves", "SOUSA", "may", "2023", "removal"):
                assert await facts_found(store, "b", term) == ["She moved"], term

        self.with_store(tmp_path, check)

    def test_the_statement_counts_more_than_what_stands_beside_it(self, tmp_path: Path) -> None:
        content = document("He met somebody there.", "The harbour was full.")
        met = fact("He met somebody", "He met somebody there", entities=("Harbour",))
        full = fact("The harbour was full", "The harbour was full")

        async def check(store: BankStore) -> None:
            await put(store, "b", "s", content, knowledge=saying(content, met, full))
            texts = await facts_found(store, "b", "harbour")
            assert texts == ["The harbour was full", "He met somebody"]
            assert await facts_found(store, "b", "harbour", limit=1) == ["The harbour was full"]

        self.with_store(tmp_path, check)

    def test_a_bank_sees_no_fact_of_another(self, tmp_path: Path) -> None:
        async def check(store: BankStore) -> None:
            for bank in ("ana", "bob"):
                content = document(f"The fox of {bank}.")
                said = saying(content, fact(f"The fox of {bank}"))
                await put(store, bank, "s", content, knowledge=said)
            assert await facts_found(store, "ana", "fox") == ["The fox of ana"]
            assert await facts_found(store, "bob", "fox", "ana") == ["The fox of bob"]
            assert await facts_found(store, "eve", "fox") == []
            assert await store.delete_source("ana", "s")
            assert await facts_found(store, "ana", "fox") == []
            assert await facts_found(store, "bob", "fox") == ["The fox of bob"]

        self.with_store(tmp_path, check)

    def test_a_new_version_replaces_the_facts_and_keeps_the_ids_of_those_that_stay(
        self, tmp_path: Path
    ) -> None:
        old = document("Ana lives in Porto. Ana has a cat.", "Bob sails.")
        new = document("Something new.", "Ana has a cat.", "Bob sails.")
        cat, sails = fact("Ana has a cat"), fact("Bob sails")
        before = saying(old, fact("Ana lives in Porto"), cat, sails)

        async def ids(store: BankStore) -> dict[str, str]:
            found = await store.search("b", lambda bank: bank.facts(["ana", "bob"], 10))
            return {one.fact.text: one.fact.fact_id for one, _ in found}

        async def check(store: BankStore) -> None:
            await put(store, "b", "s", old, knowledge=before)
            first = await ids(store)
            assert len(first) == 3
            await put(store, "b", "s", new, knowledge=saying(new, cat, sails))
            assert await facts_found(store, "b", "porto") == []
            assert await ids(store) == {text: first[text] for text in (cat.text, sails.text)}
            for one, _ in await store.search("b", lambda bank: bank.facts(["cat", "sails"], 10)):
                assert new[0][one.fact.start : one.fact.end] == one.fact.quote
            await put(store, "b", "s", old, knowledge=before)
            assert await ids(store) == first

        self.with_store(tmp_path, check)

    def test_a_deleted_source_leaves_no_fact_to_find(self, tmp_path: Path) -> None:
        content = document("The fox sleeps.")
        said = saying(content, fact("The fox sleeps"))

        async def check(store: BankStore) -> None:
            for source_id in ("gone", "kept"):
                await put(store, "b", source_id, content, knowledge=said)
            assert await store.delete_source("b", "gone")
            found = await store.search("b", lambda bank: bank.facts(["fox"], 10))
            assert [one.row.source_id for one, _ in found] == ["kept"]

        self.with_store(tmp_path, check)

    def test_what_is_rare_among_the_facts_of_a_bank_is_rare_beside_others(
        self, tmp_path: Path
    ) -> None:
        turns = [f"Ana and Ana met Ana {n} times." for n in range(5)]
        mine, boats = document(*turns, "A boat came."), [f"A boat {n} left." for n in range(200)]
        others = document(*boats)

        async def check(store: BankStore) -> None:
            facts = map(fact, [*turns, "A boat came."])
            await put(store, "b", "s", mine, knowledge=saying(mine, *facts))
            alone = await facts_found(store, "b", "ana", "boat")
            assert alone[0] == "A boat came."
            await put(store, "other", "s", others, knowledge=saying(others, *map(fact, boats)))
            assert await facts_found(store, "b", "ana", "boat") == alone
            assert await facts_found(store, "b", "ana", "boat", limit=1) == ["A boat came."]

        self.with_store(tmp_path, check)

    def test_a_repetition_is_not_another_fact(self, tmp_path: Path) -> None:
        content = document("The fox sleeps.", "A fox is asleep.")
        said = saying(content, fact("The fox sleeps"), merged=[fact("A fox is asleep")])

        async def check(store: BankStore) -> None:
            await put(store, "b", "s", content, knowledge=said)
            assert await facts_found(store, "b", "fox") == ["The fox sleeps"]

        self.with_store(tmp_path, check)

    def test_facts_of_every_script_are_found(self, tmp_path: Path) -> None:
        texts = {"我喜欢猫": "喜欢", "أحب القطط": "القطط", "Un café crème": "cafe"}
        content = document(*texts)
        said = saying(content, *(fact(text) for text in texts))

        async def check(store: BankStore) -> None:
            await put(store, "b", "s", content, knowledge=said)
            for text, term in texts.items():
                assert await facts_found(store, "b", term) == [text]

        self.with_store(tmp_path, check)

    def test_equal_facts_come_in_the_order_of_their_sources(self, tmp_path: Path) -> None:
        content = document("A fox.")

        async def check(store: BankStore) -> None:
            for source_id in ("3", "1", "2"):
                await put(store, "b", source_id, content, knowledge=saying(content, fact("A fox")))
            for limit in (2, 3):
                found = await store.search("b", lambda bank, most=limit: bank.facts(["fox"], most))
                assert [one.row.source_id for one, _ in found] == ["1", "2", "3"][:limit]

        self.with_store(tmp_path, check)
