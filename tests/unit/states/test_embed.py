"""The vectors of a section that is too long to be embedded at once."""

from __future__ import annotations

import asyncio

import numpy as np

from retain.memory.model import Section
from retain.providers.embedders import Catalogue
from retain.states.embed import vectors_of

PARAGRAPHS = ["The harbour sleeps. " * 40, "Bees fill the garden. " * 40, "Trains are late. " * 40]


def section(name: str, text: str) -> Section:
    return Section(
        section_id=name,
        ordinal=0,
        kind="text",
        level=1,
        path=(),
        start=0,
        end=len(text),
        line_start=1,
        line_end=1,
        speaker=None,
        said_at=None,
    )


def test_a_long_section_is_what_its_passages_are_on_average() -> None:
    texts = ["A boat.", "\n\n".join(PARAGRAPHS), " " * 3_000]
    sections = [section(name, text) for name, text in zip("abc", texts, strict=True)]
    catalogue = Catalogue()
    found = asyncio.run(vectors_of(catalogue.get(catalogue.preferred), sections, texts))
    assert found.section_ids == ("a", "b", "b", "b", "b", "c")
    rows = np.frombuffer(found.data, "<f2").reshape(6, found.dimensions).astype("f4")
    mean = rows[2:5].mean(axis=0)
    assert np.allclose(rows[1], mean / np.linalg.norm(mean), atol=2e-3)
    assert np.allclose(np.linalg.norm(rows[:5], axis=1), 1, atol=2e-3)
    assert not rows[5].any(), "a text without a word"


def test_no_sections_have_no_vectors() -> None:
    catalogue = Catalogue()
    found = asyncio.run(vectors_of(catalogue.get(catalogue.preferred), [], []))
    assert (found.section_ids, found.data) == ((), b"")
