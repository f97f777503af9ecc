"""Pages are rendered for whoever reads them, or by a render run, and kept where that can be."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from retain import Memory
from retain.bank import BankStore
from retain.bank.pages import MOST_TOLD
from retain.errors import DatabaseBusyError, DatabaseError
from retain.memory.model import Page
from retain.memory.ports import PageReads
from retain.wiki import reader, render_run, rendering

ANA = "# Ana\n\nAna Silva lives in Lisbon. Ana Silva works at Acme.\n"


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each page is rendered, by the id of what it is of."""
    counts: Counter[str] = Counter()

    def counted(kind: str, owner: str, reads: PageReads) -> Page | None:
        counts[owner] += 1
        return rendering.rendered(kind, owner, reads)

    monkeypatch.setattr(reader, "rendered", counted)
    monkeypatch.setattr(render_run, "rendered", counted)
    return counts


def with_memory(folder: Path, work):
    async def main():
        async with Memory.open(f"sqlite:///{folder}/memory.db") as memory:
            return await work(memory)

    return asyncio.run(main())


@pytest.mark.parametrize("error", [DatabaseError("read-only"), DatabaseBusyError("locked")])
def test_pages_are_read_where_nothing_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async def refuse(*_: object) -> None:
        raise error

    async def work(memory: Memory) -> list[str]:
        await memory.retain_text(ANA, source_id="ana")
        monkeypatch.setattr(BankStore, "keep_pages", refuse)
        return [page.title for page in await memory.pages()]

    assert "Ana Silva" in with_memory(tmp_path, work)


def test_many_sources_that_come_in_together_have_each_page_rendered_once(
    tmp_path: Path, rendered: Counter[str]
) -> None:
    for n in range(4):
        said = "\n".join(f"Ana Silva owns boat number {n}{boat}." for boat in range(20))
        (tmp_path / f"{n}.md").write_text(f"# Boats\n\n{said}\n\nAna Silva lives in Lisbon.\n")

    async def work(memory: Memory) -> None:
        assert all(run.status == "completed" for run in await memory.retain(tmp_path))
        assert set(rendered.values()) == {1}
        assert len(await memory.pages()) == len(rendered)
        assert set(rendered.values()) == {1}, "they are kept"

    with_memory(tmp_path, work)


def test_a_page_of_very_many_facts_is_left_to_its_reader(
    tmp_path: Path, rendered: Counter[str]
) -> None:
    boats = "\n\n".join(f"Ana Silva owns boat number {n}." for n in range(MOST_TOLD + 1))
    (tmp_path / "boats.md").write_text(f"# Boats\n\n{boats}\n\nBob Frey lives in Ulm.\n")

    async def work(memory: Memory) -> None:
        for _ in range(2):
            assert all(run.status == "completed" for run in await memory.retain(tmp_path))
        assert set(rendered.values()) == {1}
        before = sum(rendered.values())
        assert (await memory.wiki.page("Bob Frey")).facts == 1
        assert sum(rendered.values()) == before
        for _ in range(2):
            assert (await memory.wiki.page("Ana Silva")).facts == MOST_TOLD + 1
            assert sum(rendered.values()) == before + 1

    with_memory(tmp_path, work)


def test_a_page_that_is_read_is_kept_until_its_facts_change(
    tmp_path: Path, rendered: Counter[str]
) -> None:
    async def work(memory: Memory) -> None:
        await memory.retain_text(ANA, source_id="ana")
        await memory.retain_text("Bob Frey lives in Ulm. Bob Frey works at Acme.", source_id="bob")
        pages = {page.title: page for page in await memory.pages()}
        assert await memory.wiki.page("Ana Silva") == pages["Ana Silva"]
        assert set(rendered.values()) == {1}
        rendered.clear()
        await memory.retain_text(ANA.replace("Lisbon", "Faro"), source_id="ana")
        assert await memory.wiki.page("Bob Frey") == pages["Bob Frey"]
        assert not rendered
        assert "Faro" in (await memory.wiki.page("Ana Silva")).text
        assert sum(rendered.values()) == 1

    with_memory(tmp_path, work)


def test_an_empty_bank_has_no_pages(tmp_path: Path) -> None:
    async def work(memory: Memory) -> tuple[list[Page], str]:
        return await memory.pages(), await memory.wiki.index()

    assert with_memory(tmp_path, work) == ([], "")


def test_a_page_that_changes_while_it_is_rendered_is_rendered_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(memory: Memory) -> str:
        await memory.retain_text(ANA, source_id="ana")
        keep = BankStore.keep_pages

        async def late(store: BankStore, bank_id: str, pages: object) -> None:
            monkeypatch.setattr(BankStore, "keep_pages", keep)
            await memory.retain_text(ANA.replace("Lisbon", "Faro"), source_id="ana")
            await keep(store, bank_id, pages)

        monkeypatch.setattr(BankStore, "keep_pages", late)
        assert "Lisbon" in (await memory.wiki.page("Ana Silva")).text
        return (await memory.wiki.page("Ana Silva")).text

    assert "Lisbon" not in with_memory(tmp_path, work)


def test_two_render_runs_of_a_bank_are_one(tmp_path: Path, rendered: Counter[str]) -> None:
    async def work(memory: Memory) -> None:
        for n in range(3):
            await memory.retain_text(ANA.replace("Ana", f"Ana{n}"), source_id=f"{n}")
        async with Memory.open(f"sqlite:///{memory.path}") as other:
            await asyncio.gather(memory.wiki.render(), other.wiki.render(), memory.wiki.render())
        assert set(rendered.values()) == {1}
        assert await memory.runs() == await memory.runs(status="completed")

    with_memory(tmp_path, work)


def test_a_render_run_that_fails_is_told_and_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ana.md").write_text(ANA)

    def broken(*_: object) -> Page:
        raise RuntimeError("no page")

    async def work(memory: Memory) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(rendering, "entity_page", broken)
            done, failed = await memory.retain(tmp_path / "ana.md")
        assert (done.status, failed.status, failed.source_id) == ("completed", "failed", "")
        assert failed.errors == ("RENDER_PAGES: RuntimeError: no page",)
        assert [run.source_id for run in await memory.runs(status="failed")] == [""]
        assert await memory.resume_all() == []
        assert [run.source_id for run in await memory.runs()] == ["ana.md"]

    with_memory(tmp_path, work)
