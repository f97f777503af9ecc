"""Every row of a long table is a fact with the names of its columns, from the file to the bank."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from retain import Memory

ROWS = [(f"Boat {n}", f"Harbour {n % 7}", f"{n * 3} t") for n in range(1, 241)]


async def facts_of(path: Path, folder: Path) -> list[str]:
    async with Memory.open(f"sqlite:///{folder / 'memory.db'}") as memory:
        (run,) = await memory.retain(path)
        assert run.status == "completed"
        return [one.fact.text for one in await memory.facts()]


@pytest.mark.parametrize(("mark", "name"), [(",", "boats.csv"), ("|", "boats.md")])
def test_240_rows_are_240_facts(tmp_path: Path, mark: str, name: str) -> None:
    table = [("vessel", "berth", "load"), *ROWS]
    if mark == "|":
        table.insert(1, ("---", "---", "---"))
        lines = [f"| {' | '.join(row)} |" for row in table]
    else:
        lines = [mark.join(row) for row in table]
    (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    facts = asyncio.run(facts_of(tmp_path / name, tmp_path))
    assert len(facts) == 240
    assert sorted(facts) == sorted(
        f"vessel {vessel} - berth: {berth}; load: {load}" for vessel, berth, load in ROWS
    )


@pytest.mark.parametrize("columns", [3, 16, 60])
def test_each_fact_of_a_table_of_any_width_tells_whose_it_is(tmp_path: Path, columns: int) -> None:
    headings = ["Name", "City", *(f"Score{n}" for n in range(2, columns))]
    people = [("Ana Ruiz", "Porto"), ("Rui Costa", "Faro")]
    rows = [[*one, *(f"{n} points" for n in range(2, columns))] for one in people]
    text = "\n".join(",".join(row) for row in [headings, *rows])

    async def told() -> list[str]:
        async with Memory.open(f"sqlite:///{tmp_path}/memory.db") as memory:
            await memory.retain_text(text, source_id="people.csv")
            return [one.fact.text for one in await memory.facts(source_id="people.csv")]

    facts = asyncio.run(told())
    assert any(fact.startswith("Ana Ruiz - ") and "ity: Porto" in fact for fact in facts)
    assert any(
        "Rui Costa - " in fact and f"core{columns - 1}: {columns - 1} points" in fact
        for fact in facts
    )
    assert all("Ana Ruiz" in fact or "Rui Costa" in fact for fact in facts)
