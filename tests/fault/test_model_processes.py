"""Processes that ask a model: stopped with calls in flight, two at once, without a server."""

import signal
import subprocess
import sys
from pathlib import Path
from socket import socket
from urllib.parse import urlsplit

from tests.asking import (
    PEOPLE,
    answers_of,
    asked_of,
    asking,
    calls_of,
    facts_of,
    ledger_of,
    retained,
    shelves,
)
from tests.commandline import DEADLINE_S, CommandLine, contents, ended_after, sound, stop, until

from retain.testing.modelserver import Hang, ModelServer, Plan, Rule, Status, read_log

ANSWERED, IN_FLIGHT = 40, 32


def test_a_command_that_is_stopped_keeps_each_answer_and_gives_up_the_calls_in_flight(
    cli: CommandLine, server: ModelServer
) -> None:
    for n in range(3):
        cli.write(f"notes/{n}.md", shelves(30, box=f"Box {n}"))
    server.plan = Plan(rules=[Rule([Hang()], numbers=range(ANSWERED + 1, 1000))])
    asking(cli, server.url, RETAIN_CONCURRENCY=str(IN_FLIGHT))
    with cli.start("ingest", "notes") as process:
        until(lambda: server.log.counts.in_flight == IN_FLIGHT, "calls in flight")
        until(lambda: len(answers_of(cli.folder)) == ANSWERED, "answers to be kept")
        ended = stop(process, signal.SIGINT)
    assert ended.code == 130
    assert "interrupted: 0 of 3 sources done, nothing is lost" in ended.err
    assert "Traceback" not in ended.err
    assert server.log.counts.outcomes == {"answered": ANSWERED, "hang": IN_FLIGHT}
    assert len(answers_of(cli.folder)) == ANSWERED
    given_up = [error for *_, error in calls_of(cli.folder) if error is not None]
    assert len(given_up) == IN_FLIGHT
    assert all(error.startswith("the call was cancelled (it may be billed") for error in given_up)
    server.plan = Plan()
    cli("resume", "--all")
    facts = [entry for entry in server.log.entries if entry.purpose == "facts"]
    assert len(facts) == 90 + IN_FLIGHT
    assert len(facts_of(cli.folder)) == 90


def test_two_processes_at_one_folder_ask_for_no_source_twice(
    cli: CommandLine, server: ModelServer
) -> None:
    ids = [f"{n:02}.md" for n in range(12)]
    for n, name in enumerate(ids):
        cli.write(f"notes/{name}", shelves(4, box=f"Box {n}"))
    server.plan = Plan(latency=0.05)
    asking(cli, server.url)
    with cli.start("ingest", "notes") as one, cli.start("ingest", "notes") as two:
        ended = [process.communicate(timeout=DEADLINE_S) for process in (one, two)]
        assert {one.returncode, two.returncode} <= {0, 1}, ended
    for _, err in ended:
        assert all("is being run by process " in line for line in err.splitlines()[:20]), err
    assert cli.statuses() == dict.fromkeys(ids, "completed")
    facts = [entry.key for entry in server.log.entries if entry.purpose == "facts"]
    assert len(facts) == len(set(facts)) == 48
    assert len(facts_of(cli.folder)) == 48
    assert {row[2] for row in contents(cli.db)["source"]} == {1}
    sound(cli.db)


def serve(port: int, log: Path, *options: str) -> subprocess.Popen[str]:
    """A server in a process of its own that can be killed."""
    command = [sys.executable, "-m", "retain.testing.modelserver", "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--log", log, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("http://127.0.0.1:")
    return process


def test_a_server_that_is_gone_for_a_while_is_waited_for(cli: CommandLine, tmp_path: Path) -> None:
    for n in range(4):
        cli.write(f"notes/{n}.md", shelves(8, box=f"Box {n}"))
    with ModelServer() as free:  # its port is free when it is gone
        url, port = free.url, urlsplit(free.url).port
    assert port is not None
    log = tmp_path / "server.jsonl"
    asking(cli, url, RETAIN_CONCURRENCY="4")
    first = serve(port, log, "--latency", "0.2")
    with ended_after(first), cli.start("ingest", "notes") as process:
        until(lambda: len(answers_of(cli.folder)) >= 8, "answers")
        first.send_signal(signal.SIGKILL)
        first.wait(DEADLINE_S)
        asked = len(read_log(log))
        second = serve(port, log)
        with ended_after(second):
            out, err = process.communicate(timeout=DEADLINE_S)
    assert (process.returncode, err) == (0, ""), (out, err)
    assert " of them failed" in out
    entries = [entry for entry in read_log(log) if entry.purpose == "facts"]
    lost = [entry for entry in read_log(log)[:asked] if entry.outcome is None]
    assert len(entries) <= 32 + len(lost)
    assert len(facts_of(cli.folder)) == 32


def test_a_run_that_its_server_left_is_resumed_when_it_is_back(
    tmp_path: Path, server: ModelServer
) -> None:
    server.plan = Plan(rules=[Rule([Status(503)], numbers=range(2, 1000))])
    run = retained(tmp_path, server, PEOPLE, attempts=2)
    assert run.status == "partial"
    assert "1 of 3" not in run.errors[0]
    assert "2 of 3 sections could not be extracted" in run.errors[0]
    assert "is busy (HTTP 503)" in run.errors[0]
    ended = sorted(kind for kind, _ in ledger_of(tmp_path))
    assert ended == ["facts", "failed", "failed"]  # which is asked first is chance
    server.plan = Plan()
    before = server.log.counts.total
    assert retained(tmp_path, server, PEOPLE).status == "completed"
    facts = [entry for entry in server.log.entries[before:] if entry.purpose == "facts"]
    assert len(facts) == 2


def test_a_server_that_does_not_run_is_told_while_it_is_asked_again(cli: CommandLine) -> None:
    cli.write("ana.md", PEOPLE)
    with socket() as free:
        free.bind(("127.0.0.1", 0))  # nobody listens there
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
        with cli.start("ingest", "ana.md", *asked_of(url)) as process:
            assert process.stderr is not None
            told = process.stderr.readline()
            assert process.poll() is None, "it is told before the command gives up"
            ended = stop(process, signal.SIGINT)
    assert told.startswith(f"retain: {url}: no connection")
    assert "`retain resume --all` goes on later" in told
    assert ended.code == 130
    assert "interrupted" in cli("runs").out
