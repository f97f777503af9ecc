"""What the benchmarks of quality and of a folder print."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks import quality
from benchmarks.measure import Settings
from tests.asking import asked_of

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
