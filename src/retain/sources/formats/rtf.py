"""Rich Text Format: its words by striprtf, with headings, tables and properties."""

from __future__ import annotations

import re

from retain.errors import SourceError
from retain.sources.decoding import valid_unicode
from retain.sources.formats.base import Converted, Sample
from retain.sources.formats.html import front_matter
from retain.sources.formats.libraries import library

_MAGIC = b"{\\rtf"
_LEVEL = re.compile(r"\\outlinelevel([0-8])(?!\d)[ ]?")
# Characters of the private use area: the level of a heading, carried through the conversion.
_FIRST_MARK = 0xE000
_MARK = re.compile("[\ue000-\ue008]")
_FIELD = re.compile(r"\{\\(title|author|creatim)\b\s?([^{}]{0,300})")
_TIME = re.compile(r"\\yr(\d{4})\\mo(\d{1,2})\\dy(\d{1,2})")
_LEFT_OUT = {
    "pictures": re.compile(r"\{\\pict\b"),
    "footnotes": re.compile(r"\{\\footnote\b"),
    "comments": re.compile(r"\{\\\*\\annotation\b"),
}
_NOT_WORDS = re.compile(r"\\[a-z]+-?\d*[ ]?")
_INFO_CHARS = 65_536


class Rtf:
    """RTF files."""

    name = "rtf"
    suffixes = frozenset({".rtf"})
    extra = "docs"

    def detect(self, sample: Sample) -> bool | None:
        return sample.data.startswith(_MAGIC) or None

    def convert(self, data: bytes, source: str, max_bytes: int) -> Converted:
        if not data.lstrip().startswith(_MAGIC):
            raise SourceError(source, "is damaged or no RTF file: save it again as RTF")
        striprtf = library("striprtf.striprtf", source)
        code = data.decode("cp1252", "replace")
        marked = _LEVEL.sub(lambda one: f"\\u{_FIRST_MARK + int(one[1]) - 65_536}?", code)
        words = valid_unicode(striprtf.rtf_to_text(marked, errors="replace"))
        passed_over = {reason: len(one.findall(code)) for reason, one in _LEFT_OUT.items()}
        properties = _properties(code[:_INFO_CHARS])
        head = front_matter(properties) if properties and words.strip() else ""
        body = "\n\n".join(_blocks(words))
        return Converted(
            head + body + "\n" * bool(body), passed_over={k: n for k, n in passed_over.items() if n}
        )


def _blocks(words: str) -> list[str]:
    """Paragraphs, headings and tables; each line of the converted text is one of them."""
    blocks: list[str] = []
    rows: list[str] = []
    for line in [*words.split("\n"), ""]:
        if line.rstrip().endswith("|"):
            cells = [cell.strip() for cell in line.rstrip()[:-1].split("|")]
            rows.append(f"| {' | '.join(cells)} |")
            continue
        if rows:
            rows.insert(1, "|" + " --- |" * (rows[0].count("|") - 1))
            blocks.append("\n".join(rows))
            rows = []
        mark = _MARK.search(line)
        plain = _MARK.sub("", line).strip()
        if plain and mark:
            plain = "#" * min(ord(mark[0]) - _FIRST_MARK + 1, 6) + " " + plain
        if plain:
            blocks.append(re.sub(r"^[·•\uf0b7]\s*", "- ", plain))
    return blocks


def _properties(code: str) -> dict[str, object]:
    told: dict[str, object] = {}
    for name, value in _FIELD.findall(code):
        if name == "creatim":
            time = _TIME.match(value)
            if time:
                told["date"] = f"{time[1]}-{int(time[2]):02}-{int(time[3]):02}"
        elif shown := _NOT_WORDS.sub("", value).strip():
            told[name] = shown
    return told
