"""Whatever comes in and in whatever order: a bank is what its sources say, and nothing else."""

import asyncio
import random
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.commandline import contents, everything, sound

from retain import Memory
from retain.config import Settings
from retain.memory.model import Hit
from retain.providers.embedders import catalogue

SENTENCES = (
    "Ines Okafor lives in Lisbon.",
    "Ines works at Atelier Voss.",
    "Dr. Okafor paints harbours in winter.",
    "Rui moved to Porto on 3 March 2023.",
    "Rui Antunes owns a red boat.",
    "Antunes sold the boat yesterday.",
    "My sister Petra lives in Oslo.",
    "I love green tea.",
    "I moved to Braga last month.",
    "She will visit Petra Lind next week.",
    "The old pump runs for ten minutes.",
    "The old pump runs for eleven minutes.",
    "Harbour Labs hired Ana Ruiz in May 2024.",
    "Ana prefers trains to planes.",
    "How are you?",
    "Thanks, Ana!",
    "- Petra Lind\n- Rui\n- Ana Ruiz",
    "> Nobody at Harbour Labs drinks coffee.",
    "`retain ingest` reads the folder.",
)
QUESTIONS = ("Where does Ines Okafor live?", "the boat of Rui Antunes", "pump minutes")
FAST = replace(Settings.from_environment(), durability="process")
some = settings(derandomize=True, deadline=None, max_examples=20)


@pytest.fixture(scope="module", autouse=True)
def one_embedder() -> Iterator[None]:
    """Load the model once, not for every bank."""
    loaded = catalogue.Catalogue().get(catalogue.MODELS[catalogue.STATIC])
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(catalogue._LOADERS, loaded.model, lambda: loaded)
        yield


@dataclass(frozen=True)
class Part:
    """A heading with its paragraphs, or a turn of a talk."""

    name: str
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Text:
    """A note with a heading for each of its parts, or a talk with a turn for each."""

    date: str | None
    talk: bool
    parts: tuple[Part, ...]

    def __str__(self) -> str:
        front = f"---\ndate: {self.date}\n---\n" if self.date else ""
        return f"{front}# Notes\n\n" + "\n\n".join(map(self._part, self.parts)) + "\n"

    def _part(self, part: Part) -> str:
        body = "\n\n".join(part.sentences)
        return f"**{part.name}:** {body}" if self.talk else f"## {part.name}\n\n{body}"


parts = st.builds(
    Part,
    st.sampled_from(["Ana", "Rui", "Ines Okafor", "Petra", "Garden"]),
    st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=3).map(tuple),
)
dates = st.none() | st.sampled_from(["2024-01-14", "2024-06-20", "2023-11-02"])
texts = st.builds(Text, dates, st.booleans(), st.lists(parts, min_size=1, max_size=5).map(tuple))
shelves = st.lists(texts, min_size=2, max_size=4)
dated_texts = texts.map(lambda one: replace(one, date=one.date or "2022-05-09"))
dated_shelves = st.lists(dated_texts, min_size=2, max_size=4)


def insert(text: Text, at: int, part: Part) -> Text:
    return replace(text, parts=(*text.parts[:at], part, *text.parts[at:]))


def remove(text: Text, at: int, _: Part) -> Text:
    left = (*text.parts[:at], *text.parts[at + 1 :])
    return replace(text, parts=left or text.parts)


def swap(text: Text, at: int, _: Part) -> Text:
    return replace(text, parts=(*text.parts[at:], *text.parts[:at]))


def rename(text: Text, at: int, part: Part) -> Text:
    changed = Part(part.name, text.parts[at].sentences)
    return replace(text, parts=(*text.parts[:at], changed, *text.parts[at + 1 :]))


def rewrite(text: Text, at: int, part: Part) -> Text:
    changed = Part(text.parts[at].name, part.sentences)
    return replace(text, parts=(*text.parts[:at], changed, *text.parts[at + 1 :]))


def redate(text: Text, at: int, _: Part) -> Text:
    return replace(text, date=("2021-04-30", "2024-02-29", "2022-10-01")[at % 3])


edits = st.tuples(
    st.sampled_from([insert, remove, swap, rename, rewrite, redate]),
    st.integers(0, 3),
    st.integers(0, 9),
    parts,
)


def bank(work: Callable[[Memory], Awaitable[None]]) -> tuple[dict[str, Any], list[Any]]:
    """The rows of the bank that `work` makes, and what it answers."""

    async def made(folder: str) -> tuple[dict[str, Any], list[Any]]:
        db = Path(folder, "memory.db")
        async with Memory.open(f"sqlite:///{db}", settings=FAST) as memory:
            await work(memory)
            facts = [
                replace(one, fact=replace(one.fact, came_in=None)) for one in await memory.facts()
            ]
            answers: list[Any] = [facts, await memory.entities()]
            answers += [await memory.pages(), await memory.wiki.index()]
            for question in QUESTIONS:
                hits = await memory.recall(question, k=5)
                answers.append([(hit.source_id, hit.span) for hit in hits])
        sound(db)
        return contents(db), answers

    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(made(folder))


async def retain_all(memory: Memory, named: dict[str, Text]) -> None:
    for source_id, text in named.items():
        run = await memory.retain_text(str(text), source_id=source_id)
        assert run.status == "completed", run


@some
@given(dated_shelves, st.randoms(use_true_random=False))
def test_the_order_of_dated_sources_does_not_matter(
    shelf: list[Text], chance: random.Random
) -> None:
    named = {f"{n}.md": text for n, text in enumerate(shelf)}
    shuffled = list(named.items())
    chance.shuffle(shuffled)
    one, its_answers = bank(lambda memory: retain_all(memory, named))
    other, answers = bank(lambda memory: retain_all(memory, dict(shuffled)))
    assert unmarked(other) == unmarked(one)
    assert answers == its_answers


@some
@given(shelves)
def test_what_is_retained_again_changes_no_row(shelf: list[Text]) -> None:
    named = {f"{n}.md": text for n, text in enumerate(shelf)}

    async def twice(folder: Path) -> None:
        db = folder / "memory.db"
        for name, text in named.items():
            (folder / name).write_text(str(text), encoding="utf-8")
        files = [folder / name for name in named]
        async with Memory.open(f"sqlite:///{db}", settings=FAST) as memory:
            await memory.retain(files)
            before = everything(db)
            assert all(run.unchanged for run in await memory.retain(files))
            await retain_all(memory, named)
            assert everything(db) == before

    with tempfile.TemporaryDirectory() as name:
        asyncio.run(twice(Path(name)))


@some
@given(dated_shelves, st.lists(edits, min_size=1, max_size=6))
def test_edits_one_by_one_leave_the_bank_that_the_last_texts_make(
    shelf: list[Text], changes: list[Any]
) -> None:
    last = {f"{n}.md": text for n, text in enumerate(shelf)}
    steps = [dict(last)]
    for change, source, at, part in changes:
        source_id = f"{source % len(shelf)}.md"
        text = last[source_id]
        last[source_id] = change(text, at % len(text.parts), part)
        steps.append({source_id: last[source_id]})
    assume(list(last.values()) != shelf)

    async def edited(memory: Memory) -> None:
        for step in steps:
            await retain_all(memory, step)

    one, its_answers = bank(lambda memory: retain_all(memory, last))
    other, answers = bank(edited)
    assert unnumbered(other) == unnumbered(one)
    assert answers == its_answers


@some
@given(shelves, texts)
def test_what_is_forgotten_was_never_there(shelf: list[Text], secret: Text) -> None:
    named = {f"{n}.md": text for n, text in enumerate(shelf)}

    async def with_a_secret(memory: Memory) -> None:
        await memory.retain_text(str(secret), source_id="secret.md")
        await retain_all(memory, named)
        await memory.forget("secret.md")

    one, its_answers = bank(lambda memory: retain_all(memory, named))
    other, answers = bank(with_a_secret)
    assert unnumbered(other) == unnumbered(one)
    assert answers == its_answers


def written(folder: Path, texts: list[tuple[str, str]]) -> list[Path]:
    for name, text in texts:
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name, _ in texts]


@some
@given(shelves, st.randoms(use_true_random=False))
def test_the_order_of_the_sources_of_one_call_does_not_matter(
    shelf: list[Text], chance: random.Random
) -> None:
    named = [(f"{n}.md", str(text)) for n, text in enumerate(shelf)]

    async def retained(memory: Memory, texts: list[tuple[str, str]], jobs: int) -> None:
        with tempfile.TemporaryDirectory() as name:
            await memory.retain(written(Path(name), texts), jobs=jobs)

    shuffled = list(named)
    chance.shuffle(shuffled)
    one, its_answers = bank(lambda memory: retained(memory, named, 1))
    other, answers = bank(lambda memory: retained(memory, shuffled, 3))
    assert unmarked(other) == unmarked(one)
    assert answers == its_answers


corrections = st.tuples(
    st.sampled_from(["merge", "split"]),
    st.sampled_from(["Ines Okafor", "Rui Antunes", "Petra Lind"]),
    st.sampled_from(["Ines", "Dr. Okafor", "Rui", "Antunes", "Petra", "Ana"]),
)


@settings(derandomize=True, deadline=None, max_examples=8)
@given(shelves, st.lists(edits, max_size=4), st.lists(corrections, max_size=2), st.integers(0, 9))
def test_a_rebuild_changes_no_row(
    shelf: list[Text], changes: list[Any], told: list[Any], forgotten: int
) -> None:
    last = {f"{n}.md": text for n, text in enumerate(shelf)}

    async def rebuilt(folder: Path) -> None:
        db = folder / "memory.db"
        async with Memory.open(f"sqlite:///{db}", settings=FAST) as memory:
            await retain_all(memory, last)
            for kind, name, other in told:
                known = {alias for one in await memory.entities() for alias in one.entity.aliases}
                if known >= {name, other}:
                    await getattr(memory.entities, kind)(name, other)
            for change, source, at, part in changes:
                source_id = f"{source % len(shelf)}.md"
                last[source_id] = change(last[source_id], at % len(last[source_id].parts), part)
                await retain_all(memory, {source_id: last[source_id]})
            facts = await memory.facts()
            if facts:
                await memory.facts.forget(facts[forgotten % len(facts)].fact.fact_id)
            if forgotten % 2:
                await memory.forget("1.md")
            pages, rows = await memory.pages(), unmarked(contents(db))
            await memory.banks.rebuild()
            assert unmarked(contents(db)) == rows
            assert await memory.pages() == pages

    with tempfile.TemporaryDirectory() as name:
        asyncio.run(rebuilt(Path(name)))


@settings(derandomize=True, deadline=None, max_examples=8)
@given(shelves, st.lists(edits, max_size=5), st.lists(corrections, max_size=2), st.integers(0, 9))
def test_who_keeps_a_bank_open_recalls_what_whoever_opens_it_now_does(
    shelf: list[Text], changes: list[Any], told: list[Any], forgotten: int
) -> None:
    last = {f"{n}.md": text for n, text in enumerate(shelf)}

    async def all_hits(memory: Memory) -> list[list[Hit]]:
        asked = [(question, all_of) for question in QUESTIONS for all_of in (False, True)]
        return [await memory.recall(one, k=20, with_superseded=all_of) for one, all_of in asked]

    async def recalled(folder: Path) -> None:
        url = f"sqlite:///{folder}/memory.db"
        async with (
            Memory.open(url, settings=FAST) as reader,
            Memory.open(url, settings=FAST) as writer,
        ):

            async def compare() -> None:
                async with Memory.open(url, settings=FAST) as fresh:
                    assert await all_hits(reader) == await all_hits(fresh)

            for source_id, text in last.items():
                await retain_all(writer, {source_id: text})
                await compare()
            for kind, name, other in told:
                known = {alias for one in await writer.entities() for alias in one.entity.aliases}
                if known >= {name, other}:
                    await getattr(writer.entities, kind)(name, other)
                    await compare()
            for change, source, at, part in changes:
                source_id = f"{source % len(shelf)}.md"
                last[source_id] = change(last[source_id], at % len(last[source_id].parts), part)
                await retain_all(writer, {source_id: last[source_id]})
                await compare()
            facts = await writer.facts()
            if facts:
                await writer.facts.forget(facts[forgotten % len(facts)].fact.fact_id)
                await compare()
            for source_id in last:
                await writer.forget(source_id)
                await compare()
            await retain_all(writer, last)
            await compare()

    with tempfile.TemporaryDirectory() as name:
        asyncio.run(recalled(Path(name)))


def unmarked(rows: dict[str, Any]) -> dict[str, Any]:
    """Without which pages were rendered already, and which wait."""
    return {**rows, "page": [], "dirty_page": []}


HISTORY = {"source_version", "fact_life", "past", "past_name"}
"""Tables that tell how a bank came to be what it is."""


def unnumbered(rows: dict[str, Any]) -> dict[str, Any]:
    """Without what tells how often, and how, a source and its bank have changed."""
    left = {table: found for table, found in rows.items() if table not in HISTORY}
    left["source"] = [(*row[:2], *row[3:]) for row in rows["source"]]
    # Some terms are names in the history alone.
    named = {value for found in left.values() for row in found for value in row if is_row(value)}
    left["term"] = [row for row in rows["term"] if row in named]
    return unmarked(left)


def is_row(value: Any) -> bool:
    """Whether a row stands here in the place of its id."""
    return isinstance(value, tuple)
