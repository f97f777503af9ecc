"""A source is read in memory that is a small multiple of its size."""

from __future__ import annotations

import json
import tracemalloc

import pytest

from retain.memory.model import Limits
from retain.sources.reader import parse_text

SAID = "We sailed to Reine and mended the mast; on Friday Odd brings paint. "
TURNS = 2_000


def tree() -> str:
    nodes: dict[str, object] = {
        f"m{n}": {
            "message": {"author": {"role": "user"}, "content": {"parts": [SAID]}},
            "parent": f"m{n - 1}" if n else None,
            "children": [],
        }
        for n in range(TURNS)
    }
    return json.dumps({"title": "Boats", "mapping": nodes})


TEXTS = {
    "chatgpt.json": tree(),
    "chat.json": json.dumps([{"role": "user", "content": SAID}] * TURNS),
    "whatsapp.txt": "".join(f"21/05/24, 09:{n % 60:02} - Odd: {SAID}\n" for n in range(TURNS)),
    "list.md": "# Boats\n\n" + f"- {SAID}\n" * TURNS,
    "dialogue.md": f"**Odd:** {SAID}\n\n**Mia:** {SAID}\n\n" * (TURNS // 2),
    "boats.csv": "id,vessel,note\n" + f'7,Alk,"{SAID}"\n' * TURNS,
    "boats.adoc": "= Boats\n\n" + f"== Alk\n\n{SAID} *bold* {SAID * 3}\n\n" * (TURNS // 4),
}


@pytest.mark.parametrize("name", TEXTS)
def test_reading_takes_at_most_ten_times_the_size_of_a_source(name: str) -> None:
    text = TEXTS[name]
    read(name, text[:2_000])  # what is loaded once is loaded
    tracemalloc.start()
    try:
        read(name, text)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak + len(text) <= 10 * len(text)


def read(name: str, text: str) -> None:
    try:
        parse_text(text, source_id=name, reference_date=None, limits=Limits())
    except ValueError:  # the beginning of JSON is none
        assert name.endswith(".json")
