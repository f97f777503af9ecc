"""The block structure of a Markdown text: front matter, and what stands under each heading."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

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
_NOTHING: dict[str, Any] = {}


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
        self._env: MutableMapping[str, Any] = {}
        source = lines.normalised()
        found = _Found(lines)
        self._parser = self._parsed(source, counted, found)
        self.meta, understood = {}, True
        if found.front_matter is not None:
            self.meta, understood = read_front_matter(found.front_matter)
            # A rule, a blank line, prose and another rule: no front matter.
            if not understood and not found.front_matter.partition("\n")[0].strip():
                self.meta, found = {}, _Found(lines)
                self._parser = self._parsed(source, counted, found, front_matter=False)
        self.parts, self.marks = found.parts, found.marks

    def plain(self, heading: str) -> str:
        """The words of a heading on one line without their markup, cut where it is very long."""
        if not _MARKUP.search(heading):
            return heading[:_MAX_HEADING_CHARS].strip()
        inline = self._parser.parseInline(heading[:_MAX_MARKUP_CHARS], self._env)
        children = (inline[0].children if inline else None) or []
        words = "".join(" " if one.type.endswith("break") else _words(one) for one in children)
        return " ".join(words.split())[:_MAX_HEADING_CHARS].strip()

    def _parsed(
        self,
        source: str,
        counted: Callable[[int], None],
        found: _Found,
        *,
        front_matter: bool = True,
    ) -> MarkdownIt:
        """Find the blocks of a text; the parser that knows its link definitions."""
        parser = _parser(counted, found)
        if not front_matter:
            parser.disable("front_matter")
        state = _State(source, parser, self._env, [])
        parser.block.tokenize(state, state.line, state.lineMax)
        found.take(state.tokens)
        found.parts[-1].end = len(found.lines.starts)
        return parser


class _Found:
    """What is known of the blocks so far.

    Args:
        lines: The text.

    Attributes:
        front_matter: What stands between the rules at the beginning; None if there are none.
        parts: See `Blocks`.
        marks: See `Blocks`.
    """

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self.front_matter: str | None = None
        self.parts = [Part(0, "", 0, 0)]
        self.marks: list[array[int]] = []

    def take(self, tokens: list[Token]) -> None:
        """Note the blocks that ended, and empty the list of their tokens.

        All tokens of a text would take thirty times as much memory as the text.
        """
        for number, token in enumerate(tokens):
            if token.map is None or token.nesting < 0 or token.type == "inline":
                continue
            while len(self.marks) <= token.level:
                self.marks.append(array("q"))
            self.marks[token.level].append(self.lines.start(token.map[0]))
            if token.level == 0:
                self._note(token, token.map, tokens[number + 1 : number + 2])
        tokens.clear()

    def _note(self, token: Token, span: Sequence[int], inside: Sequence[Token]) -> None:
        first, after = span
        if token.type == "front_matter":
            self.front_matter = token.content
            self.parts = [Part(0, "", after, after)]
        elif token.type == "heading_open":
            self.parts[-1].end = first
            self.parts.append(Part(int(token.tag[1:]), inside[0].content, first, after))
        elif token.type == "paragraph_open":
            self.parts[-1].paragraphs.append((first, after))


class _State(StateBlock):
    """The state of the parser, whose tokens are as small as they can be.

    Of those that close a block or hold its words, only the latest is ever looked at.
    """

    def __init__(
        self, src: str, md: MarkdownIt, env: MutableMapping[str, Any], tokens: list[Token]
    ) -> None:
        super().__init__(src, md, env, tokens)
        self._closing = Token("close", "", -1)
        self._words = Token("inline", "", 0)

    def push(self, ttype: str, tag: str, nesting: Literal[-1, 0, 1]) -> Token:
        """Add a token, or the one that stands for all that close a block or hold its words."""
        if nesting < 0:
            self.level -= 1
            token = self._closing
        elif ttype == "inline":
            token = self._words
        else:
            token = Token(ttype, tag, nesting, _NOTHING, meta=_NOTHING)
        token.level = self.level
        self.level += nesting > 0
        self.tokens.append(token)
        return token


def _parser(counted: Callable[[int], None], found: _Found) -> MarkdownIt:
    """A parser for one text: the caches of its rules are not safe to share among threads."""
    parser = MarkdownIt("commonmark", {"maxNesting": 10 * _MAX_NESTING}).enable("table")
    rules = parser.block.ruler
    # At its own nesting limit the parser drops the rest of the text, headings and all.
    rules.at("list", _list, {"alt": ["paragraph", "reference", "blockquote"]})
    leaves = _Leaves(counted)
    rules.at("heading", leaves.after(heading), {"alt": ["paragraph", "reference", "blockquote"]})
    rules.at("lheading", leaves.after(lheading))
    rules.at("blockquote", _quote, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    parser.use(front_matter_plugin)

    def take_ended(state: StateBlock, first: int, end: int, silent: bool) -> bool:
        # Where a block begins, paragraphs and headings before it are finished; of the lists and
        # quotes that it stands in, the beginning is known.
        if not silent:
            found.take(state.tokens)
        return False

    rules.before("front_matter", "take_ended", take_ended)
    return parser


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
