import os

import pytest

from retain.errors import SourceError
from retain.sources import decoding
from retain.sources.decoding import (
    check_content,
    check_text,
    decode,
    decoded,
    read_bytes,
    valid_unicode,
)

LIMIT = 1_000_000


def read_text(path, max_bytes):
    text = decode(read_bytes(path, max_bytes), path)
    check_content(text, path)
    return text


def read(tmp_path, data):
    file = tmp_path / "a.md"
    file.write_bytes(data)
    return read_text(str(file), LIMIT)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("Zoë lives in Łódź 🏡\n".encode(), "Zoë lives in Łódź 🏡\n"),
        (b"\xef\xbb\xbf# Title\n", "# Title\n"),
        ("# Größe\n".encode("utf-16"), "# Größe\n"),
        (b"\xfe\xff" + "# Größe\n".encode("utf-16-be"), "# Größe\n"),
        ("# Größe\n".encode("utf-32"), "# Größe\n"),
        (b"one\r\ntwo\rthree\n", "one\r\ntwo\rthree\n"),
        (b"a word with a \0 in it\n", "a word with a \ufffd in it\n"),
        ("a\0b\n".encode("utf-16"), "a\ufffdb\n"),
        (b"page one\f\x1b[1mpage two\x1b[0m\n", "page one\f\x1b[1mpage two\x1b[0m\n"),
    ],
)
def test_text_is_read_as_it_is(tmp_path, data, text):
    assert read(tmp_path, data) == text


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\0",
        b"\x7fELF\x02\x01\x01" + b"\0" * 60,
        "# Title\n".encode("utf-16-le"),
        bytes(range(32)) * 4,
    ],
)
def test_a_binary_file_is_refused(tmp_path, data):
    with pytest.raises(SourceError, match=r"looks like a binary file .*: only text"):
        read(tmp_path, data)


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1252", "Le café de Zoé à Orléans ferme à six heures, dit Noël."),
        ("cp1252", "résumé"),
        ("latin-1", "Größe und Übung: die Straße ist weiß."),
        ("cp1250", "Zażółć gęślą jaźń. Mieszkam w Łodzi."),
        ("cp1251", "Меня зовут Анна, я живу в Москве и работаю врачом."),
        ("koi8-r", "Меня зовут Анна, я живу в Москве и работаю врачом."),
        ("cp1253", "Καλημέρα, μένω στην Αθήνα και δουλεύω ως γιατρός."),
        ("shift_jis", "会議は金曜日に行われます。田中さんは東京に住んでいます。"),
        ("gb18030", "你好。我住在北京。在一家医院工作。"),
        ("euc-kr", "안녕하세요. 저는 서울에 살고 있습니다."),
    ],
)
def test_text_in_another_encoding_is_read_and_the_encoding_told(encoding, text):
    found, guessed = decoded(text.encode(encoding), "a.txt")
    assert found == text
    assert guessed


def test_what_is_in_no_encoding_is_refused_without_advice_that_garbles_it(monkeypatch):
    monkeypatch.setattr(decoding, "guess_encoding", lambda _: None)
    with pytest.raises(SourceError, match=r"byte 3 is 0xe9.*cannot be told.*save it as UTF-8"):
        decode(b"caf\xe9 au lait", "a.md")


def test_broken_utf16_is_refused():
    with pytest.raises(SourceError, match="UTF-16"):
        decode(b"\xff\xfea", "a.md")


@pytest.mark.parametrize("data", [b"", b" \n\t\r\n", b"\xef\xbb\xbf\n"])
def test_a_file_without_content_is_refused(tmp_path, data):
    with pytest.raises(SourceError, match="is empty"):
        read(tmp_path, data)


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path):
    file = tmp_path / "large.md"
    with file.open("wb") as sparse:
        sparse.truncate(1 << 40)
    with pytest.raises(SourceError, match=r"1099511627776 bytes.* 1000000: .*RETAIN_MAX_BYTES"):
        read_text(str(file), LIMIT)


def test_a_file_at_the_limit_is_read(tmp_path):
    file = tmp_path / "a.md"
    file.write_bytes(b"12345")
    assert read_text(str(file), 5) == "12345"
    with pytest.raises(SourceError, match="5 bytes"):
        read_text(str(file), 4)


def test_what_is_no_file_is_refused(tmp_path):
    with pytest.raises(SourceError, match="is a folder"):
        read_text(str(tmp_path), LIMIT)
    for missing in (str(tmp_path / "gone.md"), str(tmp_path / "a" / "b.md"), "nul\0byte"):
        with pytest.raises(SourceError, match="no such file"):
            read_text(missing, LIMIT)
    with pytest.raises(SourceError, match="cannot be read"):
        read_text(str(tmp_path / ("long" * 100)), LIMIT)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_refused_rather_than_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.md")
    with pytest.raises(SourceError, match="not a regular file"):
        read_text(str(tmp_path / "pipe.md"), LIMIT)


def test_a_file_that_may_not_be_read_is_named(tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "stat", refuse)
    with pytest.raises(SourceError, match="may not be read"):
        read_text("a.md", LIMIT)


def test_text_given_directly_is_checked_the_same_way():
    check_text("äö", "chat", 4)
    with pytest.raises(SourceError, match="4 bytes, more than the limit of 3"):
        check_text("äö", "chat", 3)
    with pytest.raises(SourceError, match="is empty"):
        check_text(" \n", "chat", 3)
    with pytest.raises(SourceError, match="surrogate pair at character 2"):
        check_text("ab\ud800", "chat", LIMIT)


def test_escaped_surrogates_become_text():
    assert valid_unicode("\ud83c\udfe1 home") == "🏡 home"
    assert valid_unicode("half \ud83c").encode("utf-8")
