"""Text is cut as the tokenizer does that MiniLM was trained with."""

import json
import unicodedata
from functools import cache
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from retain.providers.embedders.wordpiece import END, START, UNKNOWN, WordPieces

MOST = 128

LIKELY = ["a", "the", "ing", "un", "T", "0", "'", "-", " ", "  ", "\t", "##s", "$", "_", "x" * 101]
ODD = ["\0", "\x07", "\x1c", "\x85", "é", "e\u0301", "İ", "ΑΣ", "\u200b", "\ufeff", "\ufffd"]
WIDE = ["我", "欢", "\uf900", "한", "🚀", "ﷺ", "\u2028", "¿", "\u00ad", "\ue000"]


def is_old(letter: str) -> bool:
    """Whether Unicode has long had the letter as it is: of newer ones each library has its own."""
    return unicodedata.category(letter) == unicodedata.ucd_3_2_0.category(letter) != "Cn"


letters = st.characters(exclude_categories=["Cs"]).filter(is_old)
texts = st.lists(st.sampled_from(LIKELY + ODD + WIDE) | letters).map("".join)


@cache
def vocabulary():
    path = files("retain.providers.embedders") / "data" / "minilm-pieces.json"
    return json.loads(path.read_text(encoding="utf-8"))


@cache
def pieces():
    return WordPieces(vocabulary())


@cache
def reference():
    """The tokenizer as the model's own file describes it, run by the library of that file."""
    ids = {piece: n for n, piece in enumerate(vocabulary())}
    tokenizer = Tokenizer(models.WordPiece(ids, unk_token=UNKNOWN, max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    marks = [(START, ids[START]), (END, ids[END])]
    tokenizer.post_processor = processors.TemplateProcessing(f"{START} $A {END}", None, marks)
    tokenizer.enable_truncation(MOST)
    return tokenizer


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("", []),
        (" \n\0", []),
        ("The cat sleeps on the sofa.", [101, 1996, 4937, 25126, 2006, 1996, 10682, 1012, 102]),
        ("Naïve 我喜", [101, 15743, 1855, 100, 102]),
        ("unaffable", [101, 14477, 20961, 3468, 102]),
        ("can't", [101, 2064, 1005, 1056, 102]),
        ("x" * 101, [101, 100, 102]),
    ],
)
def test_these_texts_have_the_ids_that_the_tokenizer_of_the_model_gave(text, ids):
    assert pieces().encode(text, MOST) == ids


@settings(max_examples=300, deadline=None)
@given(texts)
def test_any_text_is_cut_as_the_tokenizer_library_cuts_it(text):
    ids = reference().encode(text).ids
    assert pieces().encode(text, MOST) == (ids if len(ids) > 2 else [])


@pytest.mark.parametrize("text", ["harbour " * 500, "unaffable" * 11 + " a" * 300, "." * 5_000])
def test_a_long_text_is_cut_off_as_the_tokenizer_library_does(text):
    found = pieces().encode(text, MOST)
    assert len(found) == MOST
    assert found == reference().encode(text).ids


def test_marks_in_a_text_are_words_like_any_others():
    ids = pieces().encode("[CLS] [MASK] [SEP]", MOST)
    assert len(ids) == 12
    assert not {102, 103} & set(ids[1:-1])
