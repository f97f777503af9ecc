"""Pages are rendered for whoever reads them, and kept where that can be."""

import asyncio
from pathlib import Path

import pytest

from retain import Memory
from retain.app.pagewriter import LocalPageWriter
from retain.app.wiring import bank_store
from retain.bank import BankStore
from retain.db.sqlite import Database
from retain.errors import DatabaseBusyError, DatabaseError
from retain.memory.model import Freshness, Snapshot, Wiki
from retain.states.render import FEW_FACTS, is_due, rendered

ANA = "# Ana\n\nAna Silva lives in Lisbon. Ana Silva works at Acme.\n"


@pytest.mark.parametrize("error", [DatabaseError("read-only"), DatabaseBusyError("locked")])
def test_pages_are_read_where_nothing_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async def main() -> list[str]:
        async with Memory.open(f"sqlite:///{tmp_path}/memory.db") as memory:
            await memory.retain_text(ANA, source_id="ana")
            await memory.retain_text(ANA.replace("Acme", "Globex"), source_id="bob")
            await memory.entities.merge("Ana Silva", "Lisbon")  # the pages are stale from here on
            monkeypatch.setattr(BankStore, "put_wiki", refuse)
            return [page.title for page in await memory.pages()]

    async def refuse(*_: object) -> bool:
        raise error

    assert "Ana Silva" in asyncio.run(main())


@pytest.mark.parametrize(
    ("facts", "rendered_facts", "due"),
    [
        (100, 90, True),
        (1000, 900, False),
        (1000, 600, True),
        (400, 1000, True),
        (1000, 1000, False),
    ],
)
def test_a_run_renders_a_large_bank_only_where_much_has_changed(
    facts: int, rendered_facts: int, due: bool
) -> None:
    assert is_due(Freshness(7, 6, facts, rendered_facts), last=True) is due


@pytest.mark.parametrize(("facts", "due"), [(100, True), (1000, False)])
def test_a_run_leaves_a_large_bank_to_those_behind_it(facts: int, due: bool) -> None:
    assert is_due(Freshness(7, 6, facts, 0), last=False) is due


def test_the_pages_of_many_sources_are_rendered_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(4):
        said = "\n".join(f"Ana Silva owns boat number {n}{boat}." for boat in range(60))
        (tmp_path / f"{n}.md").write_text(f"# Boats\n\n{said}\n")
    rendered: list[int] = []
    write = LocalPageWriter._write

    async def counted(writer: LocalPageWriter, snapshot: Snapshot) -> Wiki:
        known = writer._last.get(snapshot.bank_id)
        if known is None or known[0] != snapshot.generation:
            rendered.append(len(snapshot.facts))
        return await write(writer, snapshot)

    async def main() -> None:
        async with Memory.open(f"sqlite:///{tmp_path}/memory.db") as memory:
            monkeypatch.setattr(LocalPageWriter, "_write", counted)
            await memory.retain(tmp_path, jobs=1)
            large = [facts for facts in rendered if facts > FEW_FACTS]
            assert large == [240]
            assert len(await memory.pages()) > 1
            assert large == [facts for facts in rendered if facts > FEW_FACTS], "they are fresh"

    asyncio.run(main())


def test_fresh_pages_are_not_rendered() -> None:
    assert not is_due(Freshness(7, 7, 10, 0), last=True)


def test_an_empty_bank_has_no_pages(tmp_path: Path) -> None:
    async def main() -> tuple[list[object], str]:
        async with Memory.open(f"sqlite:///{tmp_path}/memory.db") as memory:
            return list(await memory.pages()), await memory.wiki.index()

    assert asyncio.run(main()) == ([], Wiki().contents)


def test_a_bank_that_has_not_changed_is_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[str] = []
    read = BankStore.snapshot

    async def counted(store: BankStore, bank_id: str) -> Snapshot | None:
        reads.append(bank_id)
        return await read(store, bank_id)

    async def main() -> None:
        async with Memory.open(f"sqlite:///{tmp_path}/memory.db") as memory:
            database, writer = Database(memory.path), LocalPageWriter()
            store = bank_store(database)
            await memory.retain_text(ANA, source_id="ana")
            monkeypatch.setattr(BankStore, "snapshot", counted)
            wikis = await asyncio.gather(*(rendered(store, writer, "default") for _ in range(8)))
            assert reads == ["default"]
            assert all(one == wikis[0] for one in wikis)
            titles = {page.title for page in wikis[0][1].pages}
            assert titles == {"Ana Silva", "Acme", "Lisbon"}
            await memory.entities.merge("Ana Silva", "Lisbon")
            generation, _ = await rendered(store, writer, "default")
            assert generation > wikis[0][0]
            assert await rendered(store, writer, "nobody's") == (0, Wiki())
            await database.close()

    asyncio.run(main())
