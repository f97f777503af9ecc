"""What strangers, careless clients and pages of other origins get from the HTTP API."""

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.commandline import until
from tests.serving import Served, served

from retain import Settings
from retain.memory.model import Limits
from retain.server import events, guard
from retain.server.access import Access, Grant, add_token, digest, read_tokens

ADMIN, READER, WRITER, ANAS = (
    "admin-of-all-banks",
    "reader-of-all",
    "writer-of-all",
    "anas-own-token",
)
GRANTS = [
    Grant("admin", digest(ADMIN)),
    Grant("reader", digest(READER), "read"),
    Grant("writer", digest(WRITER), "write"),
    Grant("ana", digest(ANAS), "write", ("ana",)),
]
SECRET = "# Bob\n\nBob's code word is wolfram.\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    db = tmp_path_factory.mktemp("guarded") / "memory.db"
    settings = Settings(f"sqlite:///{db}", embedder="static", limits=Limits(max_bytes=2_000_000))
    with served(db, Access(GRANTS), settings) as running:
        with running.client(ADMIN) as http:
            for bank in ("ana", "bob"):
                body = {"source_id": "secret.md", "text": SECRET}
                assert http.post(f"/v1/banks/{bank}/sources?wait=60", json=body).status_code == 200
        yield running


def asked(
    server: Served, token: str | None, method: str, path: str, **more: Any
) -> httpx2.Response:
    with server.client(token) as http:
        return http.request(method, path, **more)


@pytest.mark.parametrize("token", [None, "wrong", ADMIN[:-1], ADMIN + "x", "é"])
def test_without_a_right_token_nothing_is_answered(server: Served, token: str | None) -> None:
    headers = {} if token is None else {"Authorization": f"Bearer {token}".encode()}
    answer = asked(server, None, "GET", "/v1/banks", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    assert "Bearer" in answer.headers["WWW-Authenticate"]
    assert asked(server, None, "GET", "/health").status_code == 200


BOBS = [
    ("GET", "/v1/banks/bob"),
    ("DELETE", "/v1/banks/bob"),
    ("POST", "/v1/banks/bob/copy"),
    ("GET", "/v1/banks/bob/sources"),
    ("POST", "/v1/banks/bob/sources"),
    ("GET", "/v1/banks/bob/sources/secret.md"),
    ("PUT", "/v1/banks/bob/sources/secret.md"),
    ("DELETE", "/v1/banks/bob/sources/secret.md"),
    ("GET", "/v1/banks/bob/sources/secret.md/text"),
    ("GET", "/v1/banks/bob/sources/secret.md/forgetting"),
    ("POST", "/v1/banks/bob/sources/secret.md/turns"),
    ("GET", "/v1/banks/bob/runs/secret.md"),
    ("GET", "/v1/banks/bob/runs/secret.md/history"),
    ("POST", "/v1/banks/bob/runs/secret.md/resume"),
    ("POST", "/v1/banks/bob/runs/secret.md/cancel"),
    ("POST", "/v1/banks/bob/recall"),
    ("POST", "/v1/banks/bob/context"),
    ("POST", "/v1/banks/bob/ask"),
    ("GET", "/v1/banks/bob/facts"),
    ("POST", "/v1/banks/bob/facts"),
    ("PUT", "/v1/banks/bob/facts/f1"),
    ("DELETE", "/v1/banks/bob/facts/f1"),
    ("GET", "/v1/banks/bob/facts/f1/forgetting"),
    ("POST", "/v1/banks/bob/entities/merge"),
    ("GET", "/v1/banks/bob/entities"),
    ("GET", "/v1/banks/bob/pages"),
    ("GET", "/v1/banks/bob/pages/Bob"),
    ("GET", "/v1/banks/bob/index"),
    ("GET", "/v1/banks/bob/log"),
    ("GET", "/v1/runs?bank_id=bob"),
    ("GET", "/v1/events?bank_id=bob"),
    ("GET", "/v1/costs?bank_id=bob"),
]


@pytest.mark.parametrize(("method", "path"), BOBS)
def test_a_token_of_one_bank_reaches_no_other(server: Served, method: str, path: str) -> None:
    body = {
        "query": "code word", "question": "code word", "source_id": "x", "text": "y",
        "name": "a", "other": "b",
    }  # fmt: skip
    fitting = {"json": body} if method in ("POST", "PUT") else {}
    answer = asked(server, ANAS, method, path, **fitting)
    assert answer.status_code in (403, 422), answer.text
    assert "wolfram" not in answer.text
    if answer.status_code == 422:  # the body was refused first: what it lacks is given by another
        assert "extra" in answer.text.lower()


def test_every_route_of_a_bank_is_tried_with_a_foreign_token(server: Served) -> None:
    tried = {path.split("?")[0] for _, path in BOBS}
    described = asked(server, ADMIN, "GET", "/openapi.json").json()["paths"]
    for path in described:
        if "{bank_id}" in path and "{name}/history" not in path:
            made = path.replace("{bank_id}", "bob").replace("{source_id}", "secret.md")
            made = (
                made.replace("{name}", "Bob").replace("/split", "/merge").replace("{fact_id}", "f1")
            )
            assert made in tried, path


def test_lists_over_banks_hold_only_what_the_token_is_for(server: Served) -> None:
    banks = asked(server, ANAS, "GET", "/v1/banks").json()["items"]
    assert [one["bank_id"] for one in banks] == ["ana"]
    runs = asked(server, ANAS, "GET", "/v1/runs").json()["items"]
    assert {one["bank_id"] for one in runs} == {"ana"}


def test_scopes_are_kept_apart(server: Served) -> None:
    body = {"source_id": "x", "text": "Ana likes tea."}
    for token, status in ((READER, 403), (ANAS, 200), (WRITER, 200)):
        answer = asked(server, token, "POST", "/v1/banks/ana/sources?wait=60", json=body)
        assert answer.status_code == status, answer.text
    for token in (READER, WRITER, ANAS):
        answer = asked(server, token, "DELETE", "/v1/banks/ana")
        assert (answer.status_code, answer.json()["code"]) == (403, "scope")


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io", "", "[::1", "127.0.0.1@evil"],
)
def test_a_foreign_host_is_refused(server: Served, host: str) -> None:
    answer = asked(server, ADMIN, "GET", "/v1/banks", headers={"Host": host})
    assert (answer.status_code, answer.json()["code"]) == (421, "wrong-host")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8787", "[::1]:8787", "192.168.1.5"])
def test_own_names_and_addresses_are_taken(server: Served, host: str) -> None:
    assert asked(server, ADMIN, "GET", "/v1/banks", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=["other", "null", "other-port", "cross-site", "same-site"],
)
def test_a_page_of_another_origin_changes_nothing(server: Served, headers: dict[str, str]) -> None:
    path = "/v1/banks/ana/sources/secret.md"
    answer = asked(server, ADMIN, "DELETE", path, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "foreign-origin")
    assert asked(server, ADMIN, "GET", path).status_code == 200


def test_no_answer_allows_another_origin_to_read_it(server: Served) -> None:
    answer = asked(
        server, ADMIN, "OPTIONS", "/v1/banks", headers={"Origin": "https://evil.example"}
    )
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/banks/ana/sources/..%2F..%2Fetc%2Fpasswd",
        "/v1/banks/ana/sources/%2Fetc%2Fpasswd/text",
        "/v1/banks/ana/sources/..%2fsecret.md/text",
        "/v1/banks/ana/pages/..%2F..%2Fbob",
        "/v1/banks/ana%2F..%2Fbob/sources",
        "/v1/banks/ana%00/sources",
        "/v1/banks/ana/sources/%00",
        "/v1//banks/ana",
        "//v1/banks/bob/sources",
        "/v1/banks/ana/sources/%ff%fe",
        "/v1/banks/ana/sources/%ed%a0%80",
        "/v1/banks/" + "a" * 30_000,
    ],
    ids=range(12),
)
def test_tricks_with_paths_reach_nothing(server: Served, path: str) -> None:
    for method in ("GET", "DELETE"):
        answer = asked(server, ANAS, method, path)
        assert 400 <= answer.status_code < 500, answer.text
        assert "root:" not in answer.text
        assert "wolfram" not in answer.text


def test_a_body_that_is_too_large_is_refused_before_it_is_read(server: Served) -> None:
    head = (
        "PUT /v1/banks/ana/sources/huge HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: Bearer {ADMIN}\r\nContent-Length: 1073741824\r\n\r\n"
    )
    with _connected(server) as connection:
        connection.sendall(head.encode())
        assert b" 413 " in connection.recv(4_096).split(b"\r\n")[0]


def test_a_body_of_unknown_size_is_cut_off_at_the_limit(server: Served) -> None:
    sent = 0

    def chunks() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(1_000):
            sent += 1_000_000
            yield b"x" * 1_000_000

    status = 413
    try:
        answer = asked(server, ADMIN, "PUT", "/v1/banks/ana/sources/huge", content=chunks())
        status = answer.status_code
    except httpx2.HTTPError:  # the server hung up while the body was being sent
        pass
    assert status == 413
    assert sent < 100_000_000
    assert asked(server, ADMIN, "GET", "/v1/banks/ana/sources/huge").status_code == 404


def test_a_source_over_the_limit_says_so(server: Served) -> None:
    path = "/v1/banks/ana/sources/big.md?wait=60"
    answer = asked(server, ADMIN, "PUT", path, content=b"word " * 450_000)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-source")
    assert "bytes" in answer.json()["detail"]


def test_a_client_that_falls_silent_is_let_go(
    server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "SILENCE_S", 0.2)
    head = (
        "POST /v1/banks/ana/recall HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: Bearer {ADMIN}\r\nContent-Type: application/json\r\n"
        'Content-Length: 100\r\n\r\n{"que'
    )
    with _connected(server) as connection:
        connection.sendall(head.encode())
        assert b" 408 " in connection.recv(4_096).split(b"\r\n")[0]


def test_more_event_streams_than_there_is_room_for_are_refused_and_places_come_back(
    server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "STREAMS", 3)
    with ExitStack() as open_streams, server.client(ADMIN) as http:
        for _ in range(3):
            open_streams.enter_context(http.stream("GET", "/v1/events"))
        refused = http.get("/v1/events")
        assert (refused.status_code, refused.json()["code"]) == (503, "too-many-streams")
        assert refused.headers["Retry-After"]
    with server.client(ADMIN) as http:

        def has_room() -> bool:
            with http.stream("GET", "/v1/events") as stream:
                return stream.status_code == 200

        until(has_room, "a place")


def test_a_header_cannot_be_smuggled_in(server: Served) -> None:
    answer = asked(server, ADMIN, "GET", "/health", headers={"X-Request-ID": "good-id_1.2"})
    assert answer.headers["X-Request-ID"] == "good-id_1.2"
    for given in ("a b", "x" * 65, "é"):
        answer = asked(server, ADMIN, "GET", "/health", headers={"X-Request-ID": given.encode()})
        assert answer.headers["X-Request-ID"] != given
    path = "/v1/banks/ana/sources/x%0d%0aSet-Cookie%3a%20a%3db?wait=60"
    answer = asked(server, ADMIN, "PUT", path, content=b"Ana likes tea.")
    assert "set-cookie" not in answer.headers
    slow = asked(server, ADMIN, "PUT", path.split("?")[0], content=b"Ana likes green tea.")
    assert "set-cookie" not in slow.headers
    assert "\n" not in slow.headers.get("location", "")


def test_every_answer_has_the_headers_that_browsers_need(server: Served) -> None:
    for token, path in ((ADMIN, "/v1/banks"), (None, "/v1/banks"), (ADMIN, "/nothing")):
        answer = asked(server, token, "GET", path)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert "server" not in answer.headers


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'{"query": 5}', b'{"query": "\\ud800"}', b'{"query": ""}',
     b'{"query": "x", "k": 100000}', b'{"query": "x", "unknown": 1}', b"[" * 100_000,
     b'{"query": "x", "as_of": "yesterday"}', b'{"query": "\\u0000"}'],
    ids=range(12),
)  # fmt: skip
def test_a_wrong_body_is_a_problem_that_says_what_is_wrong(server: Served, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = asked(server, ADMIN, "POST", "/v1/banks/ana/recall", content=body, headers=headers)
    assert answer.status_code in (400, 422), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]
    assert "Traceback" not in answer.text


def test_an_unexpected_error_tells_nothing_of_the_inside(
    server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("secret of the inside")

    monkeypatch.setattr("retain.app.banks.Banks.__call__", fail)
    answer = asked(server, ADMIN, "GET", "/v1/banks")
    assert (answer.status_code, answer.json()["code"]) == (500, "unexpected")
    assert "secret" not in answer.text
    assert answer.headers["X-Request-ID"] in answer.json()["detail"]


def test_a_file_of_tokens_holds_no_token(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    first = add_token(path, "ana", "write", ["ana"])
    second = add_token(path, "ops")
    third = add_token(path, "ana", "read", ["ana"])
    text = path.read_text(encoding="utf-8")
    assert not any(token in text for token in (first, second, third))
    assert path.stat().st_mode & 0o077 == 0
    grants = read_tokens(path)
    assert [(one.name, one.scope, one.banks) for one in grants] == [
        ("ops", "admin", None),
        ("ana", "read", ("ana",)),
    ]
    assert Access(grants).grant_of(third).name == "ana"
    assert json.loads(text)[0]["name"] == "ops"


def _connected(server: Served) -> socket.socket:
    host, _, port = server.address.removeprefix("http://").rpartition(":")
    return socket.create_connection((host, int(port)), timeout=30)
