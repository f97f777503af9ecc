"""The contract of a store's leads of pages, a part of `StoreContract`."""
# ruff: noqa: S101 - assertions are what a test suite is made of

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from retain.bank import BankStore
from retain.errors import NotFoundError
from retain.memory.model import Document, Fact, Knowledge, Lead, LeadSentence, Mention
from retain.memory.redaction import redaction_of
from retain.testing.contents import document, fact, put, saying
from retain.testing.facts import FactSearchContract

HOME = document("Ana lives in Porto.", "Ana has a cat.")
WORK = document("Ana works at Acme.")
LIVES, CAT, WORKS = (
    fact("Ana lives in Porto", entities=("Ana",)),
    fact("Ana has a cat", entities=("Ana",)),
    fact("Ana works at Acme", entities=("Ana",)),
)


def naming(content: tuple[str, Document], name: str, *facts: Fact) -> Knowledge:
    """What says `facts`, and names somebody where its first section begins."""
    first = content[1].sections[0].section_id
    return replace(saying(content, *facts), mentions=(Mention(name, "person", first, 0, 3),))


def lead_of(page_id: str, *facts: Fact, title: str = "Ana", text: str = "Ana is told of.") -> Lead:
    """A lead that is made from `facts` and cites the first of them."""
    made_from = tuple(sorted(one.fact_id for one in facts))
    said = LeadSentence(text, (facts[0].fact_id,))
    return Lead(page_id, title, page_id.encode().hex().ljust(64, "0")[:64], made_from, (said,))


async def keep(store: BankStore, bank_id: str, *leads: Lead) -> None:
    """Put leads into a bank, each for an entity of its own."""
    await store.put_leads(bank_id, {f"entity of {lead.page_id}": lead for lead in leads})


async def leads(store: BankStore, bank_id: str) -> Sequence[Lead]:
    """The leads that a bank holds."""
    try:
        return tuple([one async for one in store.dump(bank_id) if isinstance(one, Lead)])
    except NotFoundError:
        return ()


async def two_sources(store: BankStore, bank_id: str = "b") -> None:
    """A bank of three facts in two sources, which both name Ana."""
    await put(store, bank_id, "home", HOME, knowledge=naming(HOME, "Ana", LIVES, CAT))
    await put(store, bank_id, "work", WORK, knowledge=naming(WORK, "Ana", WORKS))


class LeadContract(FactSearchContract):
    """What every store has to do with leads."""

    def test_leads_read_back_with_what_they_are_made_from(self, tmp_path: Path) -> None:
        told = LeadSentence("Ana 喜欢 <cats> & 'dogs'.", (CAT.fact_id, LIVES.fact_id))
        ana = replace(lead_of("ana", CAT, LIVES), sentences=(told, LeadSentence("So.", ("x",))))
        again = lead_of("ana", WORKS)

        async def check(store: BankStore) -> None:
            await two_sources(store)
            await keep(store, "b", lead_of("porto", LIVES), ana)
            assert await leads(store, "b") == (ana, lead_of("porto", LIVES))
            await keep(store, "b", again)
            assert await leads(store, "b") == (again, lead_of("porto", LIVES))

        async def check_again(store: BankStore) -> None:
            assert await leads(store, "b") == (again, lead_of("porto", LIVES))

        self.with_store(tmp_path, check)
        self.with_store(tmp_path, check_again)

    def test_a_page_is_rendered_again_once_it_has_another_lead(self, tmp_path: Path) -> None:
        async def check(store: BankStore) -> None:
            await two_sources(store)
            (ana,) = await store.entities("b")
            await store.keep_pages("b", [(one, None) for one in await store.page_marks("b", 9)])
            asked = await store.lead_marks("b", 9)
            assert [one.owner for one in asked] == [ana.entity.entity_id]
            lead = lead_of("ana", LIVES)
            await store.put_leads("b", {ana.entity.entity_id: lead}, done=asked)
            assert [one.owner for one in await store.page_marks("b", 9)] == [ana.entity.entity_id]
            assert list(await store.lead_marks("b", 9)) == []
            await store.put_leads("b", {}, done=asked)
            assert await leads(store, "b") == (lead,)

        self.with_store(tmp_path, check)

    def test_a_page_that_changes_meanwhile_still_wants_a_lead(self, tmp_path: Path) -> None:
        async def check(store: BankStore) -> None:
            await two_sources(store)
            asked = await store.lead_marks("b", 9)
            more = document("Ana has a dog.")
            said = naming(more, "Ana", fact("Ana has a dog", entities=("Ana",)))
            await put(store, "b", "more", more, knowledge=said)
            await store.put_leads("b", {}, done=asked)
            assert len(await store.lead_marks("b", 9)) == 1

        self.with_store(tmp_path, check)

    def test_a_lead_of_facts_that_are_not_there_is_not_kept(self, tmp_path: Path) -> None:
        async def check(store: BankStore) -> None:
            await two_sources(store)
            nowhere = lead_of("eva", LIVES, title="Eva")
            await keep(store, "b", lead_of("ana", fact("Ana is a spy")), nowhere)
            assert await leads(store, "b") == ()

        self.with_store(tmp_path, check)

    def test_a_lead_goes_with_the_source_of_any_of_its_facts(self, tmp_path: Path) -> None:
        async def check(store: BankStore) -> None:
            await two_sources(store)
            await keep(store, "b", lead_of("ana", LIVES, WORKS), lead_of("porto", LIVES))
            assert await store.delete_source("b", "work")
            assert await leads(store, "b") == (lead_of("porto", LIVES),)
            assert await store.delete_source("b", "home")
            assert await leads(store, "b") == ()
            await two_sources(store)
            assert await leads(store, "b") == ()

        self.with_store(tmp_path, check)

    def test_a_lead_goes_with_a_fact_that_a_new_version_does_not_state(
        self, tmp_path: Path
    ) -> None:
        new = document("Ana moved.", "Ana has a cat.")

        async def check(store: BankStore) -> None:
            await two_sources(store)
            await keep(store, "b", lead_of("ana", CAT, LIVES), lead_of("cat", CAT, WORKS))
            await store.redact("b", "home", LIVES.fact_id, [redaction_of(LIVES.quote)])
            await put(store, "b", "home", new, knowledge=naming(new, "Ana", CAT))
            assert await leads(store, "b") == (lead_of("cat", CAT, WORKS),)

        self.with_store(tmp_path, check)

    def test_a_lead_goes_when_nothing_writes_its_title_any_more(self, tmp_path: Path) -> None:
        async def check(store: BankStore) -> None:
            await two_sources(store)
            sousa = document("Ana Sousa.")
            await put(store, "b", "sousa", sousa, knowledge=naming(sousa, "Ana Sousa"))
            named = lead_of("ana-sousa", LIVES, WORKS, title="Ana Sousa")
            await keep(store, "b", named, lead_of("ana", LIVES))
            assert await leads(store, "b") == (lead_of("ana", LIVES), named)
            assert await store.delete_source("b", "sousa")
            assert await leads(store, "b") == (lead_of("ana", LIVES),)

        self.with_store(tmp_path, check)

    def test_a_bank_has_no_lead_of_another(self, tmp_path: Path) -> None:
        async def check(store: BankStore) -> None:
            for bank_id in ("ana", "bob"):
                await two_sources(store, bank_id)
                await keep(store, bank_id, lead_of("ana", LIVES, text=f"Told in {bank_id}."))
            assert await store.delete_source("ana", "home")
            assert await leads(store, "ana") == ()
            assert await leads(store, "bob") == (lead_of("ana", LIVES, text="Told in bob."),)

        self.with_store(tmp_path, check)
