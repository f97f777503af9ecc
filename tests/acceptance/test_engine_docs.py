"""The reference of the engine has every public name, and every promise of the docs has a test."""

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "engine"
CONTRACT = ROOT / "src" / "retain" / "testing" / "checkpoints"


def promises() -> list[tuple[str, str]]:
    """Each row of the tables of promises: what is promised, and its test."""
    pages = [DOCS / "promises.md", ROOT / "docs" / "promises.md"]
    rows = []
    for line in "\n".join(page.read_text(encoding="utf-8") for page in pages).splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and not set(line) <= set("|- ") and cells[-1] != "Test":
            rows.append((" ".join(cells[:-1]), cells[-1]))
    return rows


def test_the_reference_is_what_the_docstrings_say() -> None:
    spec = importlib.util.spec_from_file_location("make_reference", DOCS / "make_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    remedy = "run: python docs/engine/make_reference.py"
    assert module.PAGE.read_text(encoding="utf-8") == module.page(), remedy


def test_there_are_promises() -> None:
    assert len(promises()) > 70


@pytest.mark.parametrize(("promise", "test"), promises())
def test_a_promise_has_a_test(promise: str, test: str) -> None:
    found = re.fullmatch(r"`([\w/.]+)::(test_\w+)`", test)
    assert found, f"{promise}: {test!r} is no test"
    file, name = found.groups()
    files = CONTRACT.glob("*.py") if file == "contract" else [ROOT / "tests" / file]
    texts = [path.read_text(encoding="utf-8") for path in files]
    assert any(re.search(rf"def {name}\(", text) for text in texts), promise
