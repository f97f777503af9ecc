"""A document of docutils as Markdown."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

_MARKS = {"emphasis": "*", "strong": "**", "literal": "`", "title_reference": "*"}
_SILENT = frozenset(
    {
        *("target", "substitution_definition", "system_message", "pending", "meta", "decoration"),
        *("colspec", "title", "subtitle", "docinfo", "topic", "label"),
    }
)
_ADMONITIONS = frozenset(
    {
        *("note", "warning", "tip", "hint", "important", "caution", "danger", "attention"),
        *("error", "seealso"),
    }
)
_INLINE = ("#text", "inline", *_MARKS)
_LEFT_OUT = {"image": "pictures", "raw": "raw blocks", "math": "", "comment": "comments"}


class Writer:
    """Writes a document node by node.

    Attributes:
        properties: What the document tells of itself.
        passed: What is passed over, by reason.
    """

    def __init__(self) -> None:
        self.properties: dict[str, object] = {}
        self.passed = Counter[str]()

    def document(self, root: Any) -> str:
        """The Markdown of a document."""
        self._docinfo(root)
        title = next((one for one in root.children if one.tagname == "title"), None)
        head = f"# {self._inline(title)}\n\n" if title is not None else ""
        return head + self._blocks(root, 1 + bool(title)) + "\n"

    def _docinfo(self, root: Any) -> None:
        for info in (one for one in root.children if one.tagname == "docinfo"):
            for field in info.children:
                name, value = field.tagname, " ".join(field.astext().split())
                if name == "field":
                    name = field.children[0].astext().strip().lower()
                    value = " ".join(field.children[1].astext().split())
                elif name == "authors":
                    self.properties["authors"] = [one.astext() for one in field.children]
                    continue
                if name and value:
                    self.properties[name] = value

    def _blocks(self, node: Any, level: int) -> str:
        made = (self._block(child, level) for child in node.children)
        return "\n\n".join(block for block in made if block.strip())

    def _block(self, node: Any, level: int) -> str:
        name = node.tagname
        if name in _SILENT:
            return ""
        if name in _LEFT_OUT:
            self.passed[node.get("passed") or _LEFT_OUT[name]] += 1
            return ""
        if name == "section":
            title = next((one for one in node.children if one.tagname == "title"), None)
            heading = f"{'#' * min(level, 6)} {self._inline(title)}\n\n" if title else ""
            return heading + self._blocks(node, level + 1)
        if name in ("bullet_list", "enumerated_list"):
            return "\n".join(self._items(node, level))
        if name == "table":
            return self._table(node)
        if name in ("literal_block", "doctest_block", "math_block"):
            return self._code(node)
        if name == "block_quote":
            return _prefixed(self._blocks(node, level), "> ")
        if name in _ADMONITIONS:
            return f"**{name.capitalize()}:** {self._blocks(node, level)}"
        return self._other(node, level)

    def _other(self, node: Any, level: int) -> str:
        match node.tagname:
            case "paragraph" | "caption" | "attribution" | "rubric" | "line":
                return self._inline(node)
            case "definition_list_item":
                term, *rest = node.children
                told = (one for one in rest if one.tagname != "classifier")
                words = "\n\n".join(self._blocks(one, level) for one in told)
                return f"- {self._inline(term)}: {_indented(words)}"
            case "definition_list" | "line_block":
                return "\n".join(self._block(one, level) for one in node.children)
            case "field_list" | "option_list":
                return "\n".join(self._pair(one, level) for one in node.children)
            case "footnote" | "citation":
                return self._blocks(node, level)
            case "admonition":
                title = next((self._inline(x) for x in node.children if x.tagname == "title"), "")
                return f"**{title}:** {self._blocks(node, level)}"
            case "transition":
                return "---"
            case "#text":
                return str(node.astext())
            case _:
                return self._blocks(node, level) if _holds_blocks(node) else self._inline(node)

    def _items(self, node: Any, level: int) -> Iterator[str]:
        start = int(node.get("start", 1))
        for number, item in enumerate(node.children, start):
            mark = "- " if node.tagname == "bullet_list" else f"{number}. "
            yield mark + _indented(self._blocks(item, level), len(mark))

    def _pair(self, node: Any, level: int) -> str:
        name, body = node.children[0], node.children[-1]
        return f"- {' '.join(name.astext().split())}: {_indented(self._blocks(body, level))}"

    def _code(self, node: Any) -> str:
        classes = [one for one in node.get("classes", []) if one != "code"]
        words = node.astext()
        fence = "```" if "```" not in words else "`````"
        return f"{fence}{classes[0] if classes else ''}\n{words}\n{fence}"

    def _table(self, node: Any) -> str:
        title = next((self._inline(x) for x in node.children if x.tagname == "title"), "")
        rows = [
            [" ".join(entry.astext().split()).replace("|", "\\|") for entry in row.children]
            for row in node.findall()
            if row.tagname == "row"
        ]
        if not rows:
            return title
        lines = [f"| {' | '.join(row)} |" for row in rows]
        lines.insert(1, "|" + " --- |" * len(rows[0]))
        return (f"{title}\n\n" if title else "") + "\n".join(lines)

    def _inline(self, node: Any) -> str:
        return "".join(self._words(child) for child in node.children)

    def _words(self, node: Any) -> str:
        match node.tagname:
            case "#text":
                return str(node.astext())
            case "emphasis" | "strong" | "literal" | "title_reference" as name:
                mark = _MARKS[name]
                return f"{mark}{node.astext()}{mark}"
            case "reference" if str(node.get("refuri", "")).startswith(("http", "mailto")):
                words, target = self._inline(node), node["refuri"]
                return (
                    target
                    if words in (target, target.removeprefix("mailto:"))
                    else f"[{words}]({target})"
                )
            case "math":
                return f"${node.astext()}$"
            case "image":
                self.passed["pictures"] += 1
                return ""
            case "problematic":
                return str(node.astext())
            case "target" | "raw" | "comment" | "footnote_reference" | "citation_reference":
                return ""
            case _:
                return self._inline(node)


def _holds_blocks(node: Any) -> bool:
    return any(child.tagname not in _INLINE for child in node.children)


def _indented(words: str, width: int = 2) -> str:
    return re.sub(r"\n(?=[^\n])", "\n" + " " * width, words)


def _prefixed(words: str, prefix: str) -> str:
    return "\n".join(prefix + line for line in words.split("\n"))
