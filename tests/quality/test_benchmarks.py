"""What the benchmarks of quality, of a folder and of growth print."""

import asyncio
import json
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from benchmarks import growth, quality
from benchmarks.growth_data import notes, questions, some_notes
from benchmarks.measure import Settings
from tests.asking import asked_of

from retain import Memory
from retain.testing.modelserver import ModelServer, Plan, Rule, Spoil

ROOT = Path(__file__).parents[2]


def test_every_score_stands_in_both_halves(tmp_path: Path) -> None:
    tuned, held_out = quality.run(Settings(tmp_path, 1, lambda _: None))
    names = [row.name for row in tuned.rows]
    assert names == [row.name for row in held_out.rows]
    for what in ("facts", "names", "kinds", "merges", "supersedes"):
        assert {f"{what}: precision", f"{what}: recall"} <= set(names)
    assert {"facts: types", "facts: dates", "facts: slots", "recall: in first 5"} <= set(names)
    for row in (*tuned.rows, *held_out.rows):
        assert row.error is None, row.name
        assert 0 < row.median() <= 100, row.name


def test_a_folder_costs_nothing_unchanged_and_a_section_for_a_paragraph() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.book", "examples/notes"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert re.search(r"^first: \d+\.\d\d s wall, \d+ MB at most \(retained 6 sources", ran.stdout)
    assert re.search(r"\n    STORE +\d+\.\d\d s +\d+\.\d%\n", ran.stdout)
    assert "states run: 0; rows written: 0\n" in ran.stdout
    assert re.search(r"of \d+ sections 1 are new: 1 extracted, 1 embedded\n", ran.stdout)


def test_estimates_of_tokens_are_compared_with_a_vocabulary_that_is_there() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.token_estimates", "examples/notes"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    found = re.findall(
        r"^notes (asked|answers) +llama2 +\d+ +\d+ +(0\.\d+) .* 0$", ran.stdout, re.MULTILINE
    )
    assert {what for what, _ in found} == {"asked", "answers"}
    assert all(0.7 < float(ratio) < 1 for _, ratio in found)


@pytest.mark.parametrize("embedder", ["static", "minilm"])
def test_the_time_of_a_recall_is_told(embedder: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.recall_speed", "40", "--embedder", embedder],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert f"40 sections with a fact each, k=10, {embedder}: p50 " in ran.stdout


def facts_quality(*options: str | Path) -> list[str]:
    """What the comparison of facts prints, line by line."""
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.facts_quality", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()


def test_the_facts_of_any_model_are_compared_with_those_of_the_rules(
    tmp_path: Path, server: ModelServer
) -> None:
    """The scripted model answers by the rules, so it is as good, but for what sections share."""
    model, url, *rest = asked_of(server.url)
    tuned, held_out, spent, *theirs = facts_quality(model, url, *rest, "--journal", tmp_path)
    asked = server.log.counts.total
    assert asked > 200
    assert spent.startswith(f"openai-compatible:scripted: {asked} calls, ")
    for line, other in zip((tuned, held_out), theirs, strict=False):
        label, score = other.split(", openai-compatible:scripted: ")
        assert line.startswith(f"{label}: 1")
        assert re.search(r"facts expected, \d+ found: precision [01]\.\d+, recall [01]\.\d+", score)
    assert abs(recall_of(held_out) - recall_of(theirs[1])) < 0.1
    server.plan = Plan(rules=[Rule([Spoil("wrong schema")])])
    again = facts_quality(model, url, *rest, "--journal", tmp_path)
    assert server.log.counts.total == asked, "the journal has all of it"
    assert again[-3:] == theirs[-3:]


def recall_of(line: str) -> float:
    found = re.search(r"recall (\d\.\d+)", line)
    assert found is not None
    return float(found[1])


def test_made_up_notes_state_what_rules_find_and_supersede(tmp_path: Path) -> None:
    written = some_notes(60)
    assert written == some_notes(60)
    assert written[20:] == some_notes(40, start=20)
    assert sum(len(note.text) for note in written) / len(written) == pytest.approx(784, rel=0.05)

    async def look() -> tuple[int, int]:
        async with Memory.open(f"sqlite:///{tmp_path}/memory.db") as memory:
            for note in written:
                await memory.retain_text(note.text, source_id=note.name)
            facts = [known.fact for known in await memory.facts()]
            asked = questions(20, written)
            assert all([await memory.recall(question) for question in asked])
            return len(facts), sum(fact.superseded_by is not None for fact in facts)

    facts, superseded = asyncio.run(look())
    updates = sum(note.updates for note in written)
    assert 10 <= facts / len(written) <= 12
    assert updates / facts == pytest.approx(0.2, abs=0.05)
    assert 0.95 * updates <= superseded <= updates


def test_made_up_notes_are_about_a_fifth_as_many_people_and_projects() -> None:
    about = {name for note in some_notes(500) for name in note.subjects}
    assert len(about) == pytest.approx(100, abs=15)
    assert next(notes(seed=1)) != next(notes(seed=2))


SMALL = {
    "ingest": "--notes 2 4",
    "operations": "--facts 11 --repetitions 1",
    "recall": "--facts 22 --queries 4 --beside 2 --repetitions 1",
    "chat": "--turns 4 --window 2",
    "banks": "--banks 2 --notes 2",
    "processes": "--notes 2",
    "document": "--megabytes 0.01",
    "hot": "--values 6 --notes 2",
    "churn": "--changes 5 --notes 2",
}


@pytest.mark.parametrize(("measure", "options"), SMALL.items(), ids=SMALL.keys())
def test_growth_is_measured_at_any_size(
    measure: str, options: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "growth.json"
    words = [measure, *options.split(), "--dir", str(tmp_path), "--json", str(file)]
    growth.main(words)
    tables = json.loads(file.read_text("utf-8"))[measure]
    printed = capsys.readouterr().out
    for title, rows in tables.items():
        assert title in printed
        assert all(name in printed for row in rows for name in row)
        assert rows
    assert [path.name for path in tmp_path.iterdir()] == ["growth.json"]
    if measure == "processes":
        assert {row["exit codes"] for row in tables["4 notes into one database"]} == {"0", "0 0"}


def test_growth_is_drawn(tmp_path: Path) -> None:
    rows = [{"notes": size, "of the last part": 20 + size / 100} for size in (250, 8_000)]
    (tmp_path / "measured").write_text(json.dumps({"ingest": {"a title": rows}}))
    svg = tmp_path / "growth.svg"
    growth.main(["plot", str(tmp_path / "measured"), str(svg)])
    root = ElementTree.fromstring(svg.read_text("utf-8"))
    (line,) = root.findall("{http://www.w3.org/2000/svg}polyline")
    (_, low), (_, high) = (point.split(",") for point in line.get("points", "").split())
    assert float(high) < float(low)  # SVG counts from the top
    shown = [text.text for text in root.findall("{http://www.w3.org/2000/svg}text")]
    assert {"0", "22", "100", "1,000"} <= set(shown)
