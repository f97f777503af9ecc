"""No regular expression of ours is superlinear on text that others send."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.fuzz.check import slow
from tests.fuzz.expressions import Expression

LIMIT_S = 240
"""About twenty times what the check takes on an idle machine."""


def test_every_expression_takes_time_in_proportion_to_the_text() -> None:
    command = [sys.executable, "-m", "tests.fuzz.check"]
    root = Path(__file__).parents[2]
    try:
        done = subprocess.run(command, capture_output=True, timeout=LIMIT_S, cwd=root, check=False)
        printed = done.stdout.decode().splitlines()
    except subprocess.TimeoutExpired as ended:
        printed = (ended.stdout or b"").decode().splitlines()
        pytest.fail(f"no answer within {LIMIT_S} s: {printed[-1:]}")
    assert printed[-1:] == ["done"], done.stderr.decode()[-2000:]
    assert len(printed) > 400
    assert [line for line in printed if line.startswith("slow")] == []


@pytest.mark.parametrize("pattern", [r"[ \t]*\n", r"\S*[_<>]\S*", r"\s*-\s*$"])
def test_a_slow_expression_is_found(pattern: str) -> None:
    assert slow(Expression("here", re.compile(pattern), ("finditer",))) is not None


def test_a_linear_expression_is_not() -> None:
    assert slow(Expression("here", re.compile(r"(?<!\s)\s*+-"), ("finditer",))) is None
