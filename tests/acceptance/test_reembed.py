"""A bank's embedder is changed by a command that can be cut off, and vectors never mix."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from tests.commandline import ANA, CommandLine

from retain import Memory, RetainError, Settings
from retain.errors import NotFoundError
from retain.providers.embedders.catalogue import MODELS

NOTE = "# Pets\n\n" + "".join(f"## Day {n}\n\nThe cat slept for {n} hours.\n\n" for n in range(300))


def within(folder: Path, embedder: str, work: Callable[[Memory], Awaitable[None]]) -> None:
    settings = Settings(db=f"sqlite:///{folder / 'memory.db'}", embedder=embedder)

    async def main() -> None:
        async with Memory.open(settings=settings) as memory:
            await work(memory)

    asyncio.run(main())


def test_a_bank_keeps_its_model_until_it_is_embedded_anew(cli: CommandLine) -> None:
    cli.write("ana.md", ANA)
    cli("ingest", "ana.md")
    minilm = CommandLine(cli.folder, {"RETAIN_EMBEDDER": "minilm"})
    cli.write("bob.md", "# Bob\n\nBob lives in Porto.\n")
    minilm("ingest", "bob.md")
    assert minilm.found("Where does Bob live?")[0] == "# Bob\n\nBob lives in Porto."
    done = minilm("reembed", "--json").json
    assert done == {"bank_id": "default", "model": MODELS["minilm"], "embedded": 3}
    assert minilm("reembed", "--json").json["embedded"] == 0
    hits = cli("recall", "Where does Bob live?", "--json").json
    assert hits[0]["text"] == "# Bob\n\nBob lives in Porto."
    assert "meaning" in {reason["signal"] for reason in hits[0]["why"]}
    assert "no bank" in cli("reembed", "--bank", "nobody", code=2).err


def test_what_was_embedded_before_it_was_cut_off_is_not_embedded_again(tmp_path: Path) -> None:
    class CutOffError(RetainError):
        pass

    def cut_off(done: int, total: int) -> None:
        raise CutOffError(f"{done} of {total}")

    async def begin(memory: Memory) -> None:
        await memory.retain_text(NOTE, source_id="pets")

    async def interrupted(memory: Memory) -> None:
        with pytest.raises(CutOffError, match="256 of 300"):
            await memory.banks.reembed(progress=cut_off)
        hits = await memory.recall("How long did the cat sleep?")
        assert hits, "what the bank had is searched until all is embedded"

    async def go_on(memory: Memory) -> None:
        assert await memory.banks.reembed() == (44, MODELS["minilm"])
        with pytest.raises(NotFoundError):
            await memory.banks.reembed(bank_id="nobody")

    within(tmp_path, "static", begin)
    within(tmp_path, "minilm", interrupted)
    within(tmp_path, "minilm", go_on)
