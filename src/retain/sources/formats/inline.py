"""Markup within a line, such as emphasis and links, rewritten as that of Markdown."""

from __future__ import annotations

import re

from retain.sources.formats.rewritten import Rewriting

_GROUP = re.compile(r"[?]P<(said|to)>")


class Rule:
    """One kind of markup.

    Args:
        pattern: What it looks like. A group ``said`` holds the words inside: without it, nothing
            of the match is kept. A group ``to`` holds the target of a link.
        before: What Markdown puts before the words.
        after: What it puts behind them.
        reason: What is counted as passed over where nothing is kept.
    """

    def __init__(self, pattern: str, before: str = "", after: str = "", reason: str = "") -> None:
        self.pattern = pattern
        self.before = before
        self.after = after
        self.reason = reason


class Inline:
    """The markup that a format has within its lines.

    Args:
        rules: Its kinds; where two match at one place, the first counts.
    """

    def __init__(self, *rules: Rule) -> None:
        self._rules = rules
        patterns = (
            f"(?P<rule{number}>{_named(rule.pattern, number)})" for number, rule in enumerate(rules)
        )
        self._pattern = re.compile("|".join(patterns))
        self._groups = self._pattern.groupindex

    def write(self, writing: Rewriting, start: int, end: int) -> None:
        """Write a span of the source, with its markup as that of Markdown."""
        for match in self._pattern.finditer(writing.text, start, end):
            writing.copy(start, match.start())
            self._write(writing, match)
            start = match.end()
        writing.copy(start, end)

    def _write(self, writing: Rewriting, match: re.Match[str]) -> None:
        number = int((match.lastgroup or "rule0").removeprefix("rule"))  # it closes last
        rule = self._rules[number]
        said, target = self._groups.get(f"said{number}"), self._groups.get(f"to{number}")
        if said is None:
            writing.passed.update({rule.reason: 1} if rule.reason else {})
            return
        writing.write("[" if target else rule.before)
        writing.copy(*match.span(said))
        if target:
            writing.write("](")
            writing.copy(*match.span(target))
        writing.write(")" if target else rule.after)


def _named(pattern: str, number: int) -> str:
    """The pattern with names of groups that no other rule has."""
    return _GROUP.sub(lambda group: f"?P<{group[1]}{number}>", pattern)
