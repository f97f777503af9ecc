"""Pages begin with what a model wrote of their facts, asked for once, and gone with any of them."""

import asyncio
import random
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from tests.commandline import CommandLine, contents, everything, sound
from tests.scripted import Scripted, Writes, first_facts

from retain import Memory
from retain.app.rendering import Renderer
from retain.errors import BudgetError, ModelBusyError, RetainError
from retain.memory.model import Lead, LeadRequest, ModelChoice
from retain.memory.ports import Judge
from retain.wiki.render_run import RENDER_RUN, RenderContext

CANARY = "Quillfeather"
CHOICE = ModelChoice("scripted:one")
NOTES = {
    "ana.md": "Ana Silva lives in Porto. Ana Silva works at Acme. Ana Silva paints harbours.",
    "bob.md": "Bob Reis lives in Faro. Bob Reis works at Globex. Bob Reis sails a red boat.",
    "both.md": "Ana Silva met Bob Reis in Oslo. Bob Reis owns a green bicycle.",
}
CAT = "\n\n## Later\n\nAna Silva owns a grey cat.\n"


def note(text: str) -> str:
    return f"# Notes\n\n{text}\n"


@asynccontextmanager
async def opened(db: Path, model: Scripted | None) -> AsyncIterator[Memory]:
    """A memory whose pages have leads written by a model, as one that is opened with it has."""
    async with Memory.open(f"sqlite:///{db}") as memory:
        if model is not None:
            with_judge(memory, Writes(model))
        yield memory


def with_judge(memory: Memory, judge: Judge) -> None:
    """Have what is rendered from here on begin with what `judge` writes."""
    memory.settings = replace(memory.settings, model=CHOICE.model)
    parts = memory._parts
    parts.renderer = Renderer(parts.store, parts.renders, lambda _: judge, CHOICE)


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    for name, text in NOTES.items():
        (folder / name).write_text(note(text))
    return folder


def done(
    db: Path, model: Scripted | None, work: Callable[[Memory], Awaitable[object]]
) -> dict[str, str]:
    """The pages by title, once `work` is done."""

    async def main() -> dict[str, str]:
        async with opened(db, model) as memory:
            await work(memory)
        async with opened(db, None) as memory:
            return {page.title: page.text for page in await memory.pages()}

    pages = asyncio.run(main())
    sound(db)
    return pages


def leads_of(pages: dict[str, str]) -> dict[str, str]:
    """The first paragraphs of the pages that begin with a lead."""
    first = {title: text.splitlines()[2] for title, text in pages.items()}
    return {title: line for title, line in first.items() if " indeed (" in line}


def in_bytes(db: Path) -> list[str]:
    files = db.parent.glob(f"{db.name}*")
    return [f.name for f in files if CANARY.encode() in f.read_bytes()]


def test_a_page_begins_with_a_lead_whose_sentences_say_where_it_is_from(
    notes: Path, tmp_path: Path
) -> None:
    model = Scripted()
    pages = done(tmp_path / "memory.db", model, lambda memory: memory.retain(notes))
    assert sorted(model.titles) == ["Ana Silva", "Bob Reis"]
    assert leads_of(pages).keys() == {"Ana Silva", "Bob Reis"}
    assert leads_of(pages)["Ana Silva"].count("../sources/ana-md-") == 3
    assert {(p.bank_id, p.source_id, p.state) for p in model.payers} == {
        ("default", RENDER_RUN, "WRITE_LEADS")
    }
    assert {"ana.md", "both.md"} in [set(sources) for sources in model.sources]


def test_without_a_model_pages_have_none(notes: Path, tmp_path: Path) -> None:
    pages = done(tmp_path / "memory.db", None, lambda memory: memory.retain(notes))
    assert leads_of(pages) == {}
    assert contents(tmp_path / "memory.db")["lead"] == []


def test_what_is_unchanged_is_asked_for_never_again(notes: Path, tmp_path: Path) -> None:
    db, model = tmp_path / "memory.db", Scripted()
    done(db, model, lambda memory: memory.retain(notes))
    before = everything(db)
    done(db, model, lambda memory: memory.retain(notes))
    assert len(model.asked) == 2
    assert everything(db) == before


def test_an_edited_section_costs_the_pages_whose_facts_changed(notes: Path, tmp_path: Path) -> None:
    db, model = tmp_path / "memory.db", Scripted()
    first = leads_of(done(db, model, lambda memory: memory.retain(notes)))
    (notes / "ana.md").write_text(note(NOTES["ana.md"]) + CAT)
    then = leads_of(done(db, model, lambda memory: memory.retain(notes)))
    assert model.titles[2:] == ["Ana Silva"]
    assert then["Ana Silva"] != first["Ana Silva"]
    assert then["Bob Reis"] == first["Bob Reis"]
    moved = "# Notes\n\nA word before all.\n\n" + note(NOTES["bob.md"]).removeprefix("# Notes\n")
    (notes / "bob.md").write_text(moved)
    done(db, model, lambda memory: memory.retain(notes))
    assert len(model.asked) == 3, "facts that only moved are the same facts"


@pytest.mark.parametrize("jobs", [1, 4])
def test_a_batch_asks_for_each_page_once_and_in_any_order_the_bank_is_the_same(
    notes: Path, tmp_path: Path, jobs: int
) -> None:
    for n in range(40):
        (notes / f"more-{n}.md").write_text(
            note(f"Ana Silva bought boat {n} in May. Bob Reis sold boat {n} in June. Eva Holm "
                 f"painted boat {n} in July. Eva Holm likes boat {n}.")
        )  # fmt: skip
    chance, found = random.Random(jobs), []
    for turn in range(3):
        db, model = tmp_path / f"{turn}.db", Scripted()
        files = sorted(notes.iterdir())
        chance.shuffle(files)
        pages = done(db, model, partial(Memory.retain, paths=files, jobs=jobs))
        assert sorted(model.titles) == ["Ana Silva", "Bob Reis", "Eva Holm"]
        rows = contents(db)
        assert len(rows["lead"]) == 3
        found.append((rows, pages))
    assert found[0] == found[1] == found[2]


def test_readers_ask_no_model(notes: Path, tmp_path: Path) -> None:
    db, model = tmp_path / "memory.db", Scripted()
    done(db, None, lambda memory: memory.retain(notes))

    async def read(memory: Memory) -> None:
        await memory.pages()
        await memory.wiki.index()
        await memory.forget("both.md")
        await memory.banks.export_markdown(tmp_path / "out")
        await memory.banks.lint(fix=True)
        assert all("indeed" not in one.text for one in await memory.wiki.history("Bob Reis"))

    done(db, model, read)
    assert model.asked == []


def test_a_page_history_has_no_leads(notes: Path, tmp_path: Path) -> None:
    async def work(memory: Memory) -> None:
        await memory.retain(notes)
        assert "indeed" in (await memory.wiki.page("Ana Silva")).text
        revisions = await memory.wiki.history("Ana Silva")
        assert revisions
        assert all("indeed" not in revision.text for revision in revisions)

    done(tmp_path / "memory.db", Scripted(), work)


def test_forgetting_a_source_takes_the_leads_that_were_made_with_it(
    notes: Path, tmp_path: Path
) -> None:
    db = tmp_path / "memory.db"
    (notes / "both.md").write_text(note(f"Ana Silva met {CANARY} in Oslo. {NOTES['both.md']}"))
    leaky = Scripted(lambda data: first_facts(data).replace("Ana Silva", f"Ana {CANARY}"))

    async def work(memory: Memory) -> None:
        await memory.retain(notes)
        assert CANARY in (await memory.wiki.page("Ana Silva")).text.splitlines()[2]
        told = await memory.sources.preview_forget("both.md")
        assert "Ana Silva" in told.pages_changed
        await memory.forget("both.md")

    pages = done(db, leaky, work)
    assert leads_of(pages) == {}, "both were made with facts of it"
    assert in_bytes(db) == []
    asked = len(leaky.asked)
    (notes / "both.md").unlink()
    (notes / "new.md").write_text(note("Eva Holm lives in Bergen."))
    plain = Scripted()
    pages = done(db, plain, lambda memory: memory.retain(notes))
    assert sorted(plain.titles) == ["Ana Silva", "Bob Reis"]
    assert len(leaky.asked) == asked
    fresh = done(tmp_path / "fresh.db", Scripted(), lambda memory: memory.retain(notes))
    assert leads_of(pages) == leads_of(fresh)


def test_forgetting_a_fact_takes_the_leads_that_were_made_with_it(
    notes: Path, tmp_path: Path
) -> None:
    db, model = tmp_path / "memory.db", Scripted()
    (notes / "ana.md").write_text(note(f"{NOTES['ana.md']} Ana Silva met {CANARY} in May 2023."))

    async def work(memory: Memory) -> None:
        await memory.retain(notes)
        (secret,) = [one.fact for one in await memory.facts() if CANARY in one.fact.text]
        assert CANARY in (await memory.wiki.page("Ana Silva")).text
        await memory.facts.forget(secret.fact_id)

    pages = done(db, model, work)
    assert in_bytes(db) == []
    assert leads_of(pages).keys() == {"Bob Reis"}
    assert len(model.asked) == 2, "forgetting asks no model"
    pages = done(db, model, lambda memory: memory.retain_text("Hm.", source_id="hm"))
    assert leads_of(pages).keys() == {"Ana Silva", "Bob Reis"}
    assert model.titles[2:] == ["Ana Silva"]


@pytest.mark.parametrize("error", [BudgetError("spent"), ModelBusyError("the server is gone")])
def test_what_stops_a_model_stops_the_run_and_a_resume_asks_for_what_is_missing(
    notes: Path, tmp_path: Path, error: RetainError
) -> None:
    db = tmp_path / "memory.db"
    stopped = Scripted(lambda _: error)

    async def stops(memory: Memory) -> None:
        runs = await memory.retain(notes, jobs=1)
        status = "suspended" if isinstance(error, BudgetError) else "failed"
        assert [run.status for run in runs] == [*["completed"] * 3, status]
        assert str(error) in runs[-1].errors[0]

    assert leads_of(done(db, stopped, stops)) == {}
    model = Scripted()
    pages = done(db, model, lambda memory: memory.resume_all())
    assert leads_of(pages).keys() == {"Ana Silva", "Bob Reis"}
    undisturbed = done(tmp_path / "fresh.db", Scripted(), lambda memory: memory.retain(notes))
    assert pages == undisturbed
    assert contents(db) == contents(tmp_path / "fresh.db")


KILLED = """
import asyncio, os, sys
from pathlib import Path
from retain.bank import BankStore
from tests.acceptance.test_leads import opened
from tests.scripted import Scripted

method, at = sys.argv[3], int(sys.argv[4])
keep = getattr(BankStore, method)
calls = 0

async def kept(*args, **named):
    global calls
    calls += 1
    if calls == at:
        os._exit(9)
    done = await keep(*args, **named)
    if -calls == at:
        os._exit(9)
    return done

setattr(BankStore, method, kept)

async def main():
    async with opened(Path(sys.argv[1]), Scripted()) as memory:
        await memory.retain(sys.argv[2], jobs=1)

asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("method", "at"),
    [
        ("put_leads", 1),
        ("put_leads", -1),
        ("keep_pages", 1),
        ("keep_pages", -1),
        ("replace_source", 2),
        ("replace_source", -3),
    ],
)
def test_a_run_that_is_killed_around_its_leads_is_resumed_to_the_same_bank(
    notes: Path, tmp_path: Path, method: str, at: int
) -> None:
    db, calm = tmp_path / "memory.db", tmp_path / "calm.db"
    root = Path(__file__).parents[2]
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, str(db), str(notes), method, str(at)],
        cwd=root,
        check=False,
        timeout=120,
    )
    assert ended.returncode == 9
    model = Scripted()
    pages = done(db, model, lambda memory: memory.resume_all())
    assert pages == done(calm, Scripted(), lambda memory: memory.retain(notes, jobs=1))
    assert contents(db) == contents(calm)
    kept = method == "keep_pages" or (method, at) == ("put_leads", -1)
    assert len(model.asked) == (0 if kept else 2), "what was kept is not asked for again"


def test_what_changes_while_a_model_writes_decides_what_is_kept(
    notes: Path, tmp_path: Path
) -> None:
    db, model = tmp_path / "memory.db", Scripted()
    (notes / "both.md").write_text(note(f"Ana Silva met {CANARY} in May 2023."))

    class Slow(Writes):
        async def leads(self, wanted: Sequence[LeadRequest]) -> Sequence[Lead]:
            written = await super().leads(wanted)
            if CANARY in "".join(model.asked[-2:]):
                async with opened(db, None) as other:
                    await other.forget("both.md")
                    await other.retain_text("Eva Holm lives in Bergen.", source_id="eva.md")
            return written

    async def work(memory: Memory) -> None:
        await memory.retain([notes / "ana.md", notes / "bob.md"])
        await memory.retain(notes / "both.md")
        with_judge(memory, Slow(model))
        await memory.retain_text("Bob Reis owns a green bicycle.", source_id="more.md")

    assert leads_of(done(db, None, work)).keys() == {"Ana Silva", "Bob Reis"}
    assert sorted(model.titles) == ["Ana Silva", "Ana Silva", "Bob Reis"]
    assert CANARY in "".join(model.asked)
    assert in_bytes(db) == []


def test_a_bank_takes_its_leads_along(notes: Path, tmp_path: Path) -> None:
    db, copy = tmp_path / "memory.db", tmp_path / "copy.db"
    pages = done(db, Scripted(), lambda memory: memory.retain(notes))
    done(db, None, lambda memory: memory.banks.export(tmp_path / "bank.jsonl"))
    model = Scripted()

    async def move(memory: Memory) -> None:
        told = await memory.banks.import_(tmp_path / "bank.jsonl")
        assert told.counts["lead"] == 2

    assert leads_of(done(copy, model, move)) == leads_of(pages)
    done(copy, model, lambda memory: memory.retain_text("Hm.", source_id="none"))
    assert model.asked == []


def test_a_bank_that_was_made_without_a_model_gets_its_leads_with_the_next_run(
    notes: Path, tmp_path: Path
) -> None:
    db, model = tmp_path / "memory.db", Scripted()
    done(db, None, lambda memory: memory.retain(notes))
    shutil.copy(db, tmp_path / "before.db")
    pages = done(
        db, model, lambda memory: memory.retain_text("Eva Holm is in Oslo.", source_id="eva")
    )
    assert sorted(model.titles) == ["Ana Silva", "Bob Reis"]
    assert len(leads_of(pages)) == 2


def test_a_render_run_that_has_stopped_is_told_as_that_of_the_pages(tmp_path: Path) -> None:
    cli = CommandLine(tmp_path)
    cli.write("ana.md", note(NOTES["ana.md"]))
    cli("ingest", "ana.md")

    async def stop() -> None:
        async with Memory.open(f"sqlite:///{cli.db}") as memory:
            ctx = RenderContext("default", RENDER_RUN, last_state="CLUSTER_TOPICS")
            await memory._parts.renders.save(ctx)

    asyncio.run(stop())
    lines = cli("runs").out.splitlines()
    assert [line.split("  ")[1] for line in lines] == ["(pages of default)", "ana.md"]
    assert "interrupted" in lines[0]
    cli("resume", "--all")
    assert "pages of" not in cli("runs").out
