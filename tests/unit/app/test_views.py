"""The JSON shapes that every face gives: their keys, and values that JSON has."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.unit.app.test_question_answering import hit

from retain import Memory, Settings
from retain.app import views
from retain.app.watching import Change
from retain.memory.model import CallContext, CostLine, Reflection, Run, Spending
from retain.testing.journal import call_of

NOTE = """---
date: 2024-05-01
reviewed: 2024-05-02
---
# Ana

Ana Silva lives in Lisbon. Bob Reis met Ana Silva in Faro.
"""
RUN_KEYS = [
    *("bank_id", "source_id", "status", "last_state", "errors", "started_at", "completed_at"),
    *("duration_ms", "unchanged", "passed_over", "questions", "notes", "run_id"),
]


def is_plain(value: Any) -> bool:
    """Whether a value is made of what JSON has, and nothing else."""
    match value:
        case dict():
            return all(type(key) is str and is_plain(one) for key, one in value.items())
        case list() | tuple():
            return all(map(is_plain, value))
        case _:
            return value is None or type(value) in (str, int, float, bool)


@pytest.fixture
def shapes(tmp_path: Path) -> Mapping[str, Any]:
    """One of each of what a bank gives."""
    import asyncio

    async def main() -> dict[str, Any]:
        settings = Settings(f"sqlite:///{tmp_path}/memory.db", embedder="static")
        async with Memory.open(settings=settings) as memory:
            await memory.retain_text(NOTE, source_id="ana.md")
            await memory.retain_text(
                NOTE.replace("Lisbon", "Porto").replace("2024", "2025"), source_id="later.md"
            )
            facts = await memory.facts()
            return {
                "hit": views.plain((await memory.recall("Porto", explain=True))[0]),
                "run": views.plain((await memory.runs())[0]),
                "source": views.source(await memory.show("ana.md")),
                "fact": views.fact(facts[0]),
                "entity": views.entity((await memory.entities())[0]),
                "page": views.plain((await memory.pages())[0]),
                "revision": views.plain((await memory.wiki.history("Ana Silva"))[-1]),
                "log_entry": views.log_entry((await memory.wiki.log())[-1]),
                "forgetting": views.forgetting(
                    "default", await memory.sources.preview_forget("later.md")
                ),
                "exported_markdown": views.exported_markdown(
                    "default", "out", await memory.banks.export_markdown(tmp_path / "out")
                ),
                "exported": views.exported(
                    "default", "file", await memory.banks.export(tmp_path / "file")
                ),
                "imported": views.plain(
                    await memory.banks.import_(tmp_path / "file", bank_id="copy")
                ),
            }

    return asyncio.run(main())


KEYS = {
    "hit": [
        *(
            "text",
            "source_id",
            "span",
            "kind",
            "fact_id",
            "section_id",
            "score",
            "mentioned_at",
        ),
        *("occurred_start", "occurred_end", "superseded_by", "path", "lines", "speaker", "why"),
        "relevance",
        "came_in",
        "copies",
    ],
    "run": RUN_KEYS,
    "source": ["source", "run", "passed_over", "ledger", "steps", "sections"],
    "fact": [
        *("source_id", "fact_id", "section_id", "type", "text", "quote", "span", "line"),
        *("entities", "subject", "slot", "value", "mentioned_at", "came_in", "occurred_start"),
        *("occurred_end", "confidence", "superseded_by"),
    ],
    "entity": ["entity_id", "name", "kind", "aliases", "reasons", "mentions"],
    "page": ["page_id", "kind", "title", "aliases", "facts", "text"],
    "revision": ["number", "at", "source_id", "version", "came", "went", "text"],
    "log_entry": [
        *("at", "action", "source_id", "version", "sections", "came", "went", "superseded"),
        "pages",
    ],
    "forgetting": [
        *("bank_id", "source_id", "fact_id", "sections", "facts", "entities", "restored"),
        *("pages_gone", "pages_changed", "log_entries"),
    ],
    "exported_markdown": ["bank_id", "folder", "files", "changed", "removed"],
    "exported": ["bank_id", "file", "counts"],
    "imported": ["bank_id", "was", "counts"],
}


def test_each_shape_has_these_keys_and_plain_values(shapes: Mapping[str, Any]) -> None:
    assert {name: list(shape) for name, shape in shapes.items()} == KEYS
    assert [name for name, shape in shapes.items() if not is_plain(shape)] == []


def test_times_are_iso_8601_and_what_was_superseded_is_a_pair(shapes: Mapping[str, Any]) -> None:
    assert shapes["fact"]["mentioned_at"] == "2024-05-01T00:00:00Z"
    assert shapes["source"]["source"]["meta"]["reviewed"].startswith("2024-05-02")
    (pair,) = shapes["log_entry"]["superseded"]
    assert list(pair) == ["newer", "older"]
    assert pair["older"]["text"] == "Ana Silva lives in Lisbon"
    assert list(pair["older"]) == ["source_id", "fact_id", "text"]


def test_a_change_has_the_fields_of_its_run() -> None:
    run = Run("ana", "a.md", "completed", "COMPLETE", unchanged=True)
    assert list(views.change(Change("a.md", "deleted"))) == ["change", "source_id", "reason"]
    shape = views.change(Change("a.md", "retained", run))
    assert set(shape) == {"change", "reason", *RUN_KEYS}
    assert views.first_change(run)["change"] == "unchanged"
    assert views.first_change(Run("ana", "a.md", "failed", "INIT"))["change"] == "failed"


def test_what_was_forgotten_names_its_fact_if_it_was_one() -> None:
    whole = {"bank_id": "ana", "source_id": "a.md", "forgotten": True, "copies": []}
    assert views.forgotten("ana", "a.md") == whole
    assert views.forgotten("ana", "a.md", "f1") == {**whole, "fact_id": "f1"}


def test_an_answer_has_its_hits() -> None:
    shape = views.plain(Reflection(True, "In Porto [1].", (), (hit("Ana lives in Porto"),)))
    assert list(shape) == ["known", "text", "sentences", "hits"]
    assert shape["hits"][0]["text"] == "Ana lives in Porto"


def test_costs_are_the_ledger_or_groups_of_it() -> None:
    call = call_of("k", "a.md", bank_id="ana", at=datetime(2024, 5, 1, tzinfo=UTC))
    spending = Spending(2, 1, 10, 5, 0.5)
    lines = [
        CostLine(CallContext("ana", source_id, "EXTRACT_FACTS"), call.purpose, model, spending, 3.0)
        for source_id, model in (("a.md", "small"), ("b.md", "small"), ("b.md", "large"))
    ]
    names = ["bank_id", "source_id", "state", "purpose", "model"]
    sums = ["calls", "failed", "input_tokens", "output_tokens", "cost", "unpriced", "latency_ms"]
    whole = views.costs(lines)
    assert [list(row) for row in whole["costs"]] == [[*names, *sums]] * 3
    assert list(whole["total"]) == sums
    assert whole["total"]["calls"] == 6
    by_model = views.costs(lines, "model")["costs"]
    assert [(row["model"], row["calls"]) for row in by_model] == [("large", 2), ("small", 4)]
    assert [list(row)[:2] for row in views.costs(lines, "run")["costs"]] == [names[:2]] * 2
