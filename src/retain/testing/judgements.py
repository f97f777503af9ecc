"""The contract of what a store keeps of a model's decisions, a part of `StoreContract`."""
# ruff: noqa: S101 - assertions are what a test suite is made of

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from retain.bank import BankStore
from retain.memory.model import (
    Corrections,
    Document,
    Edge,
    Judgement,
    Mention,
    Verdict,
)
from retain.testing.contents import document, fact, put, saying
from retain.testing.facts import FactSearchContract

MAY, JUNE, JULY = (datetime(2023, month, 8, tzinfo=UTC) for month in (5, 6, 7))
SAME = Judgement("Kate", "Katherine", "same")


class JudgementContract(FactSearchContract):
    """What every store has to do with judgements of names and verdicts on facts."""

    def test_judgements_of_names_are_kept_and_the_first_stays(self, tmp_path: Path) -> None:
        async def check(store: BankStore) -> None:
            await _naming(store, "one", "Kate", "Katherine", "Kat")
            unsure = Judgement("Kat", "Kate", "unsure")
            await store.add_judgements("b", [SAME, unsure])
            await store.add_judgements("b", [replace(SAME, verdict="different")])
            corrections = await store.corrections("b")
            assert corrections.judged == {("Kate", "Katherine")}
            assert corrections.asked == {("Kate", "Katherine"), ("Kat", "Kate")}
            assert await store.corrections("another") == Corrections()

        self.with_store(tmp_path, check)

    def test_who_writes_a_name_is_known(self, tmp_path: Path) -> None:
        async def check(store: BankStore) -> None:
            await _naming(store, "two", "Kate", "Kate")
            await _naming(store, "one", "Katherine", "Kate")
            found = await store.writers("b", {"Kate", "Katherine", "Somebody"})
            told = {name: list(sources) for name, sources in found.items()}
            assert told == {"Kate": ["one", "two"], "Katherine": ["one"]}
            assert not await store.writers("another", {"Kate"})

        self.with_store(tmp_path, check)

    def test_judgements_come_with_a_source(self, tmp_path: Path) -> None:
        async def check(store: BankStore) -> None:
            await _naming(store, "one", "Kate", "Katherine", judgements=(SAME,))
            assert (await store.corrections("b")).judged == {("Kate", "Katherine")}

        self.with_store(tmp_path, check)

    def test_a_judgement_goes_with_the_last_source_of_a_name(self, tmp_path: Path) -> None:
        async def check(store: BankStore) -> None:
            for how in ("deleted", "replaced"):
                await _naming(store, "one", "Kate")
                await _naming(store, "two", "Katherine")
                await _naming(store, "three", "Katherine")
                await store.add_judgements("b", [SAME])
                assert await store.delete_source("b", "three")
                assert (await store.corrections("b")).asked
                if how == "deleted":
                    assert await store.delete_source("b", "two")
                else:
                    await _naming(store, "two", "Somebody")
                assert await store.corrections("b") == Corrections(), how

        self.with_store(tmp_path, check)

    def test_what_is_judged_of_a_name_that_has_gone_is_not_kept(self, tmp_path: Path) -> None:
        async def check(store: BankStore) -> None:
            await _naming(store, "one", "Kate")
            await store.add_judgements("b", [SAME])
            assert await store.corrections("b") == Corrections()

        self.with_store(tmp_path, check)

    def test_a_verdict_is_an_edge_until_one_of_its_facts_goes(self, tmp_path: Path) -> None:
        async def check(store: BankStore) -> None:
            vegan = await _said(store, "old", "Ana is vegan", MAY)
            fish = await _said(store, "new", "Ana eats fish", JUNE)
            await store.add_verdicts("b", [Verdict(vegan, fish, "replaces")])
            (edge,) = await store.edges("b")
            assert (edge.older, edge.newer) == (vegan, fish)
            assert edge.reason == "a model: Ana is vegan -> Ana eats fish"
            held = await store.cited_by_id("b", [vegan])
            assert held[vegan].fact.superseded_by == fish
            assert await store.delete_source("b", "new")
            assert list(await store.edges("b")) == []
            assert list(await store.verdicts("b")) == []
            held = await store.cited_by_id("b", [vegan])
            assert held[vegan].fact.superseded_by is None

        self.with_store(tmp_path, check)

    def test_verdicts_are_of_facts_as_they_were_stated(self, tmp_path: Path) -> None:
        async def check(store: BankStore) -> None:
            vegan = await _said(store, "old", "Ana is vegan", MAY)
            fish = await _said(store, "new", "Ana eats fish", JUNE)
            seen = Verdict(vegan, fish, "replaces")
            await store.add_verdicts("b", [seen, seen])
            await _said(store, "other", "Ana is tall", JUNE)
            assert list(await store.verdicts("b")) == [seen]
            assert await _said(store, "old", "Ana is vegan", JULY) == vegan
            assert list(await store.verdicts("b")) == []
            assert list(await store.edges("b")) == []

        self.with_store(tmp_path, check)

    def test_only_what_was_said_later_replaces_and_the_next_one_does(self, tmp_path: Path) -> None:
        async def check(store: BankStore) -> None:
            may = await _said(store, "1", "Ana is vegan", MAY)
            june = await _said(store, "2", "Ana eats fish", JUNE)
            july = await _said(store, "3", "Ana eats steak", JULY)
            said = [(may, july), (may, june), (june, july), (july, may)]
            verdicts = [Verdict(older, newer, "replaces") for older, newer in said]
            await store.add_verdicts("b", verdicts)
            edges = {(edge.older, edge.newer) for edge in await store.edges("b")}
            assert edges == {(may, june), (june, july)}

        self.with_store(tmp_path, check)

    def test_a_verdict_that_nothing_is_replaced_leaves_no_edge(self, tmp_path: Path) -> None:
        async def check(store: BankStore) -> None:
            vegan = await _said(store, "old", "Ana is vegan", MAY)
            fish = await _said(store, "new", "Ana eats fish", JUNE)
            before = await store.version("b")
            seen = Verdict(vegan, fish, "both hold")
            gone = Verdict(vegan, "gone", "unsure")
            await store.add_verdicts("b", [seen, gone])
            assert list(await store.verdicts("b")) == [seen]
            assert list(await store.edges("b")) == []
            assert await store.version("b") == before
            assert list(await store.verdicts("another")) == []

        self.with_store(tmp_path, check)

    def test_rules_come_before_verdicts(self, tmp_path: Path) -> None:
        async def check(store: BankStore) -> None:
            porto = await _said(store, "1", "Ana lives in Porto", MAY, "Porto")
            walks = await _said(store, "2", "Ana walks in Lisbon", JUNE)
            faro = await _said(store, "3", "Ana lives in Faro", JULY, "Faro")
            seen = Verdict(porto, walks, "replaces")
            await store.add_verdicts("b", [seen])
            assert await store.edges("b") == [Edge(faro, porto, "lives in: Porto -> Faro")]
            assert await store.delete_source("b", "3")
            (edge,) = await store.edges("b")
            assert (edge.older, edge.newer) == (porto, walks)

        self.with_store(tmp_path, check)

    def test_a_fact_that_is_buried_leaves_no_verdict(self, tmp_path: Path) -> None:
        async def check(store: BankStore) -> None:
            vegan = await _said(store, "old", "Ana is vegan", MAY)
            fish = await _said(store, "new", "Ana eats fish", JUNE)
            await store.add_verdicts("b", [Verdict(vegan, fish, "replaces")])
            await store.redact("b", "new", fish, [])
            assert list(await store.verdicts("b")) == []

        self.with_store(tmp_path, check)


async def _naming(
    store: BankStore, source_id: str, *names: str, judgements: tuple[Judgement, ...] = ()
) -> None:
    """Have a source write names, and nothing else."""
    content = document(" ".join(names))
    said = replace(saying(content), mentions=_mentions(content, names), judgements=judgements)
    await put(store, "b", source_id, content, knowledge=said)


def _mentions(content: tuple[str, Document], names: Sequence[str]) -> tuple[Mention, ...]:
    text, parsed = content
    (section,) = parsed.sections
    starts = [len(" ".join([*names[:n], ""])) if n else 0 for n in range(len(names))]
    assert all(text.startswith(name, at) for name, at in zip(names, starts, strict=True))
    return tuple(
        Mention(name, "person", section.section_id, at, at + len(name))
        for name, at in zip(names, starts, strict=True)
    )


async def _said(
    store: BankStore, source_id: str, text: str, when: datetime, home: str | None = None
) -> str:
    """Have a source say one thing of Ana, such as where she lives; the id of the fact."""
    content = document(text, speaker="Ana", said_at=when)
    one = fact(text, subject="Ana", slot=home and "lives in", value=home)
    name = when.isoformat()
    said = saying(content, one)
    await put(store, "b", source_id, content, name, knowledge=said)
    return one.fact_id
