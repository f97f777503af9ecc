"""The site of the documents: what is made for it is up to date, and it asks nobody for anything."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).parents[2] / "docs"


def load(path: Path) -> ModuleType:
    """A script of the documents as a module."""
    spec = importlib.util.spec_from_file_location(f"docs_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def hooks() -> ModuleType:
    """What `make docs` adds to mkdocs."""
    sys.path.insert(0, str(DOCS / "site"))
    try:
        return load(DOCS / "site" / "hooks.py")
    finally:
        sys.path.remove(str(DOCS / "site"))


@pytest.mark.parametrize("script", ["make_pictures.py", "make_plots.py"])
def test_the_pictures_are_what_their_script_makes(script: str) -> None:
    module = load(DOCS / script)
    for name, text in module.pictures().items():
        assert (module.TARGET / name).read_text(encoding="utf-8") == text, f"run: docs/{script}"


@pytest.mark.parametrize(
    "text",
    [
        '<script src="https://cdn.example.org/a.js"></script>',
        "<script async src=//cdn.example.org/a.js></script>",
        '<link rel="stylesheet" href="https://fonts.example.org/css?family=Roboto">',
        '<link href="https://fonts.example.org" rel=preconnect>',
        '<img alt="" src="https://badge.example.org/a.svg">',
        "@font-face { src: url('https://fonts.example.org/a.woff2') }",
        '@import "//styles.example.org/a.css";',
    ],
)
def test_a_page_that_asks_another_address_is_refused(hooks: ModuleType, text: str) -> None:
    assert list(hooks.fetched(text))


def test_links_and_pictures_of_the_site_itself_are_none_of_these(hooks: ModuleType) -> None:
    text = (
        '<a href="https://example.org">there</a> <link rel="canonical" href="https://a.example/">'
        '<script src="../assets/a.js"></script> <img src="images/a.svg"> <p>url: //x</p>'
    )
    assert list(hooks.fetched(text)) == []


def test_the_pages_of_commands_and_routes_have_all_of_them(hooks: ModuleType) -> None:
    commands, routes = hooks.cli_page(), hooks.http_page()
    for command in ("ingest", "recall", "entities merge", "db migrate", "serve", "mcp"):
        assert f"# retain {command}\n\n```text\nUsage: retain {command} " in commands
    for route in ("POST /v1/banks/{bank_id}/recall", "DELETE /v1/banks/{bank_id}", "GET /ready"):
        assert f"```http\n{route}\n```" in routes
    assert hooks.description().startswith("{")
