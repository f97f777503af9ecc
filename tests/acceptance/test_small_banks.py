"""In a bank of a few sections, what answers a question comes first."""

import asyncio
from pathlib import Path

import pytest

from retain import Memory, Settings

NOTE = """# Team

Ana Ruiz leads the data team. She lives in Porto.
Ben Okafor works as a nurse.
"""
CHAT = """## 4 May 2026

**Ben:** I moved to Lisbon last week.

**Ana:** Nice! Which street?

**Ben:** Near the river. My sister Carla adopted a cat.
"""
SHED = "The key of the shed is behind the blue pot."

QUESTIONS = {
    "Where does Ana live?": "Porto",
    "What does Ana Ruiz lead?": "data team",
    "What does Ben work as?": "nurse",
    "Where is Ben now?": "Lisbon",
    "Who adopted a cat?": "cat",
    "Where is the key of the shed?": "blue pot",
}


@pytest.mark.parametrize("embedder", ["minilm", "static"])
def test_the_answer_is_first_in_a_bank_of_three_sources(tmp_path: Path, embedder: str) -> None:
    async def wrong() -> list[tuple[str, str]]:
        settings = Settings(db=f"sqlite:///{tmp_path / 'memory.db'}", embedder=embedder)
        async with Memory.open(settings=settings) as memory:
            for name, text in (("team.md", NOTE), ("chat.md", CHAT), ("shed.md", SHED)):
                await memory.retain_text(text, source_id=name)
            found = {question: await memory.recall(question, k=1) for question in QUESTIONS}
            return [
                (question, hits[0].text if hits else "nothing")
                for question, hits in found.items()
                if not hits or QUESTIONS[question] not in hits[0].text
            ]

    assert asyncio.run(wrong()) == []
