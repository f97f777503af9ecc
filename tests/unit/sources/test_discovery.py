import os
import sys
from pathlib import Path

import pytest

from retain.errors import InputError, SourceError
from retain.sources import discovery
from retain.sources.discovery import Found, discover
from retain.sources.left_out import LeftOut, Selection, grouped


def write(path, text="words\n"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def ids(*paths):
    return [found.source_id for found in discover(paths)]


def left_out(*paths, **options):
    missed = []
    discover(paths, left_out=missed.append, **options)
    return sorted((Path(one.path).name, one.reason) for one in missed)


def test_a_folder_gives_its_text_files_sorted_and_named_from_the_folder(tmp_path):
    for name in ("b.md", "a.txt", "deep/er/c.markdown", "deep/d.JSON", "e.jsonl"):
        write(tmp_path / name)
    assert ids(tmp_path) == ["a.txt", "b.md", "deep/d.JSON", "deep/er/c.markdown", "e.jsonl"]


def test_text_is_found_whatever_its_suffix_and_encoding(tmp_path):
    for name in ("Makefile", "b.rst", "c.log", "d.py", "e.SQL"):
        write(tmp_path / name)
    (tmp_path / "f.cfg").write_bytes("mot de passe oublié".encode("latin-1"))
    (tmp_path / "g.ini").write_bytes("Größe".encode("utf-16"))
    (tmp_path / "h.memo").write_bytes("会議は金曜日に行われます。".encode("shift-jis"))
    assert len(ids(tmp_path)) == 8


def test_what_a_folder_holds_beside_text_is_reported_with_the_reason(tmp_path):
    (tmp_path / "photo.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    (tmp_path / "core").write_bytes(bytes(64))
    (tmp_path / "pack.zip").write_bytes(b"PK\x03\x04" + b"a" * 64)
    write(tmp_path / "empty.cfg", " \n")
    write(tmp_path / "~$report.docx")
    write(tmp_path / "a.md~")
    write(tmp_path / ".env")
    write(tmp_path / ".git" / "HEAD")
    (tmp_path / "gone.md").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "out").symlink_to(tmp_path.parent)
    write(tmp_path / "a.md")
    assert ids(tmp_path) == ["a.md"]
    assert left_out(tmp_path) == [
        (".env", "hidden"),
        (".git", "hidden"),
        ("a.md~", "temporary"),
        ("core", "binary"),
        ("empty.cfg", "empty"),
        ("gone.md", "broken link"),
        ("loop", "broken link"),
        ("out", "link out of the folder"),
        ("pack.zip", "binary"),
        ("photo.png", "binary"),
        ("~$report.docx", "temporary"),
    ]


def test_patterns_choose_files_as_a_gitignore_does(tmp_path):
    for name in ("a.md", "b.log", "drafts/c.md", "notes/d.md", "notes/old/e.md", "notes/f.txt"):
        write(tmp_path / name)

    def chosen(include=(), exclude=()):
        selection = Selection(include, exclude)
        return [one.source_id for one in discover([tmp_path], selection=selection)]

    assert chosen(exclude=["*.log", "drafts/"]) == [
        *("a.md", "notes/d.md", "notes/f.txt", "notes/old/e.md")
    ]
    assert chosen(include=["*.md"], exclude=["old/"]) == ["a.md", "drafts/c.md", "notes/d.md"]
    assert chosen(include=["/notes/*.md", "!/notes/old/"]) == ["notes/d.md"]
    assert chosen(exclude=["*", "!*.txt"]) == []  # as in git, nothing is found in a folder left out
    selection = Selection(["*.md"], ["drafts/"])
    assert left_out(tmp_path, selection=selection) == [
        *(("b.log", "not included"), ("drafts", "excluded"), ("f.txt", "not included"))
    ]


def test_what_was_left_out_is_counted_by_suffix_and_reason():
    names = ["a.PNG", "b/c.png", "d.gz", ".git", ".env", "LICENSE"]
    reasons = ["binary", "binary", "binary", "hidden", "hidden", "empty"]
    groups = grouped(map(LeftOut, names, reasons))
    assert [str(group) for group in groups] == [
        *("2 hidden", "2 .png (binary)", "1 empty", "1 .gz (binary)")
    ]
    assert groups[1].examples == ("a.PNG", "b/c.png")


@pytest.mark.skipif(os.name != "posix", reason="needs permissions")
def test_a_link_that_may_not_be_followed_is_refused_and_the_rest_is_found(tmp_path, monkeypatch):
    write(tmp_path / "good.md")
    closed = tmp_path / "link.md"
    closed.symlink_to(tmp_path / "closed" / "p.md")
    resolve = Path.resolve

    def denied(path, strict=False):
        if path == closed:
            raise PermissionError(13, "Permission denied")
        return resolve(path, strict)

    monkeypatch.setattr(Path, "resolve", denied)
    refused = []
    found = discover([tmp_path], refused=refused.append)
    assert [one.source_id for one in found] == ["good.md"]
    assert [(error.source, "Permission denied" in error.reason) for error in refused] == [
        (str(closed), True)
    ]


def test_documents_of_a_folder_are_found_where_they_can_be_read(tmp_path, monkeypatch):
    monkeypatch.setattr(discovery, "can_convert", lambda: True)
    for name in ("a.md", "b.PDF", "c.docx", "d.pptx", "e.xlsx", "f.html", "g.htm"):
        write(tmp_path / name)
    (tmp_path / "h.doc").write_bytes(b"\xd0\xcf\x11\xe0" + bytes(64))
    assert ids(tmp_path) == ["a.md", "b.PDF", "c.docx", "d.pptx", "e.xlsx", "f.html", "g.htm"]


def test_documents_of_a_folder_that_cannot_be_read_are_told_of_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(discovery, "can_convert", lambda: False)
    for name in ("a.md", "b.PDF", "deep/c.docx", "deep/d.pdf"):
        write(tmp_path / name)
    refused = []
    found = discover([tmp_path], refused=refused.append)
    assert [one.source_id for one in found] == ["a.md"]
    assert [error.source for error in refused] == [str(tmp_path)]
    assert "left out 3 of its files (.docx, .pdf)" in refused[0].reason
    assert 'pip install "retain-pipeline[docs]"' in refused[0].reason
    with pytest.raises(SourceError, match="left out 3"):
        discover([tmp_path])


def test_a_document_that_is_given_is_taken_whether_it_can_be_read_or_not(tmp_path, monkeypatch):
    monkeypatch.setattr(discovery, "can_convert", lambda: False)
    file = write(tmp_path / "a.pdf")
    assert discover([file]) == [Found("a.pdf", file)]


def test_hidden_files_and_folders_are_left_out(tmp_path):
    write(tmp_path / "a.md")
    write(tmp_path / ".hidden.md")
    write(tmp_path / ".git" / "b.md")
    assert ids(tmp_path) == ["a.md"]


def test_a_hidden_folder_that_is_given_is_searched(tmp_path):
    write(tmp_path / ".notes" / "a.md")
    assert ids(tmp_path / ".notes") == ["a.md"]


def test_a_file_is_named_by_its_name_and_taken_whatever_its_suffix(tmp_path):
    file = write(tmp_path / "deep" / "notes.org")
    assert discover([file]) == [Found("notes.org", file)]


def test_paths_as_text_and_relative_ones_are_found(tmp_path, monkeypatch):
    write(tmp_path / "notes" / "a.md")
    monkeypatch.chdir(tmp_path)
    assert discover(["notes"]) == [Found("a.md", tmp_path / "notes" / "a.md")]
    assert ids(".") == ["notes/a.md"]


def test_several_paths_keep_their_order(tmp_path):
    first, second = write(tmp_path / "z.md"), write(tmp_path / "folder" / "a.md").parent
    assert ids(first, second) == ["z.md", "a.md"]


def test_the_same_file_given_twice_is_one(tmp_path):
    file = write(tmp_path / "a.md")
    assert ids(file, tmp_path, file) == ["a.md"]


def test_two_files_of_one_name_are_refused_with_both_paths(tmp_path):
    one, two = write(tmp_path / "x" / "a.md"), write(tmp_path / "y" / "a.md")
    with pytest.raises(InputError) as caught:
        discover([one.parent, two.parent])
    message = str(caught.value)
    assert str(one) in message
    assert str(two) in message
    assert "separate banks" in message


def test_a_path_that_is_not_there_is_named(tmp_path):
    for missing in (tmp_path / "missing", tmp_path / ("long" * 100), "nul\0byte", "\ud800"):
        with pytest.raises(SourceError):
            discover([missing])
    with pytest.raises(SourceError, match="no such file or folder: check the path"):
        discover([tmp_path / "missing.md"])


def test_an_empty_folder_gives_nothing(tmp_path):
    assert discover([tmp_path]) == []
    assert discover([]) == []


def test_links_out_of_the_folder_are_not_followed(tmp_path):
    write(tmp_path / "out" / "secret.md")
    write(tmp_path / "in" / "a.md")
    (tmp_path / "in" / "folder").symlink_to(tmp_path / "out")
    (tmp_path / "in" / "file.md").symlink_to(tmp_path / "out" / "secret.md")
    (tmp_path / "in" / "gone.md").symlink_to(tmp_path / "nowhere.md")
    assert ids(tmp_path / "in") == ["a.md"]


def test_links_that_loop_end(tmp_path):
    write(tmp_path / "deep" / "a.md")
    (tmp_path / "deep" / "up").symlink_to(tmp_path)
    (tmp_path / "self").symlink_to(tmp_path / "self")
    assert ids(tmp_path) == ["deep/a.md"]


def test_a_file_behind_a_link_inside_the_folder_is_found_under_its_own_name(tmp_path):
    write(tmp_path / "z" / "real.md")
    (tmp_path / "a.md").symlink_to(tmp_path / "z" / "real.md")
    (tmp_path / "b").symlink_to(tmp_path / "z")
    assert ids(tmp_path) == ["z/real.md"]


def test_a_link_inside_the_folder_to_what_is_otherwise_hidden_is_followed(tmp_path):
    write(tmp_path / ".store" / "a.md")
    (tmp_path / "shown").symlink_to(tmp_path / ".store")
    assert ids(tmp_path) == ["shown/a.md"]


def test_a_link_that_is_given_is_followed(tmp_path):
    write(tmp_path / "real" / "a.md")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert ids(tmp_path / "link") == ["a.md"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_a_name_that_is_no_utf8_gets_an_id_that_can_be_kept(tmp_path):
    name = os.fsdecode(b"caf\xe9.md")
    write(tmp_path / name)
    (found,) = discover([tmp_path])
    assert found.source_id == r"caf\xe9.md"
    assert found.path.read_text(encoding="utf-8") == "words\n"
    assert ids(tmp_path / name) == [r"caf\xe9.md"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_in_a_folder_is_not_read(tmp_path):
    os.mkfifo(tmp_path / "pipe.md")
    assert discover([tmp_path]) == []


def test_a_folder_that_may_not_be_listed_is_named(tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(SourceError, match="cannot be listed"):
        discover([tmp_path])
