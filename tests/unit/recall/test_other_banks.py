"""A question is embedded once, and sees nothing of another bank."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from retain import Memory, Settings
from retain.providers.embedders.static import StaticEmbedder

TALK = "# Talk\n\n**Ana:** I moved to Porto.\n\n**Bob:** I keep bees.\n"


def settings(folder: Path) -> Settings:
    return Settings(f"sqlite:///{folder}/memory.db", embedder="static", durability="process")


def test_a_question_that_names_a_speaker_is_embedded_once_as_the_speaker_would_put_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    async def main() -> None:
        async with Memory.open(settings=settings(tmp_path)) as memory:
            await memory.retain_text(TALK, source_id="talk")
            encode = StaticEmbedder.encode
            monkeypatch.setattr(
                StaticEmbedder,
                "encode",
                lambda own, texts: read.extend(texts) or encode(own, texts),
            )
            assert await memory.recall("Where did Ana move?")

    asyncio.run(main())
    assert read == ["Where did I move?"]


def test_a_bank_sees_nothing_of_another(tmp_path: Path) -> None:
    async def main() -> None:
        async with Memory.open(settings=settings(tmp_path)) as memory:
            await memory.retain_text(TALK, source_id="talk")
            await memory.retain_text("# Eve\n\nEve keeps bees.\n", source_id="eve", bank_id="eve")
            hits = await memory.recall("Who keeps bees?")
            assert {hit.source_id for hit in hits} == {"talk"}
            assert "bees" in hits[0].text

    asyncio.run(main())
