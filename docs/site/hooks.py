"""What `make docs` adds to the pages in `docs`, and what it refuses.

Pages that are made from the program itself (commands, routes, settings) are made here, at each
build, so that they are never out of date. A page that asks another address for a script, a style, a
font or a picture fails the build.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from pathlib import Path

from cli_reference import cli_page
from http_reference import description, http_page
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
PUBLISHED = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "README.md": "reference/settings.md",
    "benchmarks/README.md": "measuring.md",
}
"""Files outside of `docs` that are pages, from the root of the repository to the site."""
_LINK = re.compile(r"(\]\()([^)#:\s]+)(#[^)\s]*)?\)")
_CODE = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
_FETCHED = re.compile(
    r"<(?:script|img|iframe|source|video|audio|embed|object)\b[^>]*?\b(?:src|data|srcset)\s*=\s*[\"']?"
    r"((?:https?:)?//[^\"'\s>]+)"
    r"|<link\b(?![^>]*\brel=[\"']?(?:canonical|alternate|next|prev)\b)[^>]*?\bhref\s*=\s*[\"']?"
    r"((?:https?:)?//[^\"'\s>]+)",
    re.IGNORECASE,
)
_FETCHED_BY_STYLE = re.compile(
    r"(?:url\(\s*[\"']?|@import\s+[\"'])((?:https?:)?//[^\"')\s]+)", re.IGNORECASE
)


def on_config(config: MkDocsConfig) -> None:
    """Put every page of `docs/how-to` and `docs/explanation` into the navigation."""
    docs = Path(config.docs_dir)
    for section in config.nav or []:
        if "How-to guides" in section:
            section["How-to guides"] = _pages_in(docs, "how-to")
        if "Concepts" in section:
            section["Concepts"] += _pages_in(docs, "explanation")


def _pages_in(docs: Path, folder: str) -> list[str]:
    return sorted(path.relative_to(docs).as_posix() for path in (docs / folder).glob("*.md"))


def on_files(files: Files, config: MkDocsConfig) -> None:
    """Add the pages that are made from the program, and those of files outside of `docs`."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    made = {
        "changelog.md": (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"),
        "contributing.md": (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"),
        "measuring.md": (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8"),
        "reference/cli.md": cli_page(),
        "reference/http.md": http_page(),
        "reference/openapi.json": description(),
        "reference/settings.md": _settings(readme),
    }
    for name, text in made.items():
        files.append(File.generated(config, name, content=text))


def _settings(readme: str) -> str:
    """The page of the settings, from the sections of the README."""
    parts = {part.partition("\n")[0]: part for part in re.split(r"(?m)^## ", readme)[1:]}
    introduction = (
        "# Settings and formats\n\nThe command line, the servers and `Memory.open` read these "
        "variables. An option of a command goes before its variable, and an argument of `Settings` "
        "before both.\n"
    )
    return "\n".join([introduction, f"## {parts['Settings']}", f"## {parts['What it reads']}"])


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Lead links to files of the repository to their pages on the site."""
    here = page.file.src_uri
    origin = next((path for path, at in PUBLISHED.items() if at == here), f"docs/{here}")

    def lead(found: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(origin), found[2]))
        on_site = PUBLISHED.get(target) or (
            target.removeprefix("docs/") if target.startswith("docs/") else None
        )
        if on_site is None:
            return found[0]
        fragment = "" if target == "README.md" else found[3] or ""
        return f"{found[1]}{posixpath.relpath(on_site, posixpath.dirname(here) or '.')}{fragment})"

    parts = _CODE.split(markdown)
    return "".join(part if part.startswith("```") else _LINK.sub(lead, part) for part in parts)


def on_post_build(config: MkDocsConfig) -> None:
    """Refuse a site that asks another address for anything."""
    site = Path(config.site_dir)
    found = sorted(
        f"{path.relative_to(site)}: {address}"
        for path in site.rglob("*")
        if path.suffix in {".html", ".css", ".svg"}
        for address in fetched(path.read_text(encoding="utf-8"))
    )
    if found:
        raise PluginError("the site asks other addresses: " + "; ".join(found))


def fetched(text: str) -> Iterable[str]:
    """The addresses of others that a browser would ask because of an HTML page or a style."""
    for found in _FETCHED.finditer(text):
        yield found[1] or found[2]
    for found in _FETCHED_BY_STYLE.finditer(text):
        yield found[1]
