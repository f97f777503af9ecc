"""Org files of Emacs: headings with their tags and states, lists, tables, links, code."""

from __future__ import annotations

import re
from collections.abc import Iterator

from retain.sources.drafts import Outline
from retain.sources.formats.base import Sample, SourceText
from retain.sources.formats.inline import Inline, Rule
from retain.sources.formats.rewritten import Rewriting
from retain.sources.lines import spans_of_lines

# https://orgmode.org/worg/org-syntax.html
_HEADING = re.compile(r"(\*+)[ \t]+(?=\S)")
_STATE = re.compile(r"(?P<state>TODO|DONE|NEXT|WAITING|HOLD|CANCELLED|CANCELED|STARTED)[ \t]+")
_PRIORITY = re.compile(r"\[#[A-Z0-9]\][ \t]*")
_TAGS = re.compile(r"(?<![ \t])[ \t]++:(?:[\w@#%]++:)++[ \t]*+$")
_KEYWORD = re.compile(r"[ \t]*#\+(?P<key>[\w-]+):[ \t]*(?P<value>.*)$")
_BEGIN = re.compile(r"[ \t]*#\+begin_(?P<kind>\w+)[ \t]*(?P<language>[\w+-]*)", re.IGNORECASE)
_END = re.compile(r"[ \t]*#\+end_\w+[ \t]*$", re.IGNORECASE)
_DRAWER = re.compile(r"[ \t]*:(?P<name>[\w-]+):[ \t]*$")
_PROPERTY = re.compile(r"[ \t]*:(?P<key>[^:\s]{1,60}):[ \t]+(?P<value>\S.*)$")
_RULE = re.compile(r"[ \t]*+\|[-+:| \t]++$")
_PLANNING = re.compile(r"[ \t]*(?:SCHEDULED|DEADLINE|CLOSED):")
_FIXED = re.compile(r"[ \t]*:(?:[ \t]|$)")
_SIGNS = re.compile(r"(?:#\+(?:title|author|date|startup|begin_\w+)\b|:PROPERTIES:)", re.IGNORECASE)
_META = {"title": "title", "author": "author", "date": "date", "filetags": "tags"}
_CODE = frozenset({"src", "example", "export"})
_EDGE = r"(?<![^\s(\[{'\"-])"
_AFTER = r"(?=[\s\-.,:!?;'\")}\]]|$)"

INLINE = Inline(
    Rule(r"\[\[(?P<to>[^\[\]\n]{1,2000})\]\[(?P<said>[^\[\]\n]{1,500})\]\]"),
    Rule(r"\[\[(?:file:|id:|\*)?(?P<said>[^\[\]\n]{1,500})\]\]"),
    Rule(rf"{_EDGE}\*(?P<said>[^\s*](?:[^*\n]{{0,300}}[^\s*])?)\*{_AFTER}", "**", "**"),
    Rule(rf"{_EDGE}/(?P<said>[^\s/](?:[^/\n]{{0,300}}[^\s/])?)/{_AFTER}", "*", "*"),
    Rule(rf"{_EDGE}_(?P<said>[^\s_](?:[^_\n]{{0,300}}[^\s_])?)_{_AFTER}"),
    Rule(rf"{_EDGE}\+(?P<said>[^\s+](?:[^+\n]{{0,300}}[^\s+])?)\+{_AFTER}", "~~", "~~"),
    Rule(rf"{_EDGE}[=~](?P<said>[^\s=~](?:[^=~\n]{{0,300}}[^\s=~])?)[=~]{_AFTER}", "`", "`"),
    Rule(r"<(?P<said>\d{4}-\d\d-\d\d[^<>\n]{0,40})>"),
    Rule(r"\[(?P<said>\d{4}-\d\d-\d\d[^\[\]\n]{0,40})\]"),
    Rule(r"\[fn:[\w-]{1,40}\]", reason="marks of footnotes"),
)


class Org:
    """Org files."""

    name = "org"
    suffixes = frozenset({".org"})

    def detect(self, sample: Sample) -> bool | None:
        if sample.suffix in self.suffixes:
            return None
        return not sample.suffix and bool(_SIGNS.match(sample.text[:4096].lstrip("\ufeff\n")))

    def read(self, source: SourceText) -> Outline:
        reading = _OrgReading(source)
        reading.all()
        return reading.writing.outline()


class _OrgReading:
    def __init__(self, source: SourceText) -> None:
        self.writing = Rewriting(source)
        self._text = source.text
        self._lines: Iterator[tuple[int, int]] = spans_of_lines(source.text)
        self._in_table = False

    def all(self) -> None:
        """Write the whole source."""
        self.writing.front_matter(dict(_keywords(self._text)))
        for start, end in self._lines:
            self._line(start, end)

    def _line(self, start: int, end: int) -> None:
        text, writing = self._text, self.writing
        heading = _HEADING.match(text, start, end)
        if heading:
            self._heading(len(heading[1]), heading.end(), end)
            return
        if text.startswith("|", start + len(text[start:end]) - len(text[start:end].lstrip())):
            self._row(start, end)
            return
        self._in_table = False
        begin = _BEGIN.match(text, start, end)
        if begin:
            self._block(begin["kind"].lower(), begin["language"])
        elif (drawer := _DRAWER.match(text, start, end)) is not None:
            self._drawer(drawer["name"].lower())
        elif (told := _KEYWORD.match(text, start, end)) is not None:
            writing.passed["settings"] += told["key"].lower() not in _META
        elif text.startswith(("# ", "#\n"), start) or text[start:end] == "#":
            writing.passed["comments"] += 1
        elif _FIXED.match(text, start, end):
            writing.write("    ")
            writing.copy(min(end, text.index(":", start) + 2), end)
            writing.write("\n")
        else:
            if _PLANNING.match(text, start, end):
                writing.write("\n")
            INLINE.write(writing, start, end)
            writing.write("\n")

    def _heading(self, level: int, start: int, end: int) -> None:
        text, writing = self._text, self.writing
        self._in_table = False
        tags = _TAGS.search(text, start, end)
        end = tags.start() if tags else end
        writing.write("\n" + "#" * min(level, 6) + " ")
        state = _STATE.match(text, start, end)
        if state:
            writing.copy(start, state.end("state"))
            writing.write(": ")
            start = state.end()
        priority = _PRIORITY.match(text, start, end)
        INLINE.write(writing, priority.end() if priority else start, end)
        writing.write("\n\n")
        if tags:
            names = [f"#{one}" for one in tags[0].strip().split(":") if one]
            writing.put(" ".join(names), tags.start(), tags.end())
            writing.write("\n\n")

    def _row(self, start: int, end: int) -> None:
        writing = self.writing
        if _RULE.match(self._text, start, end):
            return
        if not self._in_table:
            writing.write("\n")
        INLINE.write(writing, start, end)
        row = self._text[start:end].strip()
        writing.write("\n" if row.endswith("|") else " |\n")
        if not self._in_table:
            writing.write("|" + " --- |" * (row.strip("|").count("|") + 1) + "\n")
        self._in_table = True

    def _block(self, kind: str, language: str) -> None:
        writing, code = self.writing, kind in _CODE
        if kind == "comment":
            writing.passed["comments"] += 1
        elif code:
            writing.write(f"\n```{language}\n")
        for start, end in self._lines:
            if _END.match(self._text, start, end):
                break
            if kind == "comment":
                continue
            if not code:
                writing.write("> " * (kind == "quote"))
                INLINE.write(writing, start, end)
            else:
                writing.copy(start, end)
            writing.write("\n")
        writing.write("```\n" if code else "\n")

    def _drawer(self, name: str) -> None:
        writing = self.writing
        for start, end in self._lines:
            closing = _DRAWER.match(self._text, start, end)
            if closing and closing["name"].lower() == "end":
                break
            told = _PROPERTY.match(self._text, start, end)
            if name != "properties" or told is None or told["key"].lower() in ("id", "custom_id"):
                writing.passed["lines of drawers"] += 1
                continue
            writing.write("- ")
            writing.put(told["key"].replace("_", " ").lower(), told.start("key"), told.end("key"))
            writing.write(": ")
            writing.copy(told.start("value"), told.end("value"))
            writing.write("\n")
        writing.write("\n")


def _keywords(text: str) -> Iterator[tuple[str, object]]:
    """What the keywords tell of the file as a whole, each once."""
    seen: set[str] = set()
    for start, end in spans_of_lines(text):
        if _HEADING.match(text, start, end):
            return
        told = _KEYWORD.match(text, start, end)
        key = _META.get(told["key"].lower()) if told else None
        if told is None or key is None or key in seen or not told["value"].strip():
            continue
        seen.add(key)
        value = told["value"].strip()
        yield key, [one for one in value.split(":") if one] if key == "tags" else value.strip("<>")
