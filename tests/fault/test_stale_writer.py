"""A runner that was overtaken changes nothing in the bank, however late it comes to write."""

import asyncio
import sqlite3
from contextlib import closing

import pytest

from retain import Memory
from retain.errors import LeaseLostError
from retain.providers.local.extractor import LocalExtractor

OLD = "# Ana\n\nAna Silva lives in Lisbon.\n"
NEW = "# Ana\n\nAna Silva lives in Porto.\n"


def take_over(path):
    """What another runner does that finds the lease expired: it takes it under a new token."""
    with closing(sqlite3.connect(path)) as db, db:
        assert db.execute("UPDATE lease SET token = token + 1").rowcount == 1


def let_go(path):
    """What that runner does in the end."""
    with closing(sqlite3.connect(path)) as db, db:
        assert db.execute("DELETE FROM lease").rowcount == 1


@pytest.mark.parametrize("overtake", [take_over, let_go])
def test_a_run_that_lost_its_lease_writes_nothing(tmp_path, monkeypatch, overtake):
    path = tmp_path / "memory.db"
    dedupe = LocalExtractor.dedupe

    async def overtaken(self, *given):
        result = await dedupe(self, *given)
        overtake(path)
        return result

    async def main():
        async with Memory.open(f"sqlite:///{path}") as memory:
            await memory.retain_text(OLD, source_id="ana")
            monkeypatch.setattr(LocalExtractor, "dedupe", overtaken)
            with pytest.raises(LeaseLostError, match="the other one goes on"):
                await memory.retain_text(NEW, source_id="ana")
        async with Memory.open(f"sqlite:///{path}") as memory:
            return [hit.text for hit in await memory.recall("Where does Ana live?", k=1)]

    (answer,) = asyncio.run(main())
    assert "Lisbon" in answer


def test_the_bank_itself_refuses_a_stale_writer(tmp_path, monkeypatch):
    """Also where the run has no more to save before it writes."""
    path = tmp_path / "memory.db"

    async def main():
        async with Memory.open(f"sqlite:///{path}") as memory:
            await memory.retain_text(OLD, source_id="ana")
            store = memory._store
            replace_source = store.replace_source

            async def late(*args, **given):
                take_over(path)
                with pytest.raises(LeaseLostError):
                    await replace_source(*args, **given)
                refused.append(args)
                raise LeaseLostError(("default", "ana"))

            refused = []
            monkeypatch.setattr(store, "replace_source", late)
            with pytest.raises(LeaseLostError):
                await memory.retain_text(NEW, source_id="ana")
            assert len(refused) == 1
            return [fact.fact.value for fact in await memory.facts()]

    assert asyncio.run(main()) == ["Lisbon"]
