"""How many tokens a text is to a model, without its tokenizer.

Byte-pair tokenizers cut a text into words, numbers and runs of signs first and merge bytes inside
those only (https://arxiv.org/abs/1508.07909), so counting these pieces by their kind and length
comes close. The costs are means that were measured with the ranks of o200k; `benchmarks/README.md`
has the errors.
"""

from __future__ import annotations

import json
import math
import re
from bisect import bisect
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache

from retain.english.wordlists import word_set
from retain.memory.model import ModelRequest

MOST = 100_000_000
"""No request or answer has more tokens than this, whatever a server counts."""

MESSAGE_TOKENS = 4
"""What a message takes beside its text."""

_LETTERS = "A-Za-z\u00c0-\u024f\u1e00-\u1eff"
_SMALL = "a-z\u00df-\u00f6\u00f8-\u024f\u1e00-\u1eff"
_LETTER = re.compile(f"[{_LETTERS}]")
_PIECE = re.compile(
    rf"""
    [^\r\n0-9{_LETTERS}]?(?:[A-Z]*[{_SMALL}]+|[A-Z\u00c0-\u00d6\u00d8-\u00de]+)
        (?:'(?:s|t|re|ve|m|ll|d)\b)?          # a word, with what stands before and after it
    | [0-9]{{1,3}}
    | [ ]?[^\x00-\x7f{_LETTERS}]+               # other scripts and signs
    | [ ]?[!-/:-@\[-`{{-~]+[\r\n]*              # signs, and the line breaks behind them
    | \s*[\r\n]+ | \s+(?!\S) | \s | .
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMON = word_set("""
    the and of to in is a it for that you i with on this as be are was my have not or at can so we
    me from text name type fact facts said section
    """)
_ENOUGH = 20
_SHARE = 0.05
"""Of so many words, this share of common ones tells English."""

_BY_SIGNS = (1.0, 1.0, 1.01, 1.37, 1.84, 2.27, 2.42, 2.88, 3.06)
_NOISE = re.compile(r"[b-df-hj-np-tv-xz]{4,}", re.IGNORECASE)
"""No word of a language: its tokens are short."""

_SCRIPTS: tuple[tuple[int, float], ...] = (
    (0x80, 1.0),
    (0x370, 0.5),  # Greek, Cyrillic, Armenian
    (0x590, 0.54),  # Hebrew, Arabic
    (0x700, 2.0),
    (0x900, 0.55),  # of India
    (0xE00, 0.45),  # Thai
    (0xE80, 2.0),
    (0x10A0, 0.45),  # Georgian
    (0x1100, 3.0),
    (0x2000, 1.0),  # dashes and quotation marks
    (0x2070, 1.75),
    (0x2C00, 3.0),
    (0x3000, 0.84),
    (0x3040, 0.67),  # kana
    (0x3100, 0.85),  # Chinese characters
    (0xA000, 3.0),
    (0xAC00, 0.71),  # Hangul
    (0xD7B0, 3.0),
    (0xFE00, 0.8),
    (0x10000, 3.4),
    (0x1F000, 1.5),  # emoji
    (0x20000, 3.4),
)
"""Tokens a character from each code point on."""
_FIRST = [first for first, _ in _SCRIPTS]


def estimate(text: str) -> int:
    """About how many tokens `text` is."""
    pieces = Counter[str](_PIECE.findall(text))
    words = {piece: times for piece, times in pieces.items() if _LETTER.match(piece[-1])}
    cost = _english if _is_english(words) else _foreign
    return round(sum(times * cost(piece) for piece, times in pieces.items()))


def upper_bound(text: str) -> int:
    """No fewer tokens than `text` is to a tokenizer of a model in use, and no more than its bytes.

    Twice the estimate for English, since older and smaller vocabularies cut more finely; what is
    not ASCII counts its bytes. Only long runs of random letters may be more, to a few tokenizers.
    """
    size = len(text.encode("utf-8", "surrogatepass"))
    plain = text if text.isascii() else text.encode("ascii", "ignore").decode()
    foreign = size - len(plain)
    pieces = Counter[str](_PIECE.findall(plain))
    bound = sum(times * _at_most(piece) for piece, times in pieces.items())
    return min(size, math.ceil(bound) + foreign + 8)


def of_request(request: ModelRequest) -> int:
    """About how many tokens a request is: its messages, its schema and what stands around them."""
    told = sum(estimate(message.text) + MESSAGE_TOKENS for message in request.messages)
    return told + estimate(_schema(request.schema)) + MESSAGE_TOKENS


def _schema(schema: Mapping[str, object]) -> str:
    return json.dumps(schema, separators=(",", ":"))


@lru_cache(maxsize=50_000)
def _at_most(piece: str) -> float:
    """Of signs, digits and line breaks, some tokenizers join none."""
    if not _LETTER.match(piece[-1]):
        return len(piece.strip(" ")) + piece.startswith(" ")
    return 1.5 * max(_english(piece), _foreign(piece))


def _is_english(words: Mapping[str, int]) -> bool:
    total = sum(words.values())
    common = sum(times for word, times in words.items() if word.strip().lower() in _COMMON)
    return total < _ENOUGH or common >= _SHARE * total


@lru_cache(maxsize=50_000)
def _english(piece: str) -> float:
    return _cost(piece, foreign=False)


@lru_cache(maxsize=50_000)
def _foreign(piece: str) -> float:
    return _cost(piece, foreign=True)


def _cost(piece: str, *, foreign: bool) -> float:
    if piece.isspace() or piece.isdigit():
        return 1.0
    if not piece.isascii() and not _LETTER.search(piece):
        return sum(_of_character(char) for char in piece.strip(" "))
    word = piece.lstrip()
    if not _LETTER.match(word[-1]):
        signs = len(word.strip())
        return _BY_SIGNS[signs] if signs < len(_BY_SIGNS) else 1.0 + 0.3 * signs
    if word[0].isalpha():
        return _of_word(word, foreign=foreign)
    joined = min(1.0, 0.2 * max(0, len(word) - 3))  # short words share the token of the sign
    return joined + _of_word(word[1:], foreign=foreign)


def _of_word(word: str, *, foreign: bool) -> float:
    length = len(word)
    if not word.isascii():
        return max(1.0, 0.42 * length)
    noise = sum(0.5 * (len(run) - 2) for run in _NOISE.findall(word))
    if foreign:
        return max(1.0, 1.0 + 0.26 * (length - 3)) + noise
    usual = 1.0 + 0.02 * max(0, length - 5) if length < 12 else 0.1 * length
    return usual + noise


def _of_character(char: str) -> float:
    return _SCRIPTS[max(0, bisect(_FIRST, ord(char)) - 1)][1]
