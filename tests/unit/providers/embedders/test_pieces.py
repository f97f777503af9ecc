"""Text is cut exactly as the tokenizer did that the static weights were trained with."""

import hashlib
import json
from functools import cache
from importlib.resources import files

import pytest
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st

from retain.providers.embedders.pieces import FIRST_MERGED, SPACE, Pieces

DATA = files("retain.providers.embedders") / "data"
MERGES = "9391208fbdbe52d4dcebad730ecd59d06c28927f51a36c9e9a474bcdbb55588f"
"""SHA-256 of the merges of WordLlama's own tokenizer file, one a line."""

LIKELY = [
    "a",
    "the",
    "ing",
    "ha",
    "T",
    "0",
    "1",
    " ",
    "  ",
    SPACE,
    "<",
    "s>",
    "<s>",
    "</s>",
    "<unk>",
]
ODD = ["<0x0A>", "\0", "\x07", "é", "e\u0301", "\u200b", "\ufeff", "我", "欢", "🚀", "ﷺ"]
words = st.lists(st.sampled_from(LIKELY + ODD) | st.characters(exclude_categories=["Cs"])).map(
    "".join
)


@cache
def vocabulary():
    return json.loads((DATA / "static-pieces.json").read_text(encoding="utf-8"))


@cache
def pieces():
    return Pieces(vocabulary())


@cache
def reference():
    """The tokenizer as its file describes it, run by the library that the file is for."""
    ids = {piece: n for n, piece in enumerate(vocabulary())}
    pairs = [
        (piece[:n], piece[n:])
        for piece in vocabulary()[FIRST_MERGED:]
        for n in range(1, len(piece))
        if piece[:n] in ids and piece[n:] in ids
    ]
    pairs.sort(key=lambda p: (not "".join(p).strip(SPACE), ids["".join(p)], ids[p[0]], ids[p[1]]))
    listed = "\n".join(f"{a} {b}" for a, b in pairs)
    assert hashlib.sha256(listed.encode()).hexdigest() == MERGES
    model = tokenizers.models.BPE(ids, pairs, unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    tokenizer = tokenizers.Tokenizer(model)
    tokenizer.normalizer = tokenizers.normalizers.Sequence(
        [tokenizers.normalizers.Prepend(SPACE), tokenizers.normalizers.Replace(" ", SPACE)]
    )
    tokenizer.add_special_tokens(
        [tokenizers.AddedToken(mark, normalized=False) for mark in ("<unk>", "<s>", "</s>")]
    )
    return tokenizer


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("", []),
        ("The cat sleeps on the sofa.", [450, 6635, 12844, 8961, 373, 278, 577, 5444, 29889]),
        ("naïve 我喜欢", [1055, 30085, 345, 29871, 30672, 31823, 233, 175, 165]),
        ("\U0001f680", [29871, 243, 162, 157, 131]),
        ("a <s>b</s> c", [263, 29871, 1, 289, 2, 29871, 274]),
        ("<unk>", [0]),
        ("▁▁ x", [1678, 921]),
        ("hahahahahaha", [447, 29882, 801, 801, 801, 25613]),
        ("Antidisestablishmentarianism", [5459, 333, 275, 342, 370, 1674, 358, 13956, 1608]),
    ],
)
def test_these_texts_have_the_ids_that_the_tokenizer_of_the_weights_gave(text, ids):
    assert pieces().encode(text) == ids


@settings(max_examples=300, deadline=None)
@given(words)
def test_any_text_is_cut_as_the_tokenizer_library_cuts_it(text):
    assert pieces().encode(text) == reference().encode(text, add_special_tokens=False).ids


@pytest.mark.parametrize("text", ["x" * 16_000, "我喜欢" * 4_000, SPACE * 5_000, "ha" * 8_000])
def test_a_long_word_is_cut_as_the_tokenizer_library_cuts_it(text):
    assert pieces().encode(text) == reference().encode(text, add_special_tokens=False).ids


@pytest.mark.parametrize("name", ["minilm-pieces.json", "static-weights.npy", "static-pieces.json"])
def test_the_files_are_those_that_their_readme_describes(name):
    """Banks keep the vectors that they have: other weights would need another model name."""
    content = (DATA / name).read_bytes()
    row = f"| `{name}` | {len(content)} | `{hashlib.sha256(content).hexdigest()}` |"
    assert row in (DATA / "README.md").read_text(encoding="utf-8").splitlines()
