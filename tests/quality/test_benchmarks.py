"""What the benchmarks of quality and of a folder print."""

import re
import subprocess
import sys
from pathlib import Path

from benchmarks import quality
from benchmarks.measure import Settings

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
