"""What a user of the command line notices: real processes, real files, real signals."""

import asyncio
import json
import os
import pty
import re
import select
import signal
import subprocess
import time
from datetime import datetime
from pathlib import Path

import pytest
from tests.asking import asking, journal
from tests.commandline import (
    ANA,
    CHAT,
    DEADLINE_S,
    RETAIN,
    TALK,
    CommandLine,
    catches,
    contents,
    ended_after,
    locked,
    notes,
    query,
    stop,
    until,
)

from retain import RetainContext
from retain.checkpoints.sqlite import SQLiteCheckpoint
from retain.cli.main import COMMANDS
from retain.engine import RetainFSM, Suspend
from retain.testing.modelserver import ModelServer

RUN_KEYS = {
    "bank_id",
    "source_id",
    "status",
    "last_state",
    "errors",
    "started_at",
    "completed_at",
    "duration_ms",
    "questions",
}
HIT_KEYS = {
    "text",
    "source_id",
    "span",
    "kind",
    "fact_id",
    "section_id",
    "score",
    "mentioned_at",
    "occurred_start",
    "occurred_end",
    "superseded_by",
}


def three_sources(cli: CommandLine) -> None:
    cli.write("notes/ana.md", ANA)
    cli.write("notes/deep/er/talk.md", TALK)
    cli.write("chat.jsonl", CHAT)


# ingest


def test_files_and_folders_are_named_by_their_place_in_what_was_given(cli: CommandLine) -> None:
    three_sources(cli)
    ended = cli("ingest", "notes", "chat.jsonl")
    assert re.fullmatch(
        r"retained 3 sources in .*\n"
        r"chat\.jsonl: no facts: .*\n"
        r"left out nothing\n"
        r"bank default holds 3 sources, 7 sections  \(.*memory\.db\)\n",
        ended.out,
    )
    assert ended.err == ""
    assert cli.statuses() == dict.fromkeys(["ana.md", "chat.jsonl", "deep/er/talk.md"], "completed")


@pytest.mark.parametrize("jobs", ["1", "16"])
def test_any_number_of_sources_may_run_at_once(cli: CommandLine, jobs: str) -> None:
    ids = notes(cli, "boxes", 20)
    cli("ingest", "boxes", "--jobs", jobs)
    assert cli.statuses() == dict.fromkeys(ids, "completed")


def test_bank_and_database_come_from_the_options_or_the_environment(cli: CommandLine) -> None:
    cli.write("ana.md", ANA)
    cli.env = {"RETAIN_BANK": "from-environment"}
    cli("ingest", "ana.md")
    cli("ingest", "ana.md", "--bank", "named")
    cli("ingest", "ana.md", "--db", "sqlite:///other.db")
    assert {r["bank_id"] for r in cli("runs", "--json").json} == {"from-environment", "named"}
    other = cli("runs", "--json", "--db", "sqlite:///other.db").json
    assert [r["bank_id"] for r in other] == ["from-environment"]
    assert (cli.folder / "other.db").exists()


def test_without_a_database_named_one_is_made_in_the_users_data_folder(cli: CommandLine) -> None:
    cli.write("ana.md", ANA)
    cli.env = {"RETAIN_DB": "", "XDG_DATA_HOME": str(cli.folder / "data")}
    assert "bank default holds 1 source" in cli("ingest", "ana.md").out
    assert "Ana lives in Lisbon." in cli("recall", "Lisbon").out
    assert list(cli.folder.rglob("memory.db"))


def test_what_has_not_changed_is_not_written_again(cli: CommandLine) -> None:
    three_sources(cli)
    cli("ingest", "notes", "chat.jsonl")
    before = cli.db.read_bytes()
    ended = cli("ingest", "notes", "chat.jsonl")
    assert ended.out.startswith("retained 0 sources, 3 unchanged in ")
    told = cli("ingest", "notes", "chat.jsonl", "--json").json
    assert [run["unchanged"] for run in told] == [True] * 3
    assert cli.db.read_bytes() == before
    assert [path.name for path in cli.folder.glob("memory.db*")] == ["memory.db"]


def test_a_changed_file_becomes_the_next_version_and_the_old_text_is_gone(
    cli: CommandLine,
) -> None:
    cli.write("ana.md", ANA)
    cli("ingest", "ana.md")
    cli.write("ana.md", ANA.replace("Lisbon", "Naples"))
    assert cli("ingest", "ana.md").out.startswith("retained 1 source in ")
    assert cli("show", "ana.md", "--json").json["source"]["version"] == 2
    assert cli.found("Lisbon") == []
    assert cli.found("Naples") == ["# Ana\n\nAna lives in Naples."]
    assert len(contents(cli.db)["section"]) == 2


def test_a_failed_source_is_told_and_the_others_go_on(cli: CommandLine) -> None:
    cli.write("notes/ana.md", ANA)
    cli.write("notes/empty.md", "")
    ended = cli("ingest", "notes", "missing.md", code=1)
    assert ended.out.startswith("retained 1 source, 2 failed in ")
    assert ended.err.splitlines() == [
        "empty.md: is empty: there is nothing to retain in it",
        "missing.md: no such file or folder: check the path",
    ]
    assert cli.found("Lisbon")


def test_a_failed_source_that_was_corrected_is_retained_the_next_time(cli: CommandLine) -> None:
    cli.write("a.md", "")
    cli("ingest", "a.md", code=1)
    cli.write("a.md", ANA)
    cli("ingest", "a.md")
    assert cli.statuses() == {"a.md": "completed"}


def test_many_failures_do_not_flood_the_terminal(cli: CommandLine) -> None:
    for n in range(30):
        cli.write(f"notes/{n:02}.md", "")
    lines = cli("ingest", "notes", code=1).err.splitlines()
    assert len(lines) == 21
    assert lines[-1] == "… and 10 more"


def test_the_date_of_the_sources_is_kept(cli: CommandLine) -> None:
    cli.write("ana.md", ANA)
    cli("ingest", "ana.md", "--date", "2024-03-05")
    (hit,) = cli("recall", "Lisbon", "--json").json
    assert hit["mentioned_at"] == "2024-03-05T00:00:00Z"


# recall


def test_a_hit_tells_where_in_the_source_it_stands(cli: CommandLine) -> None:
    text = "\ufeff# Zoë\r\n\r\nZoë keeps 🐝 in Lisbon.\r\n\r\n## Later\r\n\r\nLisbon again.\r\n"
    cli.write("zoe.md", text)
    cli("ingest", "zoe.md")
    hits = cli("recall", "Lisbon", "--json").json
    assert len(hits) == 2
    for hit in hits:
        assert hit.keys() >= HIT_KEYS
        start, end = hit["span"]
        assert text.removeprefix("\ufeff")[start:end] == hit["text"]
        assert hit["source_id"] == "zoe.md"
        assert hit["kind"] == "section"
        assert hit["fact_id"] is hit["superseded_by"] is None
    assert hits[0]["score"] >= hits[1]["score"]


def test_a_fact_is_shown_above_its_place(cli: CommandLine) -> None:
    text = "# Ana\n\nIt rained all day.\n\nAna moved to Porto in May 2023. She likes it.\n"
    cli.write("ana.md", text)
    cli("ingest", "ana.md")
    first, second, *_ = cli("recall", "Who moved to Porto?", "--kind", "fact").out.splitlines()
    assert first == " 1. Ana moved to Porto in May 2023"
    dates = r"undated, came in \d{4}-\d\d-\d\d, of 2023-05-01 to 2023-05-31"
    assert re.match(rf"    ana\.md:5  Ana  \({dates}\)  \[", second)
    (hit,) = cli("recall", "Who moved to Porto?", "--kind", "fact", "-k", "1", "--json").json
    assert (hit["kind"], hit["text"]) == ("fact", "Ana moved to Porto in May 2023")
    assert text[slice(*hit["span"])].startswith("Ana moved to Porto in May 2023")
    assert hit["fact_id"]
    assert hit["occurred_start"].startswith("2023-05-01")
    (whole,) = cli("recall", "Porto", "--kind", "section", "--json").json
    assert (whole["kind"], whole["fact_id"]) == ("section", None)
    wrong = cli("recall", "Porto", "--kind", "page", code=2)
    assert "--kind is 'page': ask for fact or section" in wrong.err


def test_recall_for_people_names_the_place_and_who_said_it(cli: CommandLine) -> None:
    three_sources(cli)
    cli.retained("notes")
    lines = cli("recall", "moved to Porto").out.splitlines()
    who = r"Ana, undated, came in \d{4}-\d\d-\d\d"
    assert re.fullmatch(rf" 1\. deep/er/talk\.md:3  Talk  \({who}\)  \[\d+\.\d\d\]", lines[0])
    assert lines[1] == "    **Ana:** I moved to Porto."
    assert cli("recall", "zeppelin").out == "nothing in bank default was found for this query\n"


def test_the_number_of_hits_is_as_asked(cli: CommandLine) -> None:
    notes(cli, "boxes", 4)
    cli.retained("boxes")
    for words, number in ([], 10), (["-k", "3"], 3), (["-k", "1000"], 12):
        assert len(cli("recall", "letter", "--json", *words).json) == number


def test_what_was_said_later_is_left_out(cli: CommandLine) -> None:
    for name, day in {"a.md": "2024-03-05", "b.md": "2024-03-06T10:00"}.items():
        cli.write(name, f"# Note\n\nAna was in Lisbon on {day}.\n")
        cli("ingest", name, "--date", day)
    for as_of, number in {
        "2024-03-04": 0,
        "2024-03-05": 1,
        "2024-03-06T09:00": 1,
        "2024-03-06T12:00+03:00": 1,
        "2024-03-06": 2,  # a day lasts until its end
    }.items():
        assert len(cli("recall", "Lisbon", "--as-of", as_of, "--json").json) == number, as_of


@pytest.mark.parametrize(
    "question",
    [
        '" OR * NEAR(',
        "text:Lisbon AND",
        "NOT",
        '"',
        "Lis*",
        "^a - {x}",
        "'; DROP TABLE source",
        "…",
    ],
)
def test_nothing_in_a_question_is_syntax(cli: CommandLine, question: str) -> None:
    cli.write("ana.md", ANA)
    cli.retained("ana.md")
    assert isinstance(cli("recall", "--json", "--", question).json, list)
    assert cli.found("Lisbon")


def test_banks_do_not_see_each_other(cli: CommandLine) -> None:
    cli.write("ana.md", ANA)
    cli("ingest", "ana.md", "--bank", "ana")
    assert cli("recall", "Lisbon", "--bank", "bob", "--json").json == []
    assert cli("runs", "--bank", "bob", "--json").json == []
    cli("show", "ana.md", "--bank", "bob", code=2)
    cli("forget", "ana.md", "--bank", "bob", code=2)
    assert cli.found("Lisbon", "ana")


# runs, show, graph, doctor


def test_runs_are_told_for_programs(cli: CommandLine) -> None:
    cli.write("ana.md", ANA)
    cli.write("empty.md", "")
    cli.retained("ana.md", "empty.md")
    good, bad = cli("runs", "--json").json
    assert good.keys() >= RUN_KEYS
    assert bad.keys() >= RUN_KEYS
    assert (good["bank_id"], good["source_id"]) == ("default", "ana.md")
    assert (good["status"], good["last_state"], good["errors"]) == ("completed", "COMPLETE", [])
    begun, ended = (datetime.fromisoformat(good[k]) for k in ("started_at", "completed_at"))
    assert begun <= ended
    assert good["duration_ms"] > 0
    assert (bad["status"], bad["last_state"], bad["completed_at"]) == ("failed", "INIT", None)
    assert bad["errors"] == ["INIT: is empty: there is nothing to retain in it"]
    assert [r["source_id"] for r in cli("runs", "--status", "failed", "--json").json] == [
        "empty.md"
    ]


def test_runs_are_told_for_people(cli: CommandLine) -> None:
    assert cli("runs").out == "no runs\n"
    cli.write("ana.md", ANA)
    cli.write("empty.md", "")
    cli.retained("ana.md", "empty.md")
    first, second, reason = cli("runs").out.splitlines()
    assert re.fullmatch(r"default  ana\.md    completed    COMPLETE +\d+ ms  [-\d]+ [:\d]+", first)
    assert re.match(r"default  empty\.md  failed       INIT ", second)
    assert reason == "    is empty: there is nothing to retain in it"


def test_show_tells_version_sections_and_steps(cli: CommandLine) -> None:
    three_sources(cli)
    cli.retained("notes")
    out = cli("show", "ana.md").out
    assert out.startswith("ana.md  in bank default, version 1\n  Ana: 59 characters, 2 sections")
    assert re.search(r"\n +1-3  Ana\n +5-7    Work\n", out)
    assert re.search(
        r"\nledger: 2 facts in 2 sections\n  sections: 2 with facts; 2 extracted, 0 reused", out
    )
    assert re.search(
        r"\nrun completed in .*\n  INIT .*\n  READ (.*\n)+  LINK .*\n  STORE .*\n", out
    )
    view = cli("show", "ana.md", "--json").json
    main = [s["state"] for s in view["steps"] if not s["state"].startswith("parallel:")]
    assert main == ["INIT", "READ", "LINK", "STORE", "BUILD_SUPERSEDES_GRAPH", "COMPLETE"]
    assert [outcome["kind"] for outcome in view["ledger"]] == ["facts", "facts"]
    assert [ANA[s["start"] : s["end"]] for s in view["sections"]] == [
        "# Ana\n\nAna lives in Lisbon.",
        "## Work\n\nShe paints harbours.",
    ]
    assert cli("show", "notes/deep/er/talk.md").out.startswith("deep/er/talk.md  in bank default")


def test_show_tells_why_nothing_is_visible(cli: CommandLine) -> None:
    cli.write("empty.md", "")
    cli.retained("empty.md")
    out = cli("show", "empty.md").out
    assert out.startswith("empty.md  in bank default: no version is stored yet\n")
    assert "is empty: there is nothing to retain in it" in out


def test_graph_is_a_mermaid_diagram(cli: CommandLine) -> None:
    out = cli("graph").out
    assert out.startswith("stateDiagram-v2\n")
    assert '"STORE"' in out
    assert cli("graph", "--json").json == {"mermaid": out}


def test_doctor_finds_a_sound_and_an_unsound_place(cli: CommandLine) -> None:
    cli.write("ana.md", ANA)
    cli.retained("ana.md")
    checks = cli("doctor", "--json").json
    assert all(check["ok"] for check in checks)
    assert {"name": "banks", "ok": True, "detail": "1: default (1 source)"} in checks
    cli.write("empty.md", "")
    cli.retained("empty.md")
    ended = cli("doctor", code=1)
    assert "BAD  runs" in ended.out
    assert "1 completed, 1 failed" in ended.out
    assert "BAD  database" in cli("doctor", "--db", "sqlite:///ana.md", code=1).out


def test_doctor_looks_at_the_journal_and_leaves_it_as_it_is(
    cli: CommandLine, server: ModelServer
) -> None:
    cli.write("ana.md", ANA)
    none_yet = {"name": "journal", "ok": True, "detail": "none yet: no model was asked"}
    assert none_yet in cli("doctor", "--json").json
    assert not journal(cli.folder).exists()
    asking(cli, server.url)("ingest", "ana.md")
    assert f"ok   journal      {journal(cli.folder)}: ok\n" in cli("doctor").out
    journal(cli.folder).write_bytes(b"These are my notes. " * 400)
    told = cli("doctor", code=1).out
    assert "BAD  journal" in told
    assert "the next model call sets the journal aside; its answers are paid for again\n" in told
    assert journal(cli.folder).read_bytes().startswith(b"These are my notes.")


# forget, prune, resume


@pytest.mark.parametrize("name", ["ana.md", "notes/ana.md", "./notes/../notes/ana.md"])
def test_forget_leaves_no_trace(cli: CommandLine, name: str) -> None:
    cli.write("notes/ana.md", ANA)
    cli.retained("notes")
    assert cli("forget", name).out == "forgot ana.md in bank default\n"
    assert cli.found("Lisbon") == []
    assert cli("runs", "--json").json == []
    assert not any(contents(cli.db).values())
    assert b"Lisbon" not in b"".join(path.read_bytes() for path in cli.folder.glob("memory.db*"))
    assert "no source" in cli("forget", name, code=2).err


def test_forget_finds_a_source_by_a_path_that_was_given_from_elsewhere(cli: CommandLine) -> None:
    cli.write("notes/ana.md", ANA)
    (cli.folder / "desk").mkdir()
    cli("ingest", "../notes/ana.md", cwd=cli.folder / "desk")
    forgotten = cli("forget", "../notes/ana.md", "--json", cwd=cli.folder / "desk").json
    assert forgotten == {
        "bank_id": "default",
        "source_id": "ana.md",
        "forgotten": True,
        "copies": [],
    }


def test_prune_drops_the_runs_and_keeps_the_memory(cli: CommandLine) -> None:
    cli.write("ana.md", ANA)
    cli.write("empty.md", "")
    cli.retained("ana.md", "empty.md")
    assert cli("prune", "--older-than", "1d").out == "pruned 0 runs\n"
    assert cli("prune", "--older-than", "0m", "--json").json == {"pruned": 1}
    assert cli.statuses() == {"empty.md": "failed"}
    assert cli.found("Lisbon")
    assert cli("ingest", "ana.md").out.startswith("retained 0 sources, 1 unchanged")


def test_resume_goes_on_with_one_run_or_with_all(cli: CommandLine) -> None:
    for name in ("a", "b", "c"):
        cli.write(f"{name}.md", "")
    cli.retained("a.md", "b.md", "c.md")
    cli.write("a.md", ANA)
    cli.write("b.md", ANA)
    assert cli("resume", "a.md").out.startswith("resumed 1 source in ")
    assert cli.statuses() == {"a.md": "completed", "b.md": "failed", "c.md": "failed"}
    ended = cli("resume", "--all", code=1)
    assert ended.out.startswith("resumed 1 source, 1 failed in ")
    assert ended.err == "c.md: is empty: there is nothing to retain in it\n"
    assert cli("resume", "a.md").out == "nothing to resume: its run has completed\n"
    cli("forget", "c.md")
    assert cli("resume", "--all").out == "nothing to resume: no run was interrupted or has failed\n"
    assert cli("resume", "--all", "--json").json == []


def test_resume_all_goes_over_every_bank_unless_one_is_named(cli: CommandLine) -> None:
    cli.write("a.md", "")
    for bank in ("one", "two"):
        cli("ingest", "a.md", "--bank", bank, code=1)
    cli.write("a.md", ANA)
    assert len(cli("resume", "--all", "--bank", "one", "--json").json) == 1
    assert len(cli("resume", "--all", "--json").json) == 1
    assert cli.statuses("two") == {"a.md": "completed"}


# wrong usage and JSON


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "Sources and their runs:"),
        (["nosuch"], "No such command 'nosuch'"),
        (["ingest"], "Missing argument 'PATH'"),
        (["ingest", "--nosuch", "a.md"], "No such option: --nosuch"),
        (["ingest", "a.md", "--jobs", "0"], "is not in the range x>=1"),
        (["ingest", "a.md", "--jobs", "many"], "is not a valid int"),
        (["ingest", "a.md", "--date", "2024-02-30"], "write a date such as"),
        (["ingest", "a.md", "--bank", ""], "the name is empty"),
        (["ingest", "a.md", "--db", "mysql://x"], "write memory.db, sqlite:///PATH"),
        (["ingest", "a.md", "--db", "sqlite:///"], "names no file"),
        (["recall"], "Missing argument 'QUERY'"),
        (["recall", " "], "the query is empty"),
        (["recall", "a", "b"], "unexpected extra argument"),
        (["recall", "a", "-k", "0"], "ask for 1 to 1000 hits"),
        (["recall", "a", "-k", "1001"], "ask for 1 to 1000 hits"),
        (["recall", "a", "-k", "x"], "is not a valid int"),
        (["recall", "a", "--as-of", "yesterday"], "write a date such as"),
        (["recall", "a", "--as-of", ""], "write a date such as"),
        (["recall", "a", "--as-of"], "requires an argument"),
        (["runs", "--status", "odd"], "choose one of running, completed"),
        (["show"], "Missing argument 'SOURCE'"),
        (["show", "nobody"], "no source 'nobody'"),
        (["resume"], "name a source, or give --all"),
        (["resume", "a.md", "--all"], "name a source or give --all, not both"),
        (["resume", "nobody"], "no source 'nobody'"),
        (["forget", "nobody"], "no source 'nobody'"),
        (["prune"], "Missing option '--older-than'"),
        (["prune", "--older-than", "5"], "such as 30d"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_is_wrong(
    cli: CommandLine, words: list[str], told: str
) -> None:
    cli.write("a.md", ANA)
    ended = cli(*words, code=2)
    assert told in ended.err
    assert ended.out == ""
    assert "unexpected " not in ended.err.replace("unexpected extra", "")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RETAIN_DB", "nowhere"),
        ("RETAIN_DURABILITY", "some"),
        ("RETAIN_BUSY_TIMEOUT", "long"),
        ("RETAIN_MAX_BYTES", "-1"),
        ("RETAIN_MAX_SECTIONS", "x"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(cli: CommandLine, name: str, value: str) -> None:
    cli.env = {name: value}
    cli.write("a.md", ANA)
    err = cli("ingest", "a.md", code=2).err
    assert value in err
    assert name in err or name == "RETAIN_DB"
    assert len(err.splitlines()) == 1


def test_an_empty_path_is_not_taken_for_the_current_folder(cli: CommandLine) -> None:
    cli.write("a.md", ANA)
    assert "is an empty path" in cli("ingest", "", code=1).err
    assert cli("runs", "--json").json == []


def test_help_groups_every_command_and_shows_how_to_begin(cli: CommandLine) -> None:
    out = cli("-h").out
    listed = re.findall(r"^  (\w+)  +[A-Z]", out.split("\nPut in:\n")[1], re.MULTILINE)
    assert sorted(listed) == sorted(COMMANDS)
    examples = out.split("Examples:\n")[1]
    for command in re.findall(r"^ +retain (\w+)", examples, re.MULTILINE):
        assert command in COMMANDS


def test_help_and_version(cli: CommandLine) -> None:
    assert re.fullmatch(r"retain \d+\.\d+\.\d+\n", cli("--version").out)
    commands = (
        "ingest",
        "recall",
        "ask",
        "runs",
        "show",
        "resume",
        "forget",
        "prune",
        "graph",
        "doctor",
    )
    out = cli("--help").out
    for command in commands:
        assert re.search(rf"^  {command} ", out, re.MULTILINE)
        assert "--help" in cli(command, "--help").out


def test_json_stands_alone_on_stdout(cli: CommandLine) -> None:
    cli.write("notes/ana.md", ANA)
    cli.write("notes/empty.md", "")
    for words, code in [
        (["ingest", "notes", "missing"], 1),
        (["recall", "Lisbon"], 0),
        (["recall", "zeppelin"], 0),
        (["runs"], 0),
        (["show", "ana.md"], 0),
        (["graph"], 0),
        (["doctor"], 1),
        (["resume", "--all"], 1),
        (["resume", "ana.md"], 0),
        (["prune", "--older-than", "9w"], 0),
        (["forget", "empty.md"], 0),
    ]:
        ended = cli(*words, "--json", code=code)
        assert ended.json is not None, words
    for words in (["recall", ""], ["show", "nobody"], ["forget", "nobody"], ["nosuch"]):
        ended = cli(*words, "--json", code=2)
        assert (ended.out, bool(ended.err)) == ("", True)


# a terminal and pipes


HOSTILE = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202egnp.\u2066<script>alert(1)</script>\x00\x08"


def test_names_and_documents_cannot_steer_the_terminal(cli: CommandLine) -> None:
    name = "a\x1b[2J\u202e\nb.md"
    cli.write(
        f"notes/{name}", f"---\n'k{HOSTILE[3:5]}': v\n---\n# T {HOSTILE}\n\nzebra {HOSTILE}\n"
    )
    cli.write("notes/\x1b[31m.md", "")
    bank = "bank\x1b[1m"
    told = [
        cli("ingest", "notes", "--bank", bank, code=1),
        cli("recall", "zebra", "--bank", bank),
        cli("recall", "nothing\x1b[2J", "--bank", bank),
        cli("runs"),
        cli("show", name, "--bank", bank),
        cli("show", "\x1b[2Jnobody", code=2),
        cli("nosuch\x1b[2J", code=2),
        cli("doctor", code=1),
        cli("recall", "zebra", "--bank", bank, "--kind", "section", "--json"),
        cli("runs", "--json"),
        cli("forget", name, "--bank", bank),
    ]
    for ended in told:
        for text in (ended.out, ended.err):
            assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    assert told[8].json[0]["source_id"] == name
    assert HOSTILE.replace("\0", "\ufffd") in told[8].json[0]["text"]
    # A line break in a name begins no line of its own.
    assert not any(line.startswith("b.md") for line in told[3].out.splitlines())


def test_a_name_that_is_no_unicode_is_no_obstacle(cli: CommandLine) -> None:
    (cli.folder / "notes").mkdir()
    with open(os.fsencode(cli.folder / "notes") + b"/caf\xe9.md", "w") as file:  # noqa: PTH123
        file.write(ANA)
    cli("ingest", "notes")
    assert cli("runs", "--json").json[0]["source_id"] == "caf\\xe9.md"
    missing = cli("ingest", b"no\xff.md", "--json", code=1)  # type: ignore[arg-type]
    assert missing.json[0]["source_id"] == "no\\xff.md"
    cli("recall", b"\xff Lisbon", "--json")  # type: ignore[arg-type]


def test_an_output_that_knows_ascii_only_gets_every_character(cli: CommandLine) -> None:
    cli.write("u.md", "# Grüße…\n\nGrüße 🐝 aus Köln.\n")
    cli.env = {"PYTHONIOENCODING": "ascii"}
    cli("ingest", "u.md")
    assert r"Gr\xfc\xdfe" in cli("recall", "Grüße").out
    (hit,) = cli("recall", "Grüße", "--json").json
    assert hit["text"] == "# Grüße…\n\nGrüße 🐝 aus Köln."


def test_a_reader_that_leaves_is_no_error(cli: CommandLine) -> None:
    notes(cli, "boxes", 30, sections=20)
    cli.retained("boxes")
    for command in ("runs", "runs --json", "recall letter -k 1000", "show 0001.md", "graph"):
        ran = subprocess.run(
            f"set -o pipefail; {RETAIN} {command} | head -1",
            shell=True,
            executable="/bin/bash",
            cwd=cli.folder,
            env=cli.environment(),
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
            check=False,
        )
        assert (ran.returncode, ran.stderr) == (0, ""), command
        assert len(ran.stdout.splitlines()) == 1


def test_a_failure_is_told_though_nobody_reads_the_output(cli: CommandLine) -> None:
    cli.write("empty.md", "")
    read, write = os.pipe()
    os.close(read)
    ran = subprocess.run(
        [RETAIN, "ingest", "empty.md"],
        cwd=cli.folder,
        env=cli.environment(),
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    os.close(write)
    assert ran.returncode == 1
    assert ran.stderr == "empty.md: is empty: there is nothing to retain in it\n"


@pytest.mark.parametrize("redirection", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_streams_are_no_error(cli: CommandLine, redirection: str) -> None:
    cli.write("ana.md", ANA)
    ran = subprocess.run(
        f"{RETAIN} ingest ana.md {redirection}",
        shell=True,
        cwd=cli.folder,
        env=cli.environment(),
        capture_output=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert cli.found("Lisbon")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_an_output_that_cannot_be_written_is_told(cli: CommandLine) -> None:
    ran = subprocess.run(
        f"{RETAIN} graph > /dev/full",
        shell=True,
        cwd=cli.folder,
        env=cli.environment(),
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (1, "retain: No space left on device\n")


def test_a_terminal_shows_how_far_it_is(cli: CommandLine) -> None:
    """A live bar with a count and the state of each source; it is gone at the end."""
    notes(cli, "boxes", 70, sections=10)
    cli.write("boxes/\x1b]0;owned\x07.md", ANA)
    shown = on_a_terminal(cli, "ingest", "boxes", "--jobs", "2")
    assert re.search(r"retaining .*\d+/71", shown)
    assert re.search(r"(INIT|READ|parallel:\w+|LINK|STORE|COMPLETE) .*\d{4}\.md", shown)
    assert "\x1b]0;owned" not in shown
    assert re.search(r"retained 71 sources in .*\r\nleft out nothing\r\nbank default holds", shown)
    quiet = on_a_terminal(cli, "ingest", "boxes", "--json")
    assert len(json.loads(quiet)) == 71


def test_a_terminal_shows_how_far_a_resumption_is(cli: CommandLine) -> None:
    notes(cli, "boxes", 90, sections=10)
    with cli.start("ingest", "boxes") as process:
        until(lambda: some_are_done(cli), "the first sources")
        stop(process, signal.SIGINT)
    left = list(cli.statuses().values()).count("interrupted")
    shown = on_a_terminal(cli, "resume", "--all")
    assert re.search(rf"resuming .*\d+/{left}", shown)
    assert re.search(rf"resumed {left} sources in ", shown)


def test_there_is_no_bar_where_nobody_would_see_it(cli: CommandLine) -> None:
    notes(cli, "boxes", 20, sections=10)
    ended = cli("ingest", "boxes", env={**cli.environment(), "FORCE_COLOR": "1"})
    assert ended.err == ""
    assert "\x1b" not in ended.out
    assert len(ended.out.splitlines()) == 3


def on_a_terminal(cli: CommandLine, *words: str) -> str:
    """What a command writes to a terminal of 100 columns."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [RETAIN, *words],
        cwd=cli.folder,
        env={**cli.environment(), "TERM": "xterm", "COLUMNS": "100", "LINES": "30"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    deadline = time.monotonic() + DEADLINE_S
    with ended_after(process):
        while time.monotonic() < deadline:
            readable, _, _ = select.select([ours], [], [], 1.0)
            try:
                chunk = os.read(ours, 65_536) if readable else None
            except OSError:  # Linux's way to say that the other side is closed
                chunk = b""
            if chunk == b"":
                break
            shown += chunk or b""
        assert process.wait(DEADLINE_S) == 0
    os.close(ours)
    return shown.decode()


# signals


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_ingest_says_how_to_go_on(cli: CommandLine, number: signal.Signals) -> None:
    ids = notes(cli, "boxes", 150, sections=10)
    with cli.start("ingest", "boxes", "--bank", "my bank") as process:
        until(lambda: some_are_done(cli), "the first sources")
        since = time.monotonic()
        ended = stop(process, number)
    assert time.monotonic() - since < 10
    assert ended.code == 130
    assert ended.out == ""
    told = re.fullmatch(
        r"interrupted: (\d+) of 150 sources done, nothing is lost\. "
        r"Go on with: retain resume --all --bank 'my bank'\n",
        ended.err,
    )
    assert told, ended.err
    statuses = cli.statuses("my bank")
    assert set(statuses) == set(ids)
    assert set(statuses.values()) == {"completed", "interrupted"}
    assert list(statuses.values()).count("completed") >= int(told[1]) > 0
    left = list(statuses.values()).count("interrupted")
    resumed = cli("resume", "--all", "--bank", "my bank")
    assert resumed.out.startswith(f"resumed {left} sources in ")
    assert set(cli.statuses("my bank").values()) == {"completed"}
    assert cli.found("box 149", "my bank")


def test_an_ingest_that_is_given_again_after_an_interruption_goes_on(cli: CommandLine) -> None:
    notes(cli, "boxes", 90, sections=10)
    with cli.start("ingest", "boxes") as process:
        until(lambda: some_are_done(cli), "the first sources")
        stop(process, signal.SIGINT)
    done = list(cli.statuses().values()).count("completed")
    again = cli("ingest", "boxes")
    assert re.match(rf"retained {90 - done} sources, {done} unchanged in ", again.out)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")
def test_an_interruption_before_the_first_source_says_to_begin_again(cli: CommandLine) -> None:
    cli.write("boxes/ana.md", ANA)
    cli("ingest", "boxes", "--bank", "other")
    cli.env = {"RETAIN_BUSY_TIMEOUT": "1"}
    words = ["ingest", "boxes", "--jobs", "2", "--date", "2024-03-05"]
    with locked(cli.db), cli.start(*words) as process:
        until(lambda: catches(process, signal.SIGTERM), "the command to listen")
        ended = stop(process, signal.SIGTERM)
    assert (ended.code, ended.out) == (130, "")
    assert ended.err == (
        "interrupted before the first source began. Begin again with: "
        "retain ingest --jobs 2 --date 2024-03-05 -- boxes\n"
    )


def some_are_done(cli: CommandLine) -> bool:
    return query(cli.db, "SELECT count(*) FROM source") > [(10,)]


# questions


def ask_about(cli: CommandLine, source_id: str, question: Suspend) -> None:
    """Leave a run of the source that its state READ has suspended with `question`."""

    async def main() -> None:
        checkpoint = SQLiteCheckpoint(cli.db, RetainContext)

        async def read(ctx: RetainContext, services: object) -> Suspend:
            return question

        fsm = RetainFSM[RetainContext, None](None)
        fsm.register("READ", read)
        ctx = RetainContext("default", source_id, ANA)
        await fsm.run(ctx, initial_state="READ", checkpoint=checkpoint)
        await checkpoint.close()

    asyncio.run(main())


def test_runs_show_what_a_suspended_run_asks_and_resume_takes_an_answer(cli: CommandLine) -> None:
    ask_about(cli, "ana.md", Suspend("which Ana?", payload={"names": ["Ana B.", "Ana C."]}))

    assert cli("runs").out.splitlines()[1:] == [
        "    which Ana?",
        '    READ asks about: {"names": ["Ana B.", "Ana C."]}',
    ]
    (run,) = cli("runs", "--json").json
    assert run["questions"] == [
        {"name": "READ", "reason": "which Ana?", "payload": {"names": ["Ana B.", "Ana C."]}}
    ]
    # No state of this pipeline takes an answer, and none is lost without a word.
    refused = cli("resume", "ana.md", "--value", '"Ana B."', code=2)
    assert "state 'READ' takes no answer" in refused.err
    assert cli("runs", "--json").json == [run]
    assert cli("resume", "ana.md").out.startswith("resumed 1 source in ")
    assert "nobody waits for an answer" in cli("resume", "ana.md", "--value", "1", code=2).err


def test_an_answer_is_json_for_one_run(cli: CommandLine) -> None:
    assert "--value is not JSON" in cli("resume", "ana.md", "--value", "yes", code=2).err
    assert "name its source" in cli("resume", "--all", "--value", "1", code=2).err
