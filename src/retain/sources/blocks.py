"""The block structure of a Markdown text: front matter, and what stands under each heading."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, blockquote, heading, lheading, list_block
from markdown_it.token import Token
from mdit_py_plugins.front_matter import front_matter_plugin

from retain.sources.frontmatter import read_front_matter
from retain.sources.lines import Lines

_MAX_NESTING = 40
_MAX_HEADING_CHARS = 200
_MAX_MARKUP_CHARS = 1_000
_MARKUP = re.compile(r"[\\`*_\[\]<>&!\n]")


@dataclass(slots=True)
class Part:
    """A heading with its own body, up to the next heading; lines count from 0.

    Args:
        level: 1 to 6; 0 for what stands before the first heading.
        heading: The heading as it was written, without its marks.
        first: The heading's first line.
        body: The first line below the heading.
        end: One past the last line.
        paragraphs: ``(first line, one past the last)`` of those that stand in no quote or list.
    """

    level: int
    heading: str
    first: int
    body: int
    end: int = 0
    paragraphs: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])


class Blocks:
    """The blocks of one text.

    Args:
        lines: The text.
        counted: Told, while the text is read, how many headings have no heading below them so
            far: each is a section at least, and memory is bounded by stopping there.

    Attributes:
        meta: Its front matter, as JSON values.
        parts: What stands before the first heading, then every heading's part.
        marks: Where blocks begin.
    """

    def __init__(self, lines: Lines, counted: Callable[[int], None]) -> None:
        self._parser = _parser(counted)
        self._env: MutableMapping[str, Any] = {}
        self.meta, tokens, begin = self._read(lines.normalised(), counted)
        self.parts = list(_parts(tokens, begin, len(lines.starts)))
        self.marks = _marks(tokens, lines)

    def plain(self, heading: str) -> str:
        """The words of a heading on one line without their markup, cut where it is very long."""
        if not _MARKUP.search(heading):
            return heading[:_MAX_HEADING_CHARS].strip()
        inline = self._parser.parseInline(heading[:_MAX_MARKUP_CHARS], self._env)
        children = (inline[0].children if inline else None) or []
        words = "".join(" " if one.type.endswith("break") else _words(one) for one in children)
        return " ".join(words.split())[:_MAX_HEADING_CHARS].strip()

    def _read(
        self, source: str, counted: Callable[[int], None]
    ) -> tuple[dict[str, Any], list[Token], int]:
        tokens = self._tokens(source)
        if not tokens or tokens[0].type != "front_matter" or tokens[0].map is None:
            return {}, tokens, 0
        raw = tokens[0].content
        meta, understood = read_front_matter(raw)
        # A rule, a blank line, prose and another rule: a text that happens to begin with a rule.
        if not understood and not raw.partition("\n")[0].strip():
            self._parser = _parser(counted).disable("front_matter")
            return {}, self._tokens(source), 0
        return meta, tokens, tokens[0].map[1]

    def _tokens(self, source: str) -> list[Token]:
        tokens: list[Token] = []
        self._parser.block.parse(source, self._parser, self._env, tokens)
        return tokens


def _parser(counted: Callable[[int], None]) -> MarkdownIt:
    """A parser for one text: the caches of its rules are not safe to share among threads."""
    parser = MarkdownIt("commonmark", {"maxNesting": 10 * _MAX_NESTING}).enable("table")
    rules = parser.block.ruler
    # At its own nesting limit the parser drops the rest of the text, headings and all.
    rules.at("list", _list, {"alt": ["paragraph", "reference", "blockquote"]})
    leaves = _Leaves(counted)
    rules.at("heading", leaves.after(heading), {"alt": ["paragraph", "reference", "blockquote"]})
    rules.at("lheading", leaves.after(lheading))
    rules.at("blockquote", _quote, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    return parser.use(front_matter_plugin)


_Rule = Callable[[StateBlock, int, int, bool], bool]


class _Leaves:
    """Counts the headings without one below them, of those that stand in no quote or list."""

    def __init__(self, counted: Callable[[int], None]) -> None:
        self._counted = counted
        self._level = 0
        self._count = 0

    def after(self, rule: _Rule) -> _Rule:
        """The parser's rule for headings, with each that it finds counted."""

        def counting(state: StateBlock, first: int, end: int, silent: bool) -> bool:
            found = rule(state, first, end, silent)
            if found and not silent and state.level == 0:
                self._add(int(state.tokens[-3].tag[1:]))
            return found

        return counting

    def _add(self, level: int) -> None:
        if level <= self._level:
            self._count += 1
            self._counted(self._count)
        self._level = level


def _list(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    return state.level < _MAX_NESTING and list_block(state, first, end, silent)


def _quote(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    return state.level < _MAX_NESTING and blockquote(state, first, end, silent)


def _words(token: Token) -> str:
    return "" if token.type == "html_inline" else token.content


def _marks(tokens: Sequence[Token], lines: Lines) -> list[list[int]]:
    levels: list[list[int]] = []
    for token in tokens:
        if token.map is None or token.nesting < 0 or token.type == "inline":
            continue
        while len(levels) <= token.level:
            levels.append([])
        levels[token.level].append(lines.start(token.map[0]))
    return levels


def _parts(tokens: Sequence[Token], begin: int, end: int) -> Iterator[Part]:
    part = Part(0, "", begin, begin)
    for number, token in enumerate(tokens):
        if token.level != 0 or token.map is None:
            continue
        first, after = token.map
        if token.type == "heading_open":
            part.end = first
            yield part
            part = Part(int(token.tag[1:]), tokens[number + 1].content, first, after)
        elif token.type == "paragraph_open":
            part.paragraphs.append((first, after))
    part.end = end
    yield part
