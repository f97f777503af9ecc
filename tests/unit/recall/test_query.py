import pytest

from retain.recall.query import MAX_TERMS, terms


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("Where does Ana live?", ["Ana", "live"]),
        ("Ana ANA ana", ["Ana"]),
        ("what is it", ["what", "is", "it"]),
        ("Ana's dog doesn't bark", ["Ana", "dog", "doesn", "bark"]),
        ('" OR * NEAR(fox^2)', ["NEAR", "fox", "2"]),
        ("call read_to_string()", ["call", "read_to_string"]),
        ("2023-05-08", ["2023", "05", "08"]),
        ("Straße ÉTÉ", ["Straße", "ÉTÉ"]),
        ("cafe\u0301", ["cafe\u0301"]),
        ("हिन्दी क्या", ["हिन्दी", "क्या"]),
        ("我喜欢猫。你呢", ["我喜欢猫", "你呢"]),
        ("a\ud83db\0c", ["b", "c"]),
        ("\U0001f680 ?!", []),
        ("", []),
    ],
)
def test_a_query_is_its_telling_words(query, expected):
    assert terms(query) == expected


def test_a_long_query_is_cut():
    words = [f"word{n}" for n in range(200)]
    assert terms(" the ".join(words)) == words[:MAX_TERMS]


def test_a_whole_document_as_a_query_takes_no_time():
    assert terms("the of and " * 1_000_000 + "fox")
