"""What a scripted model server takes, and what it refuses."""

import http.client
import json
from contextlib import closing

import pytest
from tests.unit.testing.modelserver.asking import body_of, serving

from retain.testing.modelserver import (
    Plan,
)


def test_a_connection_is_kept_for_as_many_requests_as_its_client_likes():
    with serving() as (server, client):
        client.post(body_of())
        first = client.connection.sock
        for _ in range(20):
            client.post(body_of())
        assert client.connection.sock is first
        response, _ = client.call("GET", "/v1/models", Connection="close")
        assert response.status == 200
        assert first.recv(1) == b""
        assert server.log.counts.total == 21


def test_models_are_listed_and_others_are_unknown():
    with serving(Plan(models=["m", "n"])) as (server, client):
        _, listed = client.call("GET", "/v1/models")
        assert [one["id"] for one in json.loads(listed)["data"]] == ["m", "n"]
        assert client.post(body_of())[0] == 200
        status, answer = client.post(body_of(model="o"))
        assert (status, answer["error"]["code"]) == (404, "model_not_found")
        assert server.log.counts.outcomes == {"answered": 1, "404": 1}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "no JSON"),
        (b"[]", "no object"),
        ({"model": "m"}, "messages"),
        (body_of(stream=True), "stream"),
        ({**body_of(name="weather"), "messages": []}, "weather"),
        ({**body_of(), "messages": [{"role": "user", "content": "no fence"}]}, "facts"),
        (body_of(form="tool", tool_choice={"function": {"name": "x"}}), "'x'"),
    ],
)
def test_what_it_does_not_take_is_refused_with_a_reason_and_counted(body, words):
    with serving() as (server, client):
        status, answer = client.post(body)
        assert (status, words in answer["error"]["message"]) == (400, True)
        assert client.post(body_of())[0] == 200
        assert server.log.counts.outcomes == {"400": 1, "answered": 1}


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET /nothing HTTP/1.1\r\n\r\n", 404),
        (b"POST /v1/models HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
        (b"POST /v1/models HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400),
        (b"POST /v1/models HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", 413),
        (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 20_000, 431),
    ],
)
def test_what_is_no_request_of_http_is_refused_and_the_connection_closed(raw, status):
    with serving() as (_, client):
        client.connection.connect()
        client.connection.sock.sendall(raw)
        with closing(http.client.HTTPResponse(client.connection.sock)) as response:
            response.begin()
            assert response.status == status
            assert "message" in json.loads(response.read())["error"]


def test_a_head_that_comes_in_pieces_and_a_body_that_is_asked_about_first_are_read():
    raw = json.dumps(body_of()).encode()
    with serving() as (_, client):
        client.connection.connect()
        head = f"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: {len(raw)}\r\n"
        client.connection.sock.sendall(head.encode())
        client.connection.sock.sendall(b"Expect: 100-continue\r\n\r\n")
        assert client.connection.sock.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.connection.sock.sendall(raw)
        with closing(http.client.HTTPResponse(client.connection.sock)) as response:
            response.begin()
            assert response.status == 200


def test_a_wrong_key_is_refused_and_stands_nowhere(tmp_path):
    log = tmp_path / "log"
    with serving(Plan(key="sk-right"), log_path=log) as (server, client):
        for header in ({}, {"Authorization": "Bearer sk-wrong"}, {"Authorization": "sk-right"}):
            status, answer = client.post(body_of(), **header)
            assert (status, answer["error"]["code"]) == (401, "invalid_api_key")
            assert "sk-" not in json.dumps(answer)
        assert client.post(body_of(), Authorization="Bearer sk-right")[0] == 200
        assert server.log.counts.outcomes == {"401": 3, "answered": 1}
    assert b"sk-" not in log.read_bytes()
