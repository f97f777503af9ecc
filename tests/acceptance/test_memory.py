"""The Python facade, over real files and a real database."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from tests.commandline import ANA, CHAT, TALK

from retain import Memory, Settings
from retain.errors import (
    DatabaseError,
    InputError,
    LeaseHeldError,
    NotFoundError,
)
from retain.memory.context import RetainContext
from retain.memory.model import Run

T = TypeVar("T")


def within(folder: Path, work: Callable[[Memory], Awaitable[T]]) -> T:
    """Run `work` over the memory in a folder."""

    async def main() -> T:
        async with Memory.open(f"sqlite:///{folder}/memory.db") as memory:
            return await work(memory)

    return asyncio.run(main())


def test_a_path_or_several_are_retained_and_told_by_source(tmp_path: Path) -> None:
    (tmp_path / "notes/deep").mkdir(parents=True)
    (tmp_path / "notes/ana.md").write_text(ANA)
    (tmp_path / "notes/deep/talk.md").write_text(TALK)
    (tmp_path / "chat.jsonl").write_text(CHAT)

    async def work(memory: Memory) -> None:
        (run,) = await memory.retain(tmp_path / "chat.jsonl", bank_id="ana")
        assert (run.bank_id, run.source_id, run.status) == ("ana", "chat.jsonl", "completed")
        assert not run.unchanged
        runs = await memory.retain(
            [str(tmp_path / "notes"), tmp_path / "chat.jsonl"], bank_id="ana"
        )
        assert [(r.source_id, r.status, r.unchanged) for r in runs] == [
            ("ana.md", "completed", False),
            ("chat.jsonl", "completed", True),
            ("deep/talk.md", "completed", False),
        ]
        assert (await memory.banks())["ana"].sources == 3

    within(tmp_path, work)


def test_retaining_the_same_text_again_changes_nothing(tmp_path: Path) -> None:
    async def work(memory: Memory) -> None:
        first = await memory.retain_text(ANA, source_id="ana", bank_id="b")
        assert (first.status, first.unchanged, first.errors) == ("completed", False, ())
        assert first.started_at is not None
        assert first.started_at.tzinfo is not None
        again = await memory.retain_text(ANA, source_id="ana", bank_id="b")
        assert (again.status, again.unchanged) == ("completed", True)
        dated = await memory.retain_text(
            ANA, source_id="ana", bank_id="b", reference_date=datetime(2024, 3, 5, tzinfo=UTC)
        )
        assert not dated.unchanged
        view = await memory.show("ana", bank_id="b")
        assert view.source is not None
        assert view.source.version == 2

    within(tmp_path, work)


def test_recall_finds_the_span_in_the_bank_that_is_asked(tmp_path: Path) -> None:
    async def work(memory: Memory) -> None:
        await memory.retain_text(ANA, source_id="ana", bank_id="one")
        await memory.retain_text(TALK, source_id="talk", bank_id="two")
        (hit,) = await memory.recall("Where is Lisbon?", bank_id="one")
        assert ANA[slice(*hit.span)] == hit.text == "# Ana\n\nAna lives in Lisbon."
        assert (hit.source_id, hit.kind, hit.path) == ("ana", "section", ("Ana",))
        assert await memory.recall("Lisbon", bank_id="two") == []
        assert len(await memory.recall("Ana", bank_id="two", k=1)) == 1

    within(tmp_path, work)


def test_many_texts_at_once_all_arrive(tmp_path: Path) -> None:
    async def work(memory: Memory) -> None:
        texts = {f"note-{n}": f"# Note {n}\n\nShelf {n} holds letter{n}.\n" for n in range(50)}
        runs = await asyncio.gather(
            *(memory.retain_text(t, source_id=s, bank_id="b") for s, t in texts.items())
        )
        assert [r.status for r in runs] == ["completed"] * 50
        assert (await memory.banks())["b"].sources == 50
        for n in range(50):
            hits = await memory.recall(f"letter{n}", bank_id="b")
            assert hits[0].source_id == f"note-{n}"

    within(tmp_path, work)


def test_one_source_is_run_once_at_a_time(tmp_path: Path) -> None:
    async def work(memory: Memory) -> None:
        outcomes = await asyncio.gather(
            *(memory.retain_text(ANA, source_id="ana") for _ in range(5)), return_exceptions=True
        )
        ran = [o for o in outcomes if not isinstance(o, BaseException)]
        assert ran
        assert all(r.status == "completed" for r in ran)
        assert all(isinstance(o, LeaseHeldError) for o in outcomes if o not in ran)
        view = await memory.show("ana")
        assert view.source is not None
        assert view.source.version == 1

    within(tmp_path, work)


def test_a_forgotten_source_is_gone_by_every_way(tmp_path: Path) -> None:
    (tmp_path / "ana.md").write_text(ANA)

    async def work(memory: Memory) -> None:
        await memory.retain(tmp_path / "ana.md")
        assert await memory.forget(str(tmp_path / "ana.md")) == "ana.md"
        assert await memory.recall("Lisbon") == []
        assert await memory.runs() == []
        assert await memory.banks() == {}
        for lost in (memory.show, memory.resume, memory.forget):
            with pytest.raises(NotFoundError, match=r"no source 'ana.md' in bank 'default'"):
                await lost("ana.md")

    within(tmp_path, work)


def test_runs_are_listed_by_bank_and_status(tmp_path: Path) -> None:
    async def work(memory: Memory) -> None:
        await memory.retain_text(ANA, source_id="good", bank_id="a")
        bad = await memory.retain_text(" ", source_id="bad", bank_id="b")
        assert (bad.status, bad.errors) == (
            "failed",
            ("READ: is empty: there is nothing to retain in it",),
        )
        assert [r.source_id for r in await memory.runs()] == ["good", "bad"]
        assert [r.source_id for r in await memory.runs(bank_id="b")] == ["bad"]
        assert [r.source_id for r in await memory.runs(status="completed")] == ["good"]
        with pytest.raises(InputError, match="no such status 'odd'"):
            await memory.runs(status="odd")

    within(tmp_path, work)


def test_failed_runs_are_resumed_and_completed_ones_left(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.md").write_text("")

    async def work(memory: Memory) -> None:
        runs = await memory.retain([tmp_path / "a.md", tmp_path / "b.md"])
        assert [r.status for r in runs] == ["failed", "failed"]
        (tmp_path / "a.md").write_text(ANA)
        assert (await memory.resume("a.md")).status == "completed"
        assert (await memory.resume("a.md")).status == "completed"
        (tmp_path / "b.md").write_text(ANA)
        planned: list[tuple[list[str], list[str]]] = []
        resumed = await memory.resume_all(planned=lambda a, s: planned.append((list(a), list(s))))
        assert [(r.source_id, r.status) for r in resumed] == [("b.md", "completed")]
        assert planned == [(["b.md"], [])]
        assert await memory.resume_all() == []

    within(tmp_path, work)


def test_a_cancelled_retain_leaves_runs_that_resume(tmp_path: Path) -> None:
    for n in range(30):
        (tmp_path / f"{n:02}.md").write_text(ANA + str(n))

    async def work(memory: Memory) -> None:
        begun = asyncio.Event()
        unsubscribe = memory.subscribe(lambda _: begun.set())
        task = asyncio.create_task(memory.retain(tmp_path))
        await begun.wait()
        unsubscribe()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert {r.status for r in await memory.runs()} == {"interrupted"}
        assert len(await memory.resume_all(jobs=3)) == 30
        assert {r.status for r in await memory.runs()} == {"completed"}

    within(tmp_path, work)


def test_pruned_runs_leave_their_content(tmp_path: Path) -> None:
    async def work(memory: Memory) -> None:
        await memory.retain_text(ANA, source_id="ana")
        assert await memory.runs.prune(timedelta(days=1)) == 0
        assert await memory.runs.prune(timedelta(0), bank_id="other") == 0
        assert await memory.runs.prune(timedelta(0)) == 1
        view = await memory.show("ana")
        assert view.run is view.context is None
        assert len(view.sections) == 2
        assert (await memory.retain_text(ANA, source_id="ana")).unchanged

    within(tmp_path, work)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda m: m.retain("x", bank_id=" "), "the bank id is empty"),
        (lambda m: m.retain("x", bank_id="\ud800"), "is not valid text"),
        (lambda m: m.retain("x", jobs=0), "jobs must be at least 1, not 0"),
        (lambda m: m.retain_text(ANA, source_id=""), "the source id is empty"),
        (lambda m: m.retain_text(ANA, source_id="a\udfff"), "is not valid text"),
        (lambda m: m.retain_text(ANA, source_id="a", bank_id=""), "the bank id is empty"),
        (lambda m: m.retain_text("\ud83d", source_id="a"), "text of 'a' is not valid text"),
        (lambda m: m.retain("x", bank_id="a\0"), "the bank id 'a.x00' holds NUL"),
        (lambda m: m.retain_text(ANA, source_id="a\0"), "the source id 'a.x00' holds NUL"),
        (lambda m: m.retain_text("a\0b", source_id="a"), "text of 'a' holds NUL .* character 1"),
        (lambda m: m.recall("a\0"), "the query holds NUL"),
        (lambda m: m.recall("a", bank_id="a\0"), "the bank id holds NUL"),
        (lambda m: m.forget("a\0"), "holds NUL"),
        (lambda m: m.resume("a\0"), "holds NUL"),
        (lambda m: m.resume_all(bank_id="a\0"), "holds NUL"),
        (lambda m: m.show("a\0"), "holds NUL"),
        (lambda m: m.pages(bank_id="a\0"), "holds NUL"),
        (lambda m: m.wiki.page("a\0"), "holds NUL"),
        (lambda m: m.wiki.history("a\0"), "holds NUL"),
        (lambda m: m.facts(about="a\0"), "holds NUL"),
        (lambda m: m.facts(source_id="a\0"), "holds NUL"),
        (lambda m: m.facts.forget("a\0"), "holds NUL"),
        (lambda m: m.facts.preview_forget("a\0"), "holds NUL"),
        (lambda m: m.sources.preview_forget("a\0"), "holds NUL"),
        (lambda m: m.entities.merge("Ana", "a\0"), "holds NUL"),
        (lambda m: m.entities.split("a\0", "Ana"), "holds NUL"),
        (lambda m: m.banks.counts("a\0"), "holds NUL"),
        (lambda m: m.banks.rebuild(bank_id="a\0"), "holds NUL"),
        (lambda m: m.runs(bank_id="a\0"), "holds NUL"),
        (lambda m: m.runs.prune(timedelta(0), bank_id="a\0"), "holds NUL"),
        (lambda m: m.costs(bank_id="a\0"), "holds NUL"),
        (lambda m: m.costs.prune_journal(timedelta(0), bank_id="a\0"), "holds NUL"),
        (lambda m: m.recall(" "), "the query is empty"),
        (lambda m: m.recall("a", k=0), "k is 0: ask for 1 to 1000 hits"),
        (lambda m: m.recall("a", as_of=datetime(2024, 3, 5)), "has no time zone"),
        (lambda m: m.resume_all(jobs=-1), "jobs must be at least 1, not -1"),
    ],
)
def test_wrong_arguments_are_refused_before_anything_is_done(
    tmp_path: Path, call: Callable[[Memory], Awaitable[object]], told: str
) -> None:
    async def work(memory: Memory) -> None:
        with pytest.raises(InputError, match=told):
            await call(memory)
        assert await memory.runs() == []

    within(tmp_path, work)


def test_two_files_of_one_name_are_refused_before_anything_is_begun(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "ana.md").write_text(folder)

    async def work(memory: Memory) -> None:
        with pytest.raises(InputError, match=r"would both be the source 'ana.md'"):
            await memory.retain([tmp_path / "one", tmp_path / "two"])
        assert await memory.runs() == []

    within(tmp_path, work)


def test_opening_opens_nothing_and_a_bad_url_is_refused(tmp_path: Path) -> None:
    memory = Memory.open(f"sqlite:///{tmp_path}/memory.db")
    assert memory.path == tmp_path / "memory.db"
    assert not memory.path.exists()
    for url in ("mysql://x", "sqlite:///", "sqlite:///:memory:", "memory"):
        with pytest.raises(InputError, match="sqlite:///PATH"):
            Memory.open(url)


def test_a_database_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    async def work(memory: Memory) -> None:
        with pytest.raises(DatabaseError, match=r"memory\.db: there is no such folder"):
            await memory.recall("a")

    within(tmp_path / "nowhere", work)


def test_settings_may_be_given_in_python(tmp_path: Path) -> None:
    settings = Settings(db=f"sqlite:///{tmp_path}/mine.db", durability="process")

    async def main() -> None:
        async with Memory.open(settings=settings) as memory:
            await memory.retain_text(ANA, source_id="ana")

    asyncio.run(main())
    assert (tmp_path / "mine.db").exists()


def test_a_memory_serves_one_loop_after_another(tmp_path: Path) -> None:
    """Closing twice is no error; what was retained is there for the next."""
    for n in range(2):

        async def main(number: int = n) -> int:
            async with Memory.open(f"sqlite:///{tmp_path}/memory.db") as memory:
                await memory.retain_text(ANA, source_id=f"ana-{number}")
                (hit,) = await memory.recall("Lisbon")  # the same words are found once
            await memory.close()
            return 1 + len(hit.copies)

        assert asyncio.run(main()) == n + 1


def test_a_run_that_is_put_down_holds_its_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that whoever resumes it needs no file of the machine that put it down."""
    file = tmp_path / "ana.md"
    file.write_text(ANA)

    async def not_now(*_: object) -> list[Run]:
        return []

    async def work(memory: Memory) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(memory._parts.runner, "resume_each", not_now)
            await memory.retain(file)
        file.unlink()
        (run,) = await memory.resume_all()
        assert (run.source_id, run.status) == ("ana.md", "completed")
        assert await memory.sources.text("ana.md") == ANA

    within(tmp_path, work)


def test_a_source_of_an_older_release_has_its_text_kept_with_its_next_run(tmp_path: Path) -> None:
    async def work(memory: Memory) -> None:
        await memory.retain_text(ANA, source_id="ana")
        with closing(sqlite3.connect(tmp_path / "memory.db")) as connection, connection:
            connection.execute("DELETE FROM source_text")
        assert await memory.sources.text("ana") is None
        ctx = RetainContext("default", "ana", ANA)
        await memory._parts.checkpoint.save(ctx)
        assert (await memory.resume("ana")).last_state == "COMPLETE"
        assert await memory.sources.text("ana") == ANA

    within(tmp_path, work)
