"""AsciiDoc: sections, lists, tables, admonitions, and blocks between lines of marks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice, pairwise

from retain.sources.drafts import Outline
from retain.sources.formats.base import Sample, SourceText
from retain.sources.formats.inline import Inline, Rule
from retain.sources.formats.rewritten import Rewriting
from retain.sources.lines import spans_of_lines

# https://docs.asciidoctor.org/asciidoc/latest/syntax-quick-reference/
_TITLE = re.compile(r"(={1,6})[ \t]+(?=\S)")
_ATTRIBUTE = re.compile(r":(?P<key>!?[\w-]{1,60}!?):(?:[ \t]+(?P<value>.*))?$")
_AUTHOR = re.compile(r"(?P<name>[^\W\d_][^<>:;=\n]{0,80}?)[ \t]*(?:<[^<>\n]{1,200}>)?$")
_REVISION = re.compile(r"(?:v[\d.]+,?[ \t]*)?(?P<date>\d{4}-\d\d-\d\d)?(?:[:,].*)?$")
_FENCE = re.compile(r"(?:-{4,}|\.{4,}|={4,}|\*{4,}|_{4,}|/{4,}|\+{4,}|--|`{3}\w*)[ \t]*$")
_TABLE = re.compile(r"[|,:!]={3,}[ \t]*$")
_STYLE = re.compile(r"\[(?P<style>[^\[\]\n]*)\][ \t]*$")
_LABEL = re.compile(r"\.(?=[^\s.])")
_BULLET = re.compile(r"[ \t]*(?P<mark>\*{1,5}|-|\.{1,5}|\d+\.)[ \t]+(?:\[[ xX*]\][ \t]+)?(?=\S)")
_TERM = re.compile(r"[ \t]*(?P<term>[^\s:][^:\n]{0,200}):{2,4}(?:[ \t]+|$)")
_MACRO = re.compile(r"(?P<name>image|video|audio|include|toc|ifdef|ifndef|ifeval|endif)::")
_CELL = re.compile(r"(?:\d{0,4}(?:\.\d{1,4})?[+*])?[<^>]?(?:\.[<^>])?[aehlmdsv]?\|")
_COLUMNS = re.compile(r"""cols\s*=\s*["']?(?P<cols>[^"'\]]*)""")
_REPEATED = re.compile(r"(\d+)\*")
_SIGNS = re.compile(r"= \S.{0,200}\n(?:.{0,200}\n){0,9}?(?::[\w-]+:|\n(?:.*\n){0,40}?==+ \S)")
_TOLD = {
    "author": "author", "revdate": "date", "date": "date", "keywords": "tags",
    "description": "description",
}  # fmt: skip
_HEADER_LINES = 60
_VERBATIM = frozenset("-.`")
_MACRO_REASONS = {
    "image": "pictures", "video": "recordings", "audio": "recordings", "include": "included files",
}  # fmt: skip
_AFTER = r"(?=[\s\-.,:!?;'\")}\]]|$)"
_EDGE = r"(?<![\w*`\\])"

INLINE = Inline(
    Rule(r"(?:link:|xref:)?(?P<to>(?:https?://|mailto:)[^\s\[\]<>]{1,2000})\[(?P<said>[^\[\]\n]{1,500})\]"),
    Rule(r"(?:link|xref):[^\s\[\]]{1,500}\[(?P<said>[^\[\]\n]{1,500})\]"),
    Rule(r"<<[^<>,\n]{1,200},[ ]?(?P<said>[^<>\n]{1,300})>>"),
    Rule(r"<<(?P<said>[^<>,\n]{1,200})>>"),
    Rule(r"(?<=[.!?])footnote:\w{0,40}\[(?P<said>[^\[\]\n]{1,1000})\]", " "),
    Rule(r"footnote:\w{0,40}\[(?P<said>[^\[\]\n]{1,1000})\]", " (", ")"),
    Rule(r"(?:image|icon):[^\s:\[\]][^\s\[\]]{0,300}\[[^\[\]\n]{0,300}\]", reason="pictures"),
    Rule(r"(?:kbd|btn|menu):[^\s\[\]]{0,100}\[(?P<said>[^\[\]\n]{1,100})\]"),
    Rule(r"\[\[[\w, .:-]{1,100}\]\]"),
    Rule(rf"{_EDGE}\*(?P<said>[^\s*](?:[^*\n]{{0,300}}[^\s*])?)\*{_AFTER}", "**", "**"),
    Rule(r"\[[.#\w ,%-]{1,60}\]#(?P<said>[^#\n]{1,300})#"),
    Rule(r"(?<=\S)[ ](?P<said>)\+$"),
)  # fmt: skip


class AsciiDoc:
    """AsciiDoc files."""

    name = "asciidoc"
    suffixes = frozenset({".adoc", ".asciidoc", ".asc"})

    def detect(self, sample: Sample) -> bool | None:
        if sample.suffix in self.suffixes:
            return None
        return not sample.suffix and bool(_SIGNS.match(sample.text[:4096].lstrip("\ufeff\n")))

    def read(self, source: SourceText) -> Outline:
        reading = _AsciiDocReading(source)
        reading.all()
        return reading.writing.outline()


class _AsciiDocReading:
    def __init__(self, source: SourceText) -> None:
        self.writing = Rewriting(source)
        self._text = source.text
        self._lines = spans_of_lines(source.text)
        self._style = ""

    def all(self) -> None:
        """Write the whole source."""
        properties, told = _header(self._text)
        self.writing.front_matter(properties)
        for start, end in self._lines:
            if start not in told:
                self._line(start, end)

    def _line(self, start: int, end: int) -> None:
        text, writing = self._text, self.writing
        title = _TITLE.match(text, start, end)
        style = _STYLE.match(text, start, end)
        macro = _MACRO.match(text, start, end)
        if title:
            writing.write("\n" + "#" * len(title[1]) + " ")
            INLINE.write(writing, title.end(), end)
            writing.write("\n\n")
        elif _TABLE.match(text, start, end):
            self._table(text[start : start + 1])
        elif _FENCE.match(text, start, end):
            self._block(text[start:end].rstrip())
        elif text.startswith("//", start):
            writing.passed["comments"] += 1
        elif style:
            self._style = style["style"]
            return
        elif macro:
            reason = _MACRO_REASONS.get(macro["name"])
            writing.passed.update({reason: 1} if reason else {})
        elif _ATTRIBUTE.match(text, start, end):
            writing.passed["settings"] += 1
        elif text[start:end].strip() in ("+", "<<<", "'''", "- - -"):
            writing.write("\n")
        elif not self._item(start, end):
            label = _LABEL.match(text, start, end)
            writing.write("\n**" if label else "")
            INLINE.write(writing, label.end() if label else start, end)
            writing.write(":**\n\n" if label else "\n")
            if label:  # the style of the block may stand above its title
                return
        self._style = ""

    def _item(self, start: int, end: int) -> bool:
        """Write an item of a list, if the line begins one."""
        writing = self.writing
        bullet = _BULLET.match(self._text, start, end)
        if bullet:
            mark = bullet["mark"]
            numbered = mark.endswith(".")
            depth = 1 if mark[0].isdigit() else len(mark)
            writing.write("   " * (depth - 1) + ("1. " if numbered else "- "))
            INLINE.write(writing, bullet.end(), end)
            writing.write("\n")
            return True
        term = _TERM.match(self._text, start, end)
        if term is None:
            return False
        writing.write("\n- ")
        INLINE.write(writing, *term.span("term"))
        writing.write(": ")
        INLINE.write(writing, term.end(), end)
        writing.write("\n" if term.end() < end else "")
        return True

    def _block(self, fence: str) -> None:
        """Write what stands between two lines of the same marks."""
        writing, kind, style = self.writing, fence[0], self._style
        fence = "```" if kind == "`" else fence
        if kind in "/+":
            writing.passed["comments" if kind == "/" else "raw blocks"] += 1
            self._until(fence)
            return
        if kind in _VERBATIM and fence != "--":
            language = style.split(",")[1].strip() if style.startswith("source,") else ""
            writing.write(f"\n```{re.sub(r'[^0-9A-Za-z_+-]', '', language)}\n")
            for start, end in self._until(fence):
                writing.copy(start, end)
                writing.write("\n")
            writing.write("```\n")
            return
        admonition = style if style.isupper() else ""
        writing.write(f"\n{admonition.capitalize()}: " if admonition else "\n")
        self._style = ""
        if kind != "_":
            return  # what is inside is read as if it stood outside
        for start, end in self._until(fence):
            writing.write("> ")
            INLINE.write(writing, start, end)
            writing.write("\n")
        writing.write("\n")

    def _until(self, fence: str) -> list[tuple[int, int]]:
        """The lines up to the one that closes a block."""
        inside: list[tuple[int, int]] = []
        for start, end in self._lines:
            if self._text[start:end].rstrip() == fence:
                break
            inside.append((start, end))
        return inside

    def _table(self, mark: str) -> None:
        """Write a table; its first row heads it."""
        fence, writing = f"{mark}===", self.writing
        style, self._style = self._style, ""
        lines = self._until(fence)
        rows = [list(_cells(self._text, start, end, mark)) for start, end in lines]
        columns = _columns(style) or next((len(row) for row in rows if row), 0)
        cells = [cell for row in rows for cell in row]
        for number in range(0, len(cells), max(1, columns)):
            row = cells[number : number + columns]
            writing.write("\n|" if number == 0 else "|")
            for start, end in row:
                writing.write(" ")
                INLINE.write(writing, start, end)
                writing.write(" |")
            writing.write("\n")
            if number == 0:
                writing.write("|" + " --- |" * columns + "\n")
        writing.write("\n")


def _columns(style: str) -> int:
    """How many columns the style of a table says that it has; 0 where it does not."""
    told = _COLUMNS.search(style)
    if told is None:
        return 0
    parts = [part for part in re.split("[,;]", told["cols"]) if part.strip()]
    repeated = [_REPEATED.match(part.strip()) for part in parts]
    return min(1_000, sum(int(found[1][:4]) if found else 1 for found in repeated))


def _cells(text: str, start: int, end: int, mark: str) -> Iterator[tuple[int, int]]:
    """The cells that begin on a line of a table."""
    if mark in ",:":
        bounds = [start - 1, *(n for n in range(start, end) if text[n] == mark), end]
        yield from ((a + 1, b) for a, b in pairwise(bounds))
        return
    found = [one for one in _CELL.finditer(text, start, end) if _is_cell(text, one, start)]
    ends = [*[one.start() for one in found[1:]], end][: len(found)]
    for one, after in zip(found, ends, strict=True):
        words = text[one.end() : after]
        first = one.end() + len(words) - len(words.lstrip())
        yield first, max(first, one.end() + len(words.rstrip()))


def _is_cell(text: str, match: re.Match[str], start: int) -> bool:
    before = text[match.start() - 1] if match.start() > start else " "
    return before.isspace() or (match[0] == "|" != before and before != "\\")


def _header(text: str) -> tuple[dict[str, object], set[int]]:
    """What the header tells of the file, and where those of its lines begin that are not read."""
    properties: dict[str, object] = {}
    told: set[int] = set()
    titled = 0
    for start, end in islice(spans_of_lines(text), _HEADER_LINES):
        line = text[start:end].strip()
        attribute = _ATTRIBUTE.match(text, start, end)
        if attribute:
            key, value = attribute["key"].strip("!"), (attribute["value"] or "").strip()
            if value and key in _TOLD:
                properties[_TOLD[key]] = value
                told.add(start)
        elif titled and not line:
            break
        elif titled and not line.startswith("//"):
            titled += 1
            author = _AUTHOR.match(text, start, end) if titled == 2 else None
            revision = _REVISION.match(text, start, end)
            if author:
                properties["author"] = author["name"].strip()
            elif revision and revision["date"]:
                properties["date"] = revision["date"]
            told.add(start)
        elif line and not line.startswith("//"):
            if not line.startswith("= "):
                break
            titled = 1
    return properties, told
