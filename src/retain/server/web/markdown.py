"""Pages of a bank from Markdown to HTML: escaped, with links to this server."""

from __future__ import annotations

import re
from urllib.parse import quote

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

_SOURCE = re.compile(r"(?P<source>.+):(?P<line>\d{1,9})\Z", re.DOTALL)


def to_html(text: str, bank_id: str) -> Markup:
    """The HTML of a page, an index or a log. HTML in the text is shown, not obeyed.

    Args:
        text: Markdown with links relative to an export; see `Page`.
        bank_id: The bank.
    """
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.disable(["image", "html_block", "html_inline"])
    tokens = parser.parse(text)
    for token in tokens:
        _link(token.children or [], bank_id)
    # Markdown escapes what it does not make itself.
    return Markup(parser.renderer.render(tokens, parser.options, {}))  # noqa: S704


def _link(tokens: list[Token], bank_id: str) -> None:
    for number, token in enumerate(tokens):
        if token.type == "link_open":
            label = tokens[number + 1].content if number + 1 < len(tokens) else ""
            token.attrSet("href", _target(str(token.attrGet("href") or ""), label, bank_id))


def _target(href: str, label: str, bank_id: str) -> str:
    """Where a link leads here; links to elsewhere lead nowhere."""
    home = f"/banks/{quote(bank_id, safe='')}"
    path, _, _ = href.partition("#")
    if "sources/" in path:
        place = _SOURCE.fullmatch(label)
        source_id, line = (place["source"], place["line"]) if place else (label, "")
        end = f"?line={line}#L{line}" if line else ""
        return f"{home}/sources/{quote(source_id, safe='')}{end}"
    name = path.rpartition("/")[2].removesuffix(".md")
    if not path.endswith(".md") or "://" in path:
        return "#"
    if name in ("index", "log") and "pages/" not in path:
        return home if name == "index" else f"{home}/log"
    return f"{home}/pages/{quote(name, safe='')}"
