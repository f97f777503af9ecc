"""The pipeline's states, each with real parts."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from retain.app.wiring import bank_store
from retain.db.sqlite import Database
from retain.engine import Complete, Failed
from retain.errors import MissingServiceError
from retain.memory.context import RetainContext, content_hash
from retain.memory.model import Limits
from retain.providers.embedders import Catalogue
from retain.providers.local.extractor import LocalExtractor
from retain.providers.local.finder import LocalFinder
from retain.sources.reader import FileReader
from retain.states import appending, pipeline
from retain.states.complete import complete
from retain.states.embed import embed
from retain.states.init import init
from retain.states.read import UNDERSTAND, read
from retain.states.services import RetainServices
from retain.states.store import store
from retain.stores.sqlite import SQLiteStore

TEXT = "---\ntitle: Ana\ntags: [a]\n---\n# Ana\n\nAna lives in Lisbon.\n"
Work = Callable[[RetainServices], Awaitable[None]]


def served(folder: Path, work: Work, limits: Limits | None = None) -> None:
    """Run `work` with services over a database in the folder."""

    async def main() -> None:
        database = Database(folder / "memory.db")
        try:
            reader = FileReader(limits or Limits())
            await work(
                RetainServices(
                    bank_store(SQLiteStore(database)),
                    reader=reader,
                    embedders=Catalogue(),
                    extractor=LocalExtractor(),
                    finder=LocalFinder(),
                )
            )
        finally:
            await database.close()

    asyncio.run(main())


def test_the_graph_of_what_is_added_is_whole() -> None:
    assert appending(RetainServices()).validate("APPEND") == ()


def test_the_graph_is_whole() -> None:
    fsm = pipeline(RetainServices())
    assert fsm.validate() == ()
    assert fsm.registered_states() == (
        "BUILD_SUPERSEDES_GRAPH",
        "COMPLETE",
        "DEDUPE_FACTS",
        "EMBED",
        "EXTRACT_ENTITIES",
        "EXTRACT_FACTS",
        "INIT",
        "LINK",
        "NORMALIZE_ENTITIES",
        "READ",
        "STORE",
    )


def test_init_reads_the_file_and_names_the_content(tmp_path: Path) -> None:
    path = tmp_path / "ana.md"
    path.write_text(TEXT)

    async def work(services: RetainServices) -> None:
        ctx = RetainContext("b", "ana.md", "", origin=str(path))
        assert await init(ctx, services) == "READ"
        assert (ctx.md_text, ctx.content_hash) == (TEXT, content_hash(TEXT, None))
        path.unlink()
        assert await init(ctx, services) == "READ", "what was read is not read again"

    served(tmp_path, work)


def test_init_ends_with_the_reason_where_the_file_cannot_be_read(tmp_path: Path) -> None:
    async def work(services: RetainServices) -> None:
        ctx = RetainContext("b", "ana.md", "", origin=str(tmp_path / "ana.md"))
        assert await init(ctx, services) == Failed("no such file: check the path")
        assert (ctx.md_text, ctx.content_hash) == ("", None)

    served(tmp_path, work)


def test_the_same_content_ends_at_init_and_another_date_does_not(tmp_path: Path) -> None:
    async def work(services: RetainServices) -> None:
        await pipeline(services).run(RetainContext("b", "ana", TEXT))
        assert await init(RetainContext("b", "ana", TEXT), services) == "COMPLETE"
        assert await init(RetainContext("c", "ana", TEXT), services) == "READ"
        assert await init(RetainContext("b", "ana", TEXT + "!"), services) == "READ"
        dated = RetainContext("b", "ana", TEXT, datetime(2024, 3, 5, tzinfo=UTC))
        assert await init(dated, services) == "READ"

    served(tmp_path, work)


def test_read_cuts_the_text_into_sections(tmp_path: Path) -> None:
    async def work(services: RetainServices) -> None:
        ctx = RetainContext("b", "ana.md", TEXT)
        assert await read(ctx, services) == UNDERSTAND
        assert (ctx.title, ctx.meta) == ("Ana", {"title": "Ana", "tags": ["a"]})
        assert [TEXT[s.start : s.end] for s in ctx.sections] == ["# Ana\n\nAna lives in Lisbon."]

    served(tmp_path, work)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty: there is nothing to retain in it"),
        ("# A\n# B\n", "has 2 sections, more than the limit of 1"),
        ("word " * 30, "has 150 bytes, more than the limit of 100"),
    ],
)
def test_read_ends_with_the_reason_and_leaves_no_half(
    tmp_path: Path, text: str, reason: str
) -> None:
    async def work(services: RetainServices) -> None:
        ctx = RetainContext("b", "ana.md", text)
        result = await read(ctx, services)
        assert isinstance(result, Failed)
        assert result.reason.startswith(reason)
        assert (ctx.title, ctx.meta, ctx.sections) == (None, {}, [])

    served(tmp_path, work, Limits(max_bytes=100, max_sections=1))


def test_store_makes_it_visible_once(tmp_path: Path) -> None:
    async def work(services: RetainServices) -> None:
        ctx = RetainContext("b", "ana.md", TEXT)
        await read(ctx, services)
        for _ in range(2):  # a state that runs twice leaves the same result
            assert await store(ctx, services) == "BUILD_SUPERSEDES_GRAPH"
            assert ctx.document_id == "ana.md@1"
        held = await services.store_for("TEST").source("b", "ana.md")
        assert held is not None
        assert (held.version, held.sections, held.title) == (1, 1, "Ana")
        assert held.content_hash == content_hash(TEXT, None)
        assert await complete(ctx, services) == Complete()

    served(tmp_path, work)


def test_a_changed_text_is_the_next_version(tmp_path: Path) -> None:
    async def work(services: RetainServices) -> None:
        fsm = pipeline(services)
        first = await fsm.run(RetainContext("b", "ana.md", TEXT))
        second = await fsm.run(RetainContext("b", "ana.md", TEXT.replace("Lisbon", "Porto")))
        assert (first.document_id, second.document_id) == ("ana.md@1", "ana.md@2")
        main = [e.state for e in second.step_log if not e.state.startswith("parallel:")]
        assert main == [
            "INIT",
            "READ",
            "LINK",
            "STORE",
            "BUILD_SUPERSEDES_GRAPH",
            "COMPLETE",
        ]
        assert len(second.step_log) == 11
        assert (second.status, second.errors) == ("completed", [])

    served(tmp_path, work)


@pytest.mark.parametrize(
    ("state", "service"), [(init, "store"), (read, "reader"), (embed, "store"), (store, "store")]
)
def test_a_state_that_lacks_a_service_says_which(
    state: Callable[[RetainContext, RetainServices], Awaitable[object]], service: str
) -> None:
    async def main() -> None:
        with pytest.raises(MissingServiceError, match=f"needs services.{service}"):
            await state(RetainContext("b", "s", TEXT), RetainServices())

    asyncio.run(main())
