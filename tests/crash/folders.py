"""A folder of small sources, and the same folder after its user has worked in it."""

from __future__ import annotations

import json
from pathlib import Path

NOTES = 5

PEOPLE = """---
date: 2024-01-14
title: People
---
# People

## Ines Okafor

Ines lives in Lisbon. Ines works at Atelier Voss. She paints harbours.

## Rui Antunes

Rui moved to Porto on 3 March 2023. Rui owns a red boat. How are you?
"""
TALK = "# Talk\n\n**Ana:** I live in Braga.\n\n**Rui:** Hello!\n\n**Ana:** I love green tea.\n"
CHAT = (
    '{"role": "user", "content": "Where is the spare key?"}\n'
    '{"role": "assistant", "content": "The spare key is under the blue flowerpot."}\n'
)
JOURNAL = """---
date: 2024-05-02
---
# Journal

Yesterday Ana sold her old bicycle to Petra Lind.

## Garden

The pump in the garden runs for ten minutes every morning.

## Plans

Ana will visit Petra Lind in Oslo next week.
"""


def write_first(folder: Path) -> None:
    """Write the folder as it is at first."""
    texts = {"people.md": PEOPLE, "talk.md": TALK, "chat.jsonl": CHAT, "journal.md": JOURNAL}
    texts |= {f"notes/{n}.md": _note(n) for n in range(NOTES)}
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def edit(folder: Path) -> None:
    """Work in the folder: every kind of change that a user makes."""

    def change(name: str, old: str, new: str) -> None:
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new), encoding="utf-8")

    change("people.md", "# People\n", "# People\n\nAll of them are friends of Petra Lind.\n")
    change("people.md", "owns a red boat", "owns a blue boat")
    change("journal.md", "date: 2024-05-02", "date: 2024-06-20")
    change("talk.md", "\n\n**Rui:** Hello!", "")
    change("notes/0.md", "## Shelf 1\n\nBox 0 on shelf 1 belongs to Ana Ruiz.\n\n", "")
    change("notes/1.md", "# Note 1", "# The first note")
    (folder / "notes/2.md").rename(folder / "notes/moved.md")
    (folder / "notes/3.md").unlink()
    (folder / "new.md").write_text("# New\n\nPetra Lind works at Harbour Labs.\n", "utf-8")
    asked = [{"role": "user", "content": f"I bought box {n} in Faro."} for n in range(4)]
    (folder / "asked.json").write_text(json.dumps(asked), encoding="utf-8")


def _note(number: int) -> str:
    shelves = (
        f"## Shelf {n}\n\nBox {number} on shelf {n} belongs to Ana Ruiz.\n\n" for n in range(3)
    )
    return f"# Note {number}\n\nNote {number} is about boxes.\n\n" + "".join(shelves)
