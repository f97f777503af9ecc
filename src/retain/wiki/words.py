"""The words and word pairs of passages that may tell their topics."""

from __future__ import annotations

import re
from array import array
from functools import cached_property
from typing import TYPE_CHECKING

from retain.memory.model import Passage
from retain.wiki.escaping import plain
from retain.wiki.stopwords import BEFORE_NOUNS, TELL_NOTHING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

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

HALF = 32
"""The bits of a word's number. The number of a pair is that of its second word, and that of its
first one plus one above these bits; so no word has the number of a pair."""

_WORD_BITS = 2**HALF - 1


class Vocabulary:
    """The terms of passages: words, pairs of neighbours and names.

    Passages are read once and not kept. What is left of one is a number for each of its words and
    pairs, as they are written: most pairs stand in one passage and are never looked at again.
    """

    def __init__(self) -> None:
        self.words: dict[str, int] = {}
        self.seen = array("I")
        self.nouns = array("I")
        self._forms: dict[str, int] = {}
        self._word_of = array("I")
        self._words, self._word_rows = array("i"), array("i")
        self._pairs, self._pair_rows = array("Q"), array("i")

    def read(self, passage: Passage, row: int) -> None:
        """Take up the terms of a passage, the `row`-th."""
        for text in (*passage.path, _prose(passage.text)):
            self._read(text.replace("\u2019", "'"), row)
        for name in passage.entities:
            if term := plain(name):
                self._write(term, row)

    def forms(self) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.int32]]:
        """Every way to write a term, how often it is written, and which it is at each occurrence.

        The occurrences are in the order of `rows`.
        """
        import numpy as np

        words = np.frombuffer(self._words, np.int32)
        pairs, at, times = np.unique(
            np.frombuffer(self._pairs, np.uint64), return_inverse=True, return_counts=True
        )
        count = len(self._forms)
        return (
            np.concatenate([np.arange(count, dtype=np.uint64), pairs]),
            np.concatenate([np.bincount(words, minlength=count), times]),
            np.concatenate([words, at.astype(np.int32) + np.int32(count)]),
        )

    def rows(self) -> NDArray[np.int32]:
        """The row of each occurrence."""
        import numpy as np

        rows = (self._word_rows, self._pair_rows)
        return np.concatenate([np.frombuffer(one, np.int32) for one in rows])

    def lower(self, forms: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """The numbers of terms in lower case, by their numbers as they are written."""
        import numpy as np

        word_of = np.array(self._word_of, np.uint64)
        first, last = split(forms)
        found = word_of[last]
        pair = first >= 0
        found[pair] |= (word_of[first[pair]] + np.uint64(1)) << np.uint64(HALF)
        return found

    def singular(self, terms: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """The terms with their last words in the singular, where that makes a known term.

        Args:
            terms: All that there are, sorted.
        """
        import numpy as np

        found = terms.copy()
        _, last = split(terms)
        rest = terms - last.astype(np.uint64)
        plural = np.ones(len(terms), bool)
        for words in zip(*map(self._singulars, self.words), strict=True):
            number = np.array(words, np.int64)[last]
            changed = rest + np.maximum(number, 0).astype(np.uint64)
            at = np.minimum(np.searchsorted(terms, changed), len(terms) - 1)
            hit = plural & (number >= 0) & (terms[at] == changed)
            found[hit] = changed[hit]
            plural &= ~hit
        return found

    def term(self, name: str) -> int | None:
        """The number of a term in lower case; None where a word of it is nowhere written."""
        first, _, second = name.partition(" ")
        if not second or " " in second:
            return self.words.get(name)
        a, b = self.words.get(first), self.words.get(second)
        return None if a is None or b is None else (a + 1) << HALF | b

    def word(self, number: int) -> str:
        """A word in lower case."""
        return self._listed[number]

    def written(self, form: int) -> str:
        """A term as it is written."""
        first, last = (form >> HALF) - 1, form & _WORD_BITS
        return self._written[last] if first < 0 else f"{self._written[first]} {self._written[last]}"

    @cached_property
    def _listed(self) -> list[str]:
        return list(self.words)

    @cached_property
    def _written(self) -> list[str]:
        return list(self._forms)

    def _singulars(self, word: str) -> tuple[int, int, int]:
        """The numbers of what the word may be the plural of; -1 where there is no such word."""
        forms = [word[:-1]] if word.endswith("s") and not word.endswith("ss") else [""]
        forms += [word[:-3] + "y"] if word.endswith("ies") else [""]
        forms += [word[:-2]] if word.endswith("es") else [""]
        first, second, third = (self.words.get(form, -1) for form in forms)
        return first, second, third

    def _read(self, text: str, row: int) -> None:
        before, last = "", -1
        for token in _TOKEN.findall(text):
            word = token.removesuffix("'s")
            low = word.lower()
            if len(low) < 2 or low in TELL_NOTHING or "'" in low or len(low) > _LONGEST_WORD:
                before, last = low, -1
                continue
            if not low.isascii() and _UNSPACED.search(low):
                # Such scripts write no spaces: their pairs of characters do for words.
                for n in range(len(low) - 1):
                    self._write(low[n : n + 2], row)
                before, last = low, -1
                continue
            form = self._form(word)
            self._words.append(form)
            self._word_rows.append(row)
            at = self._word_of[form]
            self.seen[at] += 1
            if last >= 0 and self._word_of[last] != at:
                self._pairs.append((last + 1) << HALF | form)
                self._pair_rows.append(row)
            if before in BEFORE_NOUNS:
                self.nouns[at] += 1
            before, last = low, form

    def _write(self, term: str, row: int) -> None:
        first, _, second = term.partition(" ")
        if second and " " not in second:
            self._pairs.append((self._form(first) + 1) << HALF | self._form(second))
            self._pair_rows.append(row)
        else:
            self._words.append(self._form(term))
            self._word_rows.append(row)

    def _form(self, word: str) -> int:
        """The number of a way to write a word."""
        found = self._forms.get(word)
        if found is None:
            found = self._forms[word] = len(self._forms)
            low = self.words.setdefault(word.lower(), len(self.words))
            self._word_of.append(low)
            if low == len(self.seen):
                self.seen.append(0)
                self.nouns.append(0)
        return found


def split(terms: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The first words of terms, -1 for those of one word, and the last words."""
    import numpy as np

    first = (terms >> np.uint64(HALF)).astype(np.int64) - 1
    return first, (terms & np.uint64(_WORD_BITS)).astype(np.int64)


def _prose(text: str) -> str:
    """The text without code, addresses, tags and the name of who speaks."""
    return _MARKUP.sub(" ", _LABEL.sub(" ", _CODE.sub(" ", text[:_LONGEST])))
