"""The words and word pairs of a passage that may tell its topic."""

from __future__ import annotations

import re
from collections import Counter

from retain.memory.model import Passage
from retain.wiki.escaping import plain
from retain.wiki.stopwords import BEFORE_NOUNS, TELL_NOTHING

_CODE = re.compile(r"^ {0,3}(`{3,}|~{3,}).*?(?:^ {0,3}\1|\Z)", re.MULTILINE | re.DOTALL)
_MARKUP = re.compile(
    r"<[^<>]{0,400}>|\{\{.{0,200}?\}\}|https?://\S+|(?<=\])\([^()\s]{0,400}\)"
    r"|\[[^\[\]\n]{0,80}\]:\s\S+"
)
_LABEL = re.compile(r"^\s*[*_]{0,2}[^\s*:][^*:\n]{0,40}[*_]{0,2}:[*_]{1,2}")
_TOKEN = re.compile(r"[^\W\d_](?:[^\W_]|['_+#-](?=[^\W_])|[+#])*|[.,;:!?()\"\u201c\u201d\n|]")
_UNSPACED = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3]")
_LONGEST = 16_000
_LONGEST_WORD = 40


class Vocabulary:
    """How the words of a bank's passages are written and used."""

    def __init__(self) -> None:
        self._written: dict[str, int] = {}
        self._seen: dict[str, int] = {}
        self._nouns: dict[str, int] = {}
        self._forms: dict[str, list[str]] = {}

    def read(self, passage: Passage) -> set[str]:
        """The terms of a passage: words, pairs of neighbours and names, in lower case."""
        found: set[str] = set()
        for text in (*passage.path, _prose(passage.text)):
            self._read(text.replace("\u2019", "'"), found)
        for name in passage.entities:
            self._write(plain(name), found)
        return found

    def _read(self, text: str, found: set[str]) -> None:
        before, last = "", ""
        for token in _TOKEN.findall(text):
            word = token.removesuffix("'s")
            low = word.lower()
            if len(low) < 2 or low in TELL_NOTHING or "'" in low or len(low) > _LONGEST_WORD:
                before, last = low, ""
                continue
            if not low.isascii() and _UNSPACED.search(low):
                # Such scripts write no spaces: their pairs of characters do for words.
                for n in range(len(low) - 1):
                    self._write(low[n : n + 2], found)
                before, last = low, ""
                continue
            self._write(word, found)
            self._seen[low] = self._seen.get(low, 0) + 1
            if last and last.lower() != low:
                self._write(f"{last} {word}", found)
            if last or before in BEFORE_NOUNS:
                self._nouns[low] = self._nouns.get(low, 0) + (1 if before in BEFORE_NOUNS else 0)
            before, last = low, word

    def _write(self, term: str, found: set[str]) -> None:
        self._written[term] = self._written.get(term, 0) + 1
        found.add(term.lower())

    def join(self, base: dict[str, str]) -> None:
        """Have forms of a term, by their lower case, stand for the term."""
        self._forms.clear()
        for form in sorted(self._written):
            low = form.lower()
            self._forms.setdefault(base.get(low, low), []).append(form)

    def written(self, term: str) -> str:
        """The term as it is mostly written."""
        forms = self._forms.get(term, [])
        return min(forms, key=lambda form: (-self._written[form], form), default=term)

    def is_noun(self, term: str) -> float:
        """How often, 0 to 1, the words of the term stand where nouns and what tells of them do."""
        shares = [
            self._nouns.get(word, 0) / self._seen[word]
            for word in term.split()
            if word in self._seen
        ]
        return sum(shares) / len(shares) if shares else 0.5


def singular(term: str, known: Counter[str]) -> str:
    """The term with its last word in the singular, where that is among the known terms."""
    candidates = [term[:-1]] if term.endswith("s") and not term.endswith("ss") else []
    candidates += [term[:-3] + "y"] if term.endswith("ies") else []
    candidates += [term[:-2]] if term.endswith("es") else []
    return next((one for one in candidates if one in known), term)


def _prose(text: str) -> str:
    """The text without code, addresses, tags and the name of who speaks."""
    return _MARKUP.sub(" ", _LABEL.sub(" ", _CODE.sub(" ", text[:_LONGEST])))
