"""reStructuredText, by docutils; directives and roles of Sphinx are read for what they hold."""

from __future__ import annotations

import re
from typing import Any

from retain.sources.decoding import decode, valid_unicode
from retain.sources.formats.base import Converted, Sample
from retain.sources.formats.doctree import Writer
from retain.sources.formats.html import front_matter
from retain.sources.formats.libraries import library

_DIRECTIVE = re.compile(r"^[ \t]*\.\.[ \t]+([\w:.+-]{1,60})::", re.MULTILINE)
_ROLE = re.compile(r":([a-zA-Z][\w:.+-]{0,60}):`")
_LABELLED = re.compile(r"!?~?(?P<label>[^<>]{1,500}?)\s*<[^<>]{1,500}>")
_LEFT_OUT = {
    "toctree": "tables of contents", "index": "index entries", "literalinclude": "included files",
    "graphviz": "drawings", "plot": "drawings", "automodule": "generated pages",
    "autoclass": "generated pages", "autofunction": "generated pages",
    "autosummary": "generated pages", "include": "included files", "raw": "raw blocks",
    "only": "", "highlight": "settings", "currentmodule": "settings", "module": "settings",
    "py:module": "settings", "py:currentmodule": "settings", "tabularcolumns": "settings",
}  # fmt: skip
_LABELS = {
    "versionadded": "Added in ", "versionchanged": "Changed in ",
    "deprecated": "Deprecated since ",
}  # fmt: skip
_CODE = frozenset({"code-block", "sourcecode", "doctest", "testcode", "ipython", "prompt"})
_SETTINGS = {
    "file_insertion_enabled": False, "raw_enabled": False, "_disable_config": True,
    "report_level": 5, "halt_level": 5, "warning_stream": False, "line_length_limit": 10_000_000,
    "smart_quotes": False, "syntax_highlight": "none", "input_encoding": "unicode",
}  # fmt: skip


class Rst:
    """reStructuredText files."""

    name = "rst"
    suffixes = frozenset({".rst", ".rest"})
    extra = "docs"

    def detect(self, sample: Sample) -> bool | None:
        return None

    def convert(self, data: bytes, source: str, max_bytes: int) -> Converted:
        text = decode(data, source)
        core = library("docutils.core", source)
        _take_unknown_names(text, source)
        tree = core.publish_doctree(text, settings_overrides=dict(_SETTINGS))
        writer = Writer()
        markdown = writer.document(tree)
        head = front_matter(writer.properties) if writer.properties else ""
        return Converted(valid_unicode(head + markdown), passed_over=dict(writer.passed))


def _take_unknown_names(text: str, source: str) -> None:
    """Have docutils read what extensions of it define, and keep files from being opened."""
    directives = library("docutils.parsers.rst.directives", source)
    roles = library("docutils.parsers.rst.roles", source)
    known = directives._directive_registry  # noqa: SLF001 - there is no public way to ask
    for name in set(_DIRECTIVE.findall(text)):
        if name.lower() not in known or name in _LEFT_OUT:
            directives.register_directive(name, _directive(source))
    for name in set(_ROLE.findall(text)):
        if name.lower() not in roles._role_registry:  # noqa: SLF001
            roles.register_local_role(name, _role(source))


def _role(source: str) -> Any:
    nodes = library("docutils.nodes", source)

    def role(_name: str, raw: str, text: str, *_: Any, **__: Any) -> tuple[list[Any], list[Any]]:
        labelled = _LABELLED.fullmatch(text)
        shown = labelled["label"] if labelled else text.lstrip("!~")
        return [nodes.inline(raw, shown)], []

    return role


def _directive(source: str) -> Any:
    nodes = library("docutils.nodes", source)

    class Unknown(library("docutils.parsers.rst", source).Directive):
        """A directive of an extension: its argument and its content, or what is counted."""

        has_content = True
        optional_arguments = 1
        final_argument_whitespace = True

        def run(self) -> list[Any]:
            name = self.name.lower()
            if _LEFT_OUT.get(name):
                return [nodes.comment("", "", passed=_LEFT_OUT[name])]
            words = "\n".join(self.content)
            if name in _CODE:
                return [nodes.literal_block(words, words, classes=["code", *self.arguments[:1]])]
            made = nodes.container()
            if self.arguments and name != "only":
                label = _LABELS.get(name, "")
                words = " ".join(self.arguments[0].split())
                first, _, rest = words.partition(" ") if label else (words, "", "")
                heading = nodes.paragraph()
                heading += nodes.strong("", f"{label}{first}")
                heading += nodes.Text(f": {rest}" if rest else "")
                made += heading
            self.state.nested_parse(self.content, self.content_offset, made)
            return [made]

    Unknown.option_spec = _AnyOption()
    return Unknown


class _AnyOption(dict[str, Any]):
    """Takes every option of a directive as text."""

    def __getitem__(self, _: str) -> Any:
        return str

    def __contains__(self, _: object) -> bool:
        return True

    def __bool__(self) -> bool:
        return True
