"""What a scripted model server was asked, and what became of it."""

import json
import subprocess
import sys
import threading
from contextlib import closing
from urllib.parse import urlsplit

from tests.commandline import DEADLINE_S, ended_after, until
from tests.unit.testing.modelserver.asking import Client, body_of, failing, serving

from retain.testing.modelserver import (
    Hang,
    ModelServer,
    Plan,
    Status,
    counted,
    read_log,
)


def test_requests_are_counted_in_all_by_purpose_and_once_where_they_are_the_same():
    reordered = dict(reversed(list(body_of().items())))
    with serving() as (server, client):
        used = [
            client.post(one)[1]["usage"] for one in (body_of(), reordered, body_of(purpose="names"))
        ]
        counts = server.log.counts
    assert (counts.total, counts.distinct) == (3, 2)
    assert (counts.in_flight, counts.max_in_flight) == (0, 1)
    assert counts.purposes == {"facts": 2, "names": 1}
    assert counts.input_tokens == sum(one["prompt_tokens"] for one in used)
    assert counts.output_tokens == sum(one["completion_tokens"] for one in used)


def test_as_many_requests_as_arrive_are_answered_at_once():
    with ModelServer(Plan(latency=2.0)) as server:
        statuses = []

        def ask(n):
            with closing(Client(server.url)) as client:
                statuses.append(client.post(body_of(f"Box {n} is red."))[0])

        threads = [threading.Thread(target=ask, args=(n,)) for n in range(32)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert statuses == [200] * 32
        assert server.log.counts.max_in_flight == 32


def test_the_log_in_a_file_says_the_same_and_goes_on_after_a_restart(tmp_path):
    path = tmp_path / "log"
    with serving(failing(Status(500), times={2}), log_path=path) as (server, client):
        for body in (body_of(), body_of(), body_of(purpose="names")):
            client.post(body)
        assert counted(path) == server.log.counts
        assert read_log(path) == server.log.entries
    with serving(log_path=path) as (_, client):
        client.post(body_of())
    assert [entry.number for entry in read_log(path)] == [1, 2, 3, 4]
    assert (counted(path).total, counted(path).distinct) == (4, 2)


def test_a_request_stands_in_the_file_before_it_is_answered(tmp_path):
    path = tmp_path / "log"
    with serving(failing(Hang()), log_path=path) as (server, client):
        client.send("POST", "/v1/chat/completions", body_of())
        until(lambda: path.read_bytes(), "its line")
        assert (counted(path).in_flight, counted(path).max_in_flight) == (1, 1)
        assert read_log(path)[0].outcome is None
        server.stop()
        assert read_log(path)[0].outcome == "stopped"


CLIENT = """
import http.client, sys
connection = http.client.HTTPConnection(sys.argv[1])
connection.request("POST", "/v1/chat/completions", sys.stdin.buffer.read())
connection.getresponse()
"""


def test_what_was_in_flight_when_its_client_was_killed_is_noted(tmp_path):
    path = tmp_path / "log"
    with serving(Plan(latency=DEADLINE_S), log_path=path) as (server, _):
        client = subprocess.Popen(
            [sys.executable, "-c", CLIENT, urlsplit(server.url).netloc], stdin=subprocess.PIPE
        )
        with ended_after(client):
            client.stdin.write(json.dumps(body_of()).encode())
            client.stdin.close()
            client.stdin = None
            until(lambda: server.log.counts.in_flight == 1, "a request in flight")
            client.kill()
            until(lambda: server.log.counts.in_flight == 0, "its end")
    assert counted(path).outcomes == {"left": 1}
