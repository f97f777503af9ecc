"""Memories and command lines that ask the scripted server, and what its journal holds of that."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from tests.commandline import CommandLine, query

from retain import Memory, Settings
from retain.memory.model import Run
from retain.testing.modelserver import ModelServer

T = TypeVar("T")

MODEL = "openai-compatible:scripted"
CANARY = "sk-canary-9f8e7d6c5b4a39281706"

PEOPLE = """# People

Ana Ruiz lives in Lisbon. Ana Ruiz works at Atelier Voss.

## Rui

Rui Antunes moved to Porto on 3 March 2023. Rui Antunes owns a red boat.

## Nothing

How are you?
"""


def asked_of(url: str) -> list[str]:
    """The options that name the model of a server."""
    return ["--model", MODEL, "--base-url", url]


def asking(cli: CommandLine, url: str, **more: str) -> CommandLine:
    """The command line with the model of a server in its environment."""
    cli.env = {"RETAIN_MODEL": MODEL, "RETAIN_BASE_URL": url, **cli.env, **more}
    return cli


def memory_of(folder: Path, url: str, **more: Any) -> Memory:
    """The memory in a folder, with the model of a server."""
    given = {"db": f"sqlite:///{folder}/memory.db", "embedder": "static", **more}
    return Memory.open(settings=Settings(model=MODEL, base_url=url, **given))


def within(
    folder: Path, server: ModelServer, work: Callable[[Memory], Awaitable[T]], **more: Any
) -> T:
    """Run `work` over the memory in a folder, with the server's model."""

    async def main() -> T:
        async with memory_of(folder, server.url, **more) as memory:
            return await work(memory)

    return asyncio.run(main())


def retained(
    folder: Path, server: ModelServer, text: str, source_id: str = "note.md", **more: Any
) -> Run:
    """Retain a text."""
    return within(folder, server, lambda it: it.retain_text(text, source_id=source_id), **more)


def shelves(number: int, box: str = "Box") -> str:
    """A document with so many sections, each of which states something."""
    parts = (
        f"## Shelf {n}\n\n{box} {n} on shelf {n} belongs to Ana Ruiz.\n\n" for n in range(number)
    )
    return "# Shelves\n\n" + "".join(parts)


def facts_of(folder: Path) -> list[tuple[str, str]]:
    """The facts of the default bank with their quotes, in order."""

    async def look() -> list[tuple[str, str]]:
        async with Memory.open(f"sqlite:///{folder}/memory.db") as memory:
            return [(one.fact.text, one.fact.quote) for one in await memory.facts()]

    return asyncio.run(look())


def ledger_of(folder: Path, source_id: str = "note.md") -> list[tuple[str, str | None]]:
    """How each section of a source ended, and what else there is to tell of it."""

    async def look() -> list[tuple[str, str | None]]:
        async with Memory.open(f"sqlite:///{folder}/memory.db") as memory:
            ctx = (await memory.show(source_id)).context
            assert ctx is not None
            return [(outcome.kind, outcome.detail) for outcome in ctx.outcomes]

    return asyncio.run(look())


def journal(folder: Path) -> Path:
    """Where the journal of the memory in a folder is."""
    return folder / "memory.journal.db"


def calls_of(folder: Path) -> list[tuple[Any, ...]]:
    """The calls in the ledger: purpose, key, tokens read and written, cost, and error."""
    columns = "purpose, key, input_tokens, output_tokens, cost, error"
    return query(journal(folder), f"SELECT {columns} FROM call ORDER BY id")


def answers_of(folder: Path) -> set[str]:
    """The keys of the answers in the journal that can be used."""
    return {
        key for (key,) in query(journal(folder), "SELECT key FROM answer WHERE rejected IS NULL")
    }
