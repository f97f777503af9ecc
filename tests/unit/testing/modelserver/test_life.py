"""A scripted model server starts, stops and comes back, here or in a process of its own."""

import asyncio
import http.client
import json
import os
import socket
import subprocess
import sys
from contextlib import closing
from urllib.parse import urlsplit

import pytest
from tests.commandline import DEADLINE_S, ended_after, until
from tests.unit.testing.modelserver.asking import Client, body_of, failing, serving

from retain.providers.llm.answers import QuestionAnswer, read
from retain.testing.modelserver import (
    Hang,
    ModelServer,
    counted,
    served,
)


def test_a_server_may_go_and_come_back_at_the_same_address():
    with serving(failing(Hang(), times={2})) as (server, client):
        assert client.post(body_of())[0] == 200
        client.send("POST", "/v1/chat/completions", body_of())
        until(lambda: server.log.counts.in_flight == 1, "a request in flight")
        server.stop()
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            client.connection.getresponse()
        client.close()
        with pytest.raises(ConnectionRefusedError):
            client.post(body_of())
        client.close()
        server.start()
        assert client.post(body_of())[0] == 200
        assert server.log.counts.outcomes == {"answered": 2, "stopped": 1}


def test_a_port_that_is_taken_is_an_error():
    with serving() as (server, _):
        second = ModelServer(port=urlsplit(server.url).port)
        with pytest.raises(OSError, match="in use"), second:
            pass
        second.close()


def test_it_serves_a_program_that_has_an_event_loop_of_its_own():
    async def ask():
        async with ModelServer() as server:
            where = urlsplit(server.url)
            reader, writer = await asyncio.open_connection(where.hostname, where.port)
            raw = json.dumps(body_of(purpose="answer")).encode()
            head = f"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: {len(raw)}\r\n\r\n"
            writer.write(head.encode() + raw)
            length = (await reader.readuntil(b"\r\n\r\n")).lower().split(b"content-length: ")[1]
            answer = await reader.readexactly(int(length.split(b"\r\n")[0]))
            writer.close()
            await writer.wait_closed()
            return json.loads(answer)["choices"][0]["message"]["content"]

    assert read(asyncio.run(ask()), QuestionAnswer).known


def test_a_process_serves_what_its_options_say(tmp_path):
    log = tmp_path / "log"
    options = ["--fault-rate", "1", "--faults", "503", "--seed", "3", "--log", str(log)]
    with served(*options) as url, closing(Client(url)) as client:
        assert client.post(body_of())[0] == 503
        _, counts = client.call("GET", "/log")
        assert json.loads(counts)["outcomes"] == {"503": 1}
    assert counted(log).outcomes == {"503": 1}


def test_a_process_takes_its_key_from_a_variable(monkeypatch):
    monkeypatch.setenv("SERVER_KEY", "sk-right")
    options = ["--key-variable", "SERVER_KEY", "--model", "m"]
    with served(*options) as url, closing(Client(url)) as client:
        assert client.post(body_of())[0] == 401
        assert client.post(body_of(), Authorization="Bearer sk-right")[0] == 200


def test_an_unknown_fault_is_named():
    ran = subprocess.run(
        [sys.executable, "-m", "retain.testing.modelserver", "--faults", "429,earthquake"],
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert (ran.returncode, "no faults earthquake" in ran.stderr) == (2, True)


@pytest.mark.parametrize("how", ["terminate", "close"])
def test_a_process_ends_when_it_is_told_to_or_nobody_is_left(how):
    process = subprocess.Popen(
        [sys.executable, "-m", "retain.testing.modelserver"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with ended_after(process):
        url = process.stdout.readline().strip()
        where = urlsplit(url)
        with socket.create_connection((where.hostname, where.port)):
            if how == "terminate":
                process.terminate()
            else:
                process.stdin.close()
                process.stdin = None
            assert process.wait(DEADLINE_S) == 0


def test_a_process_without_a_pipe_for_its_input_lives_on():
    process = subprocess.Popen(
        [sys.executable, "-m", "retain.testing.modelserver", "--port", "0"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        env={**os.environ},
        text=True,
    )
    with ended_after(process), closing(Client(process.stdout.readline().strip())) as client:
        assert client.post(body_of())[0] == 200
