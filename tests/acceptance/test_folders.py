"""What is retained of a folder, what is left out of it, and which file is which source."""

from __future__ import annotations

from tests.commandline import CommandLine

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(64))


def test_text_of_any_suffix_is_retained_and_the_rest_is_counted(cli: CommandLine) -> None:
    cli.write("in/a.md", "Ann lives in Rome.\n")
    cli.write("in/b.rst", "Bob lives in Oslo.\n")
    cli.write("in/README", "Di lives in Kiel.\n")
    cli.write("in/p.png", PICTURE)
    cli.write("in/q.png", PICTURE)
    cli.write("in/.secret/key", "no\n")
    ended = cli("ingest", "in")
    assert "retained 3 sources" in ended.out
    assert "left out 3 files: 2 .png (binary), 1 hidden" in ended.out
    listed = cli("ingest", "in", "--json").json
    assert [one["source_id"] for one in listed if one["status"] == "completed"] == [
        *("README", "a.md", "b.rst")
    ]
    groups = [one for one in listed if one["status"] == "left out"]
    assert [(one["suffix"], one["reason"], one["files"]) for one in groups] == [
        *((".png", "binary", 2), ("", "hidden", 1))
    ]
    assert groups[0]["examples"] == [str(cli.folder / "in" / name) for name in ("p.png", "q.png")]


def test_a_folder_of_which_nothing_is_left_out_says_so(cli: CommandLine) -> None:
    cli.write("in/a.md", "Ann lives in Rome.\n")
    assert "left out nothing" in cli("ingest", "in").out
    assert "left out" not in cli("ingest", "in/a.md").out


def test_patterns_choose_the_files_of_a_folder(cli: CommandLine) -> None:
    cli.write("in/a.md", "Ann lives in Rome.\n")
    cli.write("in/b.log", "Bob lives in Oslo.\n")
    cli.write("in/old/c.md", "Cy lives in Bonn.\n")
    ended = cli("ingest", "in", "--exclude", "old/", "--include", "*.md")
    assert list(cli.statuses()) == ["a.md"]
    assert "1 .log (not included)" in ended.out
    assert "1 excluded" in ended.out


def test_a_file_is_one_source_however_it_is_named(cli: CommandLine) -> None:
    cli.write("in/sub/a.md", "Ann lives in Rome.\n")
    cli("ingest", "in")
    assert "1 unchanged" in cli("ingest", "in/sub/a.md").out
    assert "1 unchanged" in cli("ingest", "in/sub").out
    assert "1 unchanged" in cli("ingest", ".", "--exclude", "*.db*").out
    cli.write("in/sub/a.md", "Ann lives in Paris.\n")
    cli("ingest", "in/sub/a.md")
    assert cli.statuses() == {"sub/a.md": "completed"}
    assert "Paris" in cli("facts").out


def test_a_file_never_replaces_the_source_of_another_one(cli: CommandLine) -> None:
    cli.write("a/README.md", "Alpha is led by Ann.\n")
    cli.write("b/README.md", "Beta is led by Bob.\n")
    cli("ingest", "a/README.md")
    ended = cli("ingest", "b/README.md", code=1)
    assert str(cli.folder / "a" / "README.md") in ended.err
    assert "would replace" in ended.err
    assert "Alpha" in cli("facts").out
    cli("forget", "README.md")
    cli("ingest", "b")
    assert "Beta" in cli("facts").out


def test_a_file_that_was_moved_stays_its_source(cli: CommandLine) -> None:
    cli.write("a/README.md", "Alpha is led by Ann.\n")
    cli("ingest", "a")
    (cli.folder / "a").rename(cli.folder / "b")
    cli.write("b/README.md", "Alpha is led by Bob.\n")
    cli("ingest", "b")
    assert "Bob" in cli("facts").out


def test_a_source_without_facts_is_told_of(cli: CommandLine) -> None:
    cli.write("in/list.csv", "1;2;3\n")
    cli.write("in/a.md", "Ann lives in Rome.\n")
    ended = cli("ingest", "in")
    assert "list.csv: no facts" in ended.out
    assert "a.md: no facts" not in ended.out
    assert "no facts" in cli("runs").out
    notes = {run["source_id"]: run["notes"] for run in cli("runs", "--json").json}
    assert notes["a.md"] == []
    assert "no facts" in notes["list.csv"][0]
