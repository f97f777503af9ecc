"""LaTeX: the words of a paper or a letter, with its sections, lists, tables and footnotes."""

from __future__ import annotations

import re
import unicodedata

from retain.sources.drafts import Outline
from retain.sources.formats.base import Sample, SourceText
from retain.sources.formats.rewritten import Rewriting

_TOKEN = re.compile(
    r"(?P<comment>%[^\n]*(?:\n[ \t]*)?)|\\(?P<name>[a-zA-Z@]+)\*?[ \t]*|\\(?P<sign>[^a-zA-Z])"
    r"|(?P<math>\$\$?)|(?P<brace>[{}])|(?P<tie>~)|(?P<dash>---?)|(?P<quote>``|'')|(?P<bar>&)"
)
_GROUP = re.compile(r"[ \t]*+\n?[ \t]*+\{")
_OPTION = re.compile(r"[ \t]*\[")
_ENVIRONMENT = re.compile(r"\s{0,20}\{(?P<name>[a-zA-Z]{1,40})\*?\}")
_SIGNS = re.compile(r"\s*(?:%[^\n]*\n\s*){0,50}\\(?:documentclass|documentstyle|begin\{document\})")
_LINE_START = re.compile(r"\n[ \t]*")
_BEGIN = re.compile(r"\\begin\s*\{document\}")
_BEFORE_CITATION = re.compile(r"\\(?:\w*cite\w*)\b")
_MAX_FORMULA = 5_000

_SECTIONS = {
    "part": "# ", "chapter": "# ", "section": "# ", "subsection": "## ", "subsubsection": "### ",
    "paragraph": "#### ", "subparagraph": "##### ",
}  # fmt: skip
_EMPHASIS = {
    "textbf": "**", "emph": "*", "textit": "*", "textsl": "*", "texttt": "`", "code": "`",
    "bf": "", "it": "",
}  # fmt: skip
_LEFT_OUT = {
    "cite": "citations", "citep": "citations", "citet": "citations", "parencite": "citations",
    "textcite": "citations", "autocite": "citations", "nocite": "citations",
    "includegraphics": "pictures", "input": "included files", "include": "included files",
    "bibliography": "included files", "addbibresource": "included files",
    "ref": "references", "eqref": "references", "autoref": "references", "cref": "references",
    "Cref": "references", "pageref": "references",
}  # fmt: skip
# Commands whose arguments are settings or names, each with how many it has.
_SILENT = {
    "label": 1, "usepackage": 1, "documentclass": 1, "documentstyle": 1, "pagestyle": 1,
    "thispagestyle": 1, "vspace": 1, "hspace": 1, "setlength": 2, "addtolength": 2,
    "setcounter": 2, "addtocounter": 2, "newcommand": 2, "renewcommand": 2, "providecommand": 2,
    "newenvironment": 3, "renewenvironment": 3, "newtheorem": 2, "bibliographystyle": 1,
    "definecolor": 3, "color": 1, "DeclareMathOperator": 2, "graphicspath": 1, "hypersetup": 1,
    "geometry": 1, "multicolumn": 2, "multirow": 2, "textcolor": 1, "cline": 1, "cmidrule": 1,
    "columnwidth": 0, "fontsize": 2, "linespread": 1, "index": 1, "markboth": 2, "resizebox": 2,
    "hyphenation": 1, "newlength": 1, "newcounter": 1, "theoremstyle": 1, "captionsetup": 1,
}  # fmt: skip
_WORDS = {
    "LaTeX": "LaTeX", "TeX": "TeX", "ldots": "…", "dots": "…", "textellipsis": "…", "quad": " ",
    "qquad": " ", "newline": "\n", "par": "\n\n", "ss": "ß", "ae": "æ", "AE": "Æ", "o": "ø",
    "O": "Ø", "aa": "å", "AA": "Å", "l": "ł", "L": "Ł", "oe": "œ", "OE": "Œ", "i": "i", "S": "§",
    "copyright": "©", "pounds": "£", "euro": "€", "textbackslash": "\\", "textasciitilde": "~",
    "textendash": "\u2013", "textemdash": "—", "degree": "°", "textdegree": "°", "today": "",
    "times": "\u00d7", "pm": "±", "textbar": "|", "hline": "", "toprule": "", "midrule": "",
    "bottomrule": "", "item": "", "maketitle": "",
}  # fmt: skip
_SIGN_WORDS = dict.fromkeys(",;: \n", " ") | dict.fromkeys("/-!", "")
_ACCENTS = {
    "'": "\u0301", "`": "\u0300", '"': "\u0308", "^": "\u0302", "~": "\u0303", "=": "\u0304",
    ".": "\u0307", "c": "\u0327", "v": "\u030c", "u": "\u0306", "H": "\u030b", "k": "\u0328",
    "r": "\u030a",
}  # fmt: skip
_ACCENTED = re.compile(r"\s?(?:\{\s?\\?([a-zA-Z])\s?\}|\\?([a-zA-Z]))")
_SENTENCE_ENDS = frozenset(".!?")
_LISTS = {"itemize": "- ", "enumerate": "1. ", "description": "- "}
_TABLES = frozenset({"tabular", "tabularx", "longtable", "tabu", "tblr"})
_MATH = frozenset(
    {"equation", "align", "gather", "multline", "eqnarray", "displaymath", "math", "alignat"}
)
_VERBATIM = frozenset({"verbatim", "lstlisting", "minted", "Verbatim", "alltt"})
_DRAWN = frozenset({"tikzpicture", "pgfpicture", "picture", "thebibliography", "filecontents"})
_FIELDS = ("title", "author", "date")


class Latex:
    """LaTeX files."""

    name = "latex"
    suffixes = frozenset({".tex", ".latex", ".ltx"})

    def detect(self, sample: Sample) -> bool | None:
        if sample.suffix in self.suffixes:
            return None
        return not sample.suffix and bool(_SIGNS.match(sample.text[:8192].lstrip("\ufeff")))

    def read(self, source: SourceText) -> Outline:
        reading = _LatexReading(source)
        reading.all()
        return reading.writing.outline()


class _LatexReading:
    """Reads the tokens of a text one by one, in time that grows with its length alone."""

    def __init__(self, source: SourceText) -> None:
        self.writing = Rewriting(source)
        self._text = source.text
        self._ends = _closing_braces(source.text)
        self._at = 0
        self._closers: list[str] = []
        self._lists: list[str] = []
        self._table: _Table | None = None

    def all(self) -> None:
        """Write the whole source."""
        text, writing = self._text, self.writing
        begin = _BEGIN.search(text)
        self._at = begin.end() if begin else int(text.startswith("\ufeff"))
        preamble = text[: begin.start()] if begin else ""
        writing.passed["lines of the preamble"] += sum(
            map(bool, map(str.strip, preamble.split("\n")))
        )
        writing.front_matter(dict(self._properties()))
        while self._at < len(text):
            token = _TOKEN.search(text, self._at)
            end = token.start() if token else len(text)
            if token and token["name"] in _LEFT_OUT:  # what stands before it has no space behind
                end -= end - self._at - len(text[self._at : end].rstrip(" "))
            self._plain(self._at, end)
            self._at = token.end() if token else len(text)
            if token:
                self._token(token)
        if self._table:
            self._table.end()

    def _properties(self) -> list[tuple[str, object]]:
        told: list[tuple[str, object]] = []
        for field in _FIELDS:
            found = re.search(rf"\\{field}\s{{0,20}}(?:\[[^\[\]]{{0,200}}\])?\{{", self._text)
            end = self._ends.get(found.end() - 1) if found else None
            if found and end and (words := _bare(self._text[found.end() : end][:1_000])):
                told.append((field, words))
        return told

    def _plain(self, start: int, end: int) -> None:
        """Write words; what leads a line in a source of LaTeX means nothing."""
        words = self._text[start:end]
        if self._table and not self._table.cell(words):
            return
        done = start
        for match in _LINE_START.finditer(self._text, start, end):
            self.writing.copy(done, match.start())
            self.writing.write(" " if self._table else "\n")
            done = match.end()
        self.writing.copy(done, end)

    def _token(self, token: re.Match[str]) -> None:
        writing, span = self.writing, token.span()
        if token["comment"]:
            writing.passed["comments"] += 1
        elif token["name"]:
            self._command(token["name"], span)
        elif token["sign"]:
            self._sign(token["sign"], span)
        elif token["math"]:
            self._math(token["math"], token["math"], span[0])
        elif token["brace"] == "{":
            self._closers.append("")
        elif token["brace"]:
            writing.write(self._closers.pop() if self._closers else "")
        elif token["bar"] and self._table:
            self._table.next_cell()
        elif not token["tie"] or not _BEFORE_CITATION.match(self._text, span[1]):
            shown = {"~": " ", "--": "–", "---": "—", "``": "“", "''": "”", "&": "&"}[token[0]]  # noqa: RUF001
            writing.put(shown, *span)

    def _sign(self, sign: str, span: tuple[int, int]) -> None:
        if sign in "([":
            self._math("\\)" if sign == "(" else "\\]", "$" if sign == "(" else "$$", span[0])
        elif sign == "\\":
            self._option()
            if self._table:
                self._table.next_row()
            else:
                self.writing.write("\n")
        elif sign in _ACCENTS:
            self._accent(sign, span)
        elif not self._table or self._table.cell(sign):
            shown = _SIGN_WORDS.get(sign, sign)
            self.writing.put(shown, *span)

    def _accent(self, accent: str, span: tuple[int, int]) -> None:
        letter = _ACCENTED.match(self._text, span[1], span[1] + 8)
        if letter is None:
            return
        self._at = letter.end()
        written = unicodedata.normalize("NFC", (letter[1] or letter[2]) + _ACCENTS[accent])
        if not self._table or self._table.cell(written):
            self.writing.put(written, span[0], letter.end())

    def _math(self, closing: str, mark: str, start: int) -> None:
        """Write a formula as it stands."""
        end = self._text.find(closing, self._at, self._at + _MAX_FORMULA)
        while end > 0 and self._text[end - 1] == "\\" and closing[0] == "$":
            end = self._text.find(closing, end + 1, self._at + _MAX_FORMULA)
        if end < 0:
            self.writing.copy(start, self._at)
            return
        if not self._table or self._table.cell("$"):
            self.writing.write(mark)
            self.writing.copy(self._at, end)
            self.writing.write(mark)
        self._at = end + len(closing)

    def _command(self, name: str, span: tuple[int, int]) -> None:
        writing = self.writing
        if name in ("begin", "end"):
            self._environment(name)
        elif name in _SECTIONS:
            self._option()
            writing.write(f"\n\n{_SECTIONS[name]}")
            self._open("\n\n")
        elif name in _EMPHASIS:
            if self._open(_EMPHASIS[name]):
                writing.write(_EMPHASIS[name])
        elif name in ("footnote", "thanks", "footnotetext"):
            ended = self._text[max(0, span[0] - 1) : span[0]] in _SENTENCE_ENDS
            writing.write(" " if ended else " (")
            self._option()
            self._open("" if ended else ")")
        elif name in ("url", "path", "nolinkurl"):
            self._raw_group()
        elif name == "href":
            self._link()
        elif name == "verb":
            self._verb()
        elif name == "item" and self._lists:
            self._item()
        elif name in _LEFT_OUT:
            writing.passed[_LEFT_OUT[name]] += 1
            self._skip(1)
        elif name in _SILENT or (name in _FIELDS):
            self._skip(_SILENT.get(name, 1))
        elif name in _ACCENTS and _GROUP.match(self._text, span[1]):
            self._accent(name, span)
        elif name == "caption":
            writing.write("\n\n")
            self._option()
            self._open("\n\n")
        elif name in _WORDS:
            if (shown := _WORDS[name]) and (not self._table or self._table.cell(shown)):
                writing.put(shown, *span)
        else:
            self._option(before_group=True)

    def _open(self, closer: str) -> bool:
        """Enter the group that follows; what is written behind it is `closer`."""
        group = _GROUP.match(self._text, self._at)
        if group is None:
            return False
        if self._table:
            self._table.cell("{")
        self._closers.append(closer)
        self._at = group.end()
        return True

    def _group(self) -> tuple[int, int] | None:
        """The span of the group that follows, without its braces; reading goes on behind it."""
        group = _GROUP.match(self._text, self._at)
        end = self._ends.get(group.end() - 1) if group else None
        if group is None or end is None:
            return None
        self._at = end + 1
        return group.end(), end

    def _raw_group(self) -> None:
        span = self._group()
        if span and (not self._table or self._table.cell("u")):
            self.writing.copy(*span)

    def _link(self) -> None:
        target = self._group()
        if target is None:
            return
        self.writing.write("[")
        if not self._open(f"]({self._text[slice(*target)]})"):
            self.writing.write("]")

    def _verb(self) -> None:
        mark = self._text[self._at : self._at + 1]
        end = self._text.find(mark, self._at + 1, self._at + 500) if mark.strip() else -1
        if end > 0:
            self.writing.write("`")
            self.writing.copy(self._at + 1, end)
            self.writing.write("`")
            self._at = end + 1

    def _option(self, *, before_group: bool = False) -> tuple[int, int] | None:
        """Skip what stands in square brackets; its span."""
        option = _OPTION.match(self._text, self._at)
        end = self._text.find("]", self._at, self._at + 500) if option else -1
        if option is None or end < 0:
            return None
        if before_group and not _GROUP.match(self._text, end + 1):
            return None
        self._at = end + 1
        return option.end(), end

    def _skip(self, groups: int) -> None:
        for _ in range(groups):
            while self._option():
                pass
            if self._group() is None:
                found = re.compile(r"[ \t]*\\[a-zA-Z@]+").match(self._text, self._at)
                self._at = found.end() if found else self._at

    def _item(self) -> None:
        indent = "   " * (len(self._lists) - 1)
        self.writing.new_line()
        self.writing.write(f"{indent}{self._lists[-1]}")
        label = self._option()
        if label:
            self.writing.copy(*label)
            self.writing.write(": ")

    def _environment(self, what: str) -> None:
        named = _ENVIRONMENT.match(self._text, self._at)
        if named is None:
            return
        name, self._at = named["name"], named.end()
        if what == "end":
            self._end(name)
        elif name in _LISTS:
            self._option()
            self._lists.append(_LISTS[name])
            self.writing.write("\n" if len(self._lists) == 1 else "")
        elif name in _TABLES:
            self._option()
            self._skip(1 + (name in ("tabularx", "tabu")))
            self._table = _Table(self.writing)
        elif name in _MATH or name in _VERBATIM or name in _DRAWN:
            self._whole(name)
        elif name == "abstract":
            self.writing.write("\n\n# Abstract\n\n")
        elif name != "document":
            self._option()
            self.writing.write("\n\n")

    def _end(self, name: str) -> None:
        if name in _LISTS and self._lists:
            self._lists.pop()
            self.writing.write("\n\n" if not self._lists else "\n")
        elif name in _TABLES and self._table:
            self._table.end()
            self._table = None
        elif name == "document":
            self._at = len(self._text)
        else:
            self.writing.write("\n\n")

    def _whole(self, name: str) -> None:
        """Write an environment whose words are no prose, or pass over it."""
        writing, text = self.writing, self._text
        end = re.compile(rf"\\end\s{{0,20}}\{{{name}\*?\}}").search(text, self._at)
        start, stop = self._at, end.start() if end else len(text)
        self._at = end.end() if end else len(text)
        if name in _DRAWN:
            writing.passed["lists of literature" if name == "thebibliography" else "drawings"] += 1
            return
        if name in _VERBATIM:
            option = re.compile(r"(?:\[[^\]\n]{0,200}\])?(?:\{[^}\n]{0,40}\})?[ \t]*\n?").match(
                text, start
            )
            start = option.end() if option else start
        mark = "```" if name in _VERBATIM else "$$"
        writing.write(f"\n{mark}\n")
        first = start + len(text[start:stop]) - len(text[start:stop].lstrip("\r\n"))
        writing.copy(first, max(first, start + len(text[start:stop].rstrip())))
        writing.write(f"\n{mark}\n")


class _Table:
    """A table in the making; its first row heads it."""

    def __init__(self, writing: Rewriting) -> None:
        self._writing = writing
        self._rows = 0
        self._cells = 0
        self._open = False
        writing.write("\n\n")

    def cell(self, words: str) -> bool:
        """Begin a row if there are words for it; whether there is one."""
        if not self._open and words.strip():
            self._writing.write("| ")
            self._open, self._cells = True, 1
        return self._open

    def next_cell(self) -> None:
        """End a cell."""
        self.cell("&")
        self._cells += 1
        self._writing.write("|")

    def next_row(self) -> None:
        """End a row, if one was begun."""
        if not self._open:
            return
        self._writing.write(" |\n")
        if self._rows == 0:
            self._writing.write("|" + " --- |" * self._cells + "\n")
        self._rows += 1
        self._open = False

    def end(self) -> None:
        """End the table."""
        self.next_row()
        self._writing.write("\n")


def _closing_braces(text: str) -> dict[int, int]:
    """Where each group ends, by where it begins."""
    ends: dict[int, int] = {}
    waiting: list[int] = []
    for match in re.finditer(r"\\[\s\S]|%[^\n]*|[{}]", text):
        if match[0] == "{":
            waiting.append(match.start())
        elif match[0] == "}" and waiting:
            ends[waiting.pop()] = match.start()
    return ends


def _bare(words: str) -> str:
    """The words of a title or a name without commands."""
    words = re.sub(r"\\thanks\{[^{}]{0,500}\}|%[^\n]*|\\(?:date|today)\b", "", words)
    people = re.split(r"\\(?:and|And|AND)\b", words)
    # Behind the first line of an author stands where he works.
    words = " and ".join(one.split("\\\\")[0] for one in people)
    words = re.sub(r"\\[a-zA-Z]+\*?[ ]?|[{}$]", "", words).replace("~", " ")
    return " ".join(words.replace("\\", "").split()).strip(" ,")
