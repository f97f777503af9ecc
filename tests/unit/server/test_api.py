"""The HTTP API as a program uses it: a real server, a real database, real requests."""

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.commandline import until
from tests.serving import Served, served

from retain import Settings
from retain.memory.model import Price
from retain.server.listener import listening
from retain.testing.modelserver import ModelServer, Plan

ANA = "# Ana\n\nAna lives in Lisbon.\n\n## Work\n\nShe paints harbours.\n"
BOB = "# Bob\n\nBob works at Acme.\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("served") / "memory.db") as running:
        yield running


@pytest.fixture
def http(server: Served) -> Iterator[httpx2.Client]:
    with server.client() as client:
        yield client


def retain(http: httpx2.Client, bank: str, source_id: str, text: str, **more: Any) -> Any:
    body = {"source_id": source_id, "text": text, **more}
    answer = http.post(f"/v1/banks/{bank}/sources?wait=60", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["runs"][0]


def test_a_text_is_retained_and_recalled_with_its_place(http: httpx2.Client) -> None:
    run = retain(http, "recalled", "notes/ana.md", ANA)
    assert (run["status"], run["source_id"]) == ("completed", "notes/ana.md")
    found = http.post("/v1/banks/recalled/recall", json={"query": "Where does Ana live?"}).json()
    best = found["items"][0]
    assert best["source_id"] == "notes/ana.md"
    text = http.get("/v1/banks/recalled/sources/notes%2Fana.md/text").json()["text"]
    assert "Lisbon" in text[slice(*best["span"])]


def test_work_that_is_not_done_answers_202_with_the_path_of_its_run(http: httpx2.Client) -> None:
    answer = http.post("/v1/banks/later/sources", json={"source_id": "a/b.md", "text": ANA})
    assert answer.status_code == 202
    assert answer.json()["runs"] == [
        {"bank_id": "later", "source_id": "a/b.md", "status": "running"}
    ]
    where = answer.headers["Location"]
    assert where == "/v1/banks/later/runs/a%2Fb.md"
    until(lambda: http.get(where).json()["run"]["status"] == "completed", "the run", 0.05)
    shown = http.get(where).json()
    assert shown["ledger"][0]["kind"] == "facts"
    assert {step["state"] for step in shown["steps"]} >= {"INIT", "READ", "STORE"}


def test_a_file_is_put_as_it_is_and_an_unchanged_one_costs_nothing(http: httpx2.Client) -> None:
    for unchanged in (False, True):
        answer = http.put(
            "/v1/banks/put/sources/bob.md?wait=60",
            content=BOB.encode(),
            headers={"Content-Type": "text/markdown"},
        )
        run = answer.json()["runs"][0]
        assert (run["status"], run["unchanged"]) == ("completed", unchanged)
    assert http.get("/v1/banks/put/sources").json()["items"][0]["version"] == 1


def test_files_of_a_form_are_sources_and_one_that_cannot_be_read_says_why(
    http: httpx2.Client,
) -> None:
    files = [("file", ("ana.md", ANA.encode())), ("file", ("broken.pdf", b"%PDF-1.7 no more"))]
    answer = http.post("/v1/banks/form/sources?wait=60", files=files).json()["files"]
    assert [one["file"] for one in answer] == ["ana.md", "broken.pdf"]
    assert answer[0]["runs"][0]["status"] == "completed"
    said = json.dumps(answer[1])
    assert "broken.pdf" in said
    assert "failed" in said or "invalid-source" in said


def test_messages_are_appended_and_only_the_new_ones_are_processed(http: httpx2.Client) -> None:
    first = {"messages": [{"role": "user", "content": "The spare key is under the mat."}]}
    more = {"messages": [{"role": "user", "content": "The bike is in the garage."}]}
    for turns in (first, more):
        answer = http.post("/v1/banks/chat/sources/chat-7/turns?wait=60", json=turns)
        assert answer.json()["runs"][0]["status"] == "completed", answer.text
    assert http.get("/v1/banks/chat/sources/chat-7").json()["source"]["sections"] == 2


def test_a_key_makes_a_repeated_append_do_nothing(http: httpx2.Client) -> None:
    turns = {"messages": [{"role": "user", "content": "Buy oat milk."}]}
    key = {"Idempotency-Key": "one"}
    path = "/v1/banks/keyed/sources/chat/turns?wait=60"
    first = http.post(path, json=turns, headers=key)
    again = http.post(path, json=turns, headers=key)
    assert first.json() == again.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert http.get("/v1/banks/keyed/sources/chat").json()["source"]["sections"] == 1
    other = http.post(path, json={"text": "something else"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "key-used")


def test_requests_with_one_key_at_once_do_the_work_once(http: httpx2.Client) -> None:
    turns = {"messages": [{"role": "user", "content": "Call the plumber."}]}
    answers: list[Any] = []

    def send() -> None:
        path = "/v1/banks/keyed/sources/calls/turns?wait=60"
        answers.append(http.post(path, json=turns, headers={"Idempotency-Key": "two"}).json())

    threads = [threading.Thread(target=send) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert all(one == answers[0] for one in answers)
    assert http.get("/v1/banks/keyed/sources/calls").json()["source"]["sections"] == 1


def test_a_forgotten_source_leaves_nothing_and_a_preview_deletes_nothing(
    http: httpx2.Client,
) -> None:
    retain(http, "forgetful", "ana.md", ANA)
    preview = http.get("/v1/banks/forgetful/sources/ana.md/forgetting").json()
    assert "Ana lives in Lisbon" in preview["facts"]
    answer = http.delete("/v1/banks/forgetful/sources/ana.md").json()
    assert answer["forgotten"]
    assert http.get("/v1/banks/forgetful/facts").json() == {"items": [], "next": None}
    gone = http.get("/v1/banks/forgetful/sources/ana.md")
    assert (gone.status_code, gone.json()["code"]) == (404, "source-not-found")


def test_a_fact_is_forgotten_alone(http: httpx2.Client) -> None:
    retain(http, "facts", "ana.md", ANA)
    facts = http.get("/v1/banks/facts/facts", params={"about": "Ana"}).json()["items"]
    lives = next(one for one in facts if "Lisbon" in one["text"])
    assert http.delete(f"/v1/banks/facts/facts/{lives['fact_id']}").json()["forgotten"]
    left = http.get("/v1/banks/facts/facts").json()["items"]
    assert lives["fact_id"] not in {one["fact_id"] for one in left}
    missing = http.delete("/v1/banks/facts/facts/nothing")
    assert (missing.status_code, missing.json()["code"]) == (404, "fact-not-found")


def test_a_fact_is_added_and_corrected(http: httpx2.Client) -> None:
    retain(http, "stated", "ana.md", "# Ana\n\nAna lives in Lisbon. She likes dark roast.\n")
    answer = http.post("/v1/banks/stated/facts", json={"text": "The deploy key is under 7."})
    assert answer.status_code == 201
    assert answer.json()["items"][0]["text"] == "The deploy key is under 7"
    facts = http.get("/v1/banks/stated/facts").json()["items"]
    roast = next(one for one in facts if "roast" in one["text"])
    answer = http.put(f"/v1/banks/stated/facts/{roast['fact_id']}", json={"text": "Ana likes tea."})
    newer = answer.json()["items"][0]["fact_id"]
    facts = http.get("/v1/banks/stated/facts").json()["items"]
    assert {one["superseded_by"] for one in facts if one["fact_id"] == roast["fact_id"]} == {newer}
    assert http.delete(f"/v1/banks/stated/facts/{newer}").status_code == 200
    facts = http.get("/v1/banks/stated/facts").json()["items"]
    assert newer not in {one["fact_id"] for one in facts}
    assert {one["superseded_by"] for one in facts} == {None}


def test_a_bank_is_deleted_whole_and_others_stay(http: httpx2.Client) -> None:
    retain(http, "gone", "ana.md", ANA)
    retain(http, "stays", "bob.md", BOB)
    assert http.delete("/v1/banks/gone").json() == {"bank_id": "gone", "forgotten": 1}
    banks = {one["bank_id"] for one in http.get("/v1/banks").json()["items"]}
    assert "gone" not in banks
    assert "stays" in banks
    assert http.delete("/v1/banks/gone").status_code == 404


def test_a_bank_is_copied_into_an_empty_one_alone(http: httpx2.Client) -> None:
    retain(http, "original", "ana.md", ANA)
    answer = http.post("/v1/banks/original/copy", json={"to": "second"})
    assert (answer.status_code, answer.json()["sources"]) == (201, 1)
    again = http.post("/v1/banks/original/copy", json={"to": "second"})
    assert (again.status_code, again.json()["code"]) == (422, "invalid-input")


def test_names_are_merged_and_split(http: httpx2.Client) -> None:
    retain(http, "names", "a.md", "# Notes\n\nAna Costa lives in Lisbon. Annie works at Acme.\n")
    names = {"name": "Ana Costa", "other": "Annie"}
    assert http.post("/v1/banks/names/entities/merge", json=names).status_code == 200
    entities = http.get("/v1/banks/names/entities").json()["items"]
    assert any({"Ana Costa", "Annie"} <= set(one["aliases"]) for one in entities)
    assert http.post("/v1/banks/names/entities/split", json=names).status_code == 200
    entities = http.get("/v1/banks/names/entities").json()["items"]
    assert not any({"Ana Costa", "Annie"} <= set(one["aliases"]) for one in entities)


def test_pages_of_a_list_hold_every_item_once(http: httpx2.Client) -> None:
    for number in range(5):
        retain(http, "paged", f"{number}.md", f"# Box {number}\n\nBox {number} is in Rome.\n")
    for path in ("sources", "facts", "entities", "pages", "log"):
        every = http.get(f"/v1/banks/paged/{path}").json()["items"]
        some: list[Any] = []
        after: str | None = None
        while after is not None or not some:
            asked = {"limit": 2, **({} if after is None else {"after": after})}
            answer = http.get(f"/v1/banks/paged/{path}", params=asked).json()
            some += answer["items"]
            after = answer["next"]
        assert some == every, path
    runs: list[str] = []
    after = None
    while after is not None or not runs:
        asked = {"bank_id": "paged", "limit": 2, **({} if after is None else {"after": after})}
        answer = http.get("/v1/runs", params=asked).json()
        runs += [one["source_id"] for one in answer["items"]]
        after = answer["next"]
    assert sorted(runs) == [f"{number}.md" for number in range(5)]


@pytest.mark.parametrize("after", ["nonsense", "W10", "WzFd", "bnVsbA", "é", "W3t9XQ"])
def test_a_cursor_that_is_none_is_an_error(http: httpx2.Client, after: str) -> None:
    retain(http, "cursor", "ana.md", ANA)
    for path in ("/v1/banks/cursor/facts", "/v1/runs"):
        answer = http.get(path, params={"after": after})
        assert answer.status_code in (200, 422), answer.text


def test_context_keeps_to_its_tokens_and_cites_what_it_shows(http: httpx2.Client) -> None:
    retain(http, "prompt", "ana.md", ANA)
    retain(http, "prompt", "long.md", "# Harbours\n\n" + "Ana saw a harbour in Lisbon. " * 400)
    for tokens in (50, 200, 1_000):
        body = {"query": "Where does Ana live?", "max_tokens": tokens}
        found = http.post("/v1/banks/prompt/context", json=body).json()
        assert 0 < found["tokens"] <= tokens
        assert len(found["hits"]) == sum(
            f"[{number}] " in found["text"] for number in range(1, len(found["hits"]) + 1)
        )
    assert http.post("/v1/banks/prompt/context", json={"query": "quantum"}).status_code == 200


def test_recall_takes_filters(http: httpx2.Client) -> None:
    retain(http, "filtered", "old.md", "Ana lives in Lisbon.", date="2020-01-01")
    retain(http, "filtered", "new.md", "Ana lives in Porto.", date="2024-01-01")
    body = {"query": "Where does Ana live?", "as_of": "2021-01-01"}
    found = http.post("/v1/banks/filtered/recall", json=body).json()["items"]
    assert {one["source_id"] for one in found} == {"old.md"}
    body = {"query": "Where does Ana live?", "sources": ["new*"]}
    found = http.post("/v1/banks/filtered/recall", json=body).json()["items"]
    assert {one["source_id"] for one in found} == {"new.md"}


def test_a_question_without_a_model_says_what_is_missing(http: httpx2.Client) -> None:
    answer = http.post("/v1/banks/any/ask", json={"question": "Where does Ana live?"})
    assert (answer.status_code, answer.json()["code"]) == (409, "model-required")
    assert answer.headers["content-type"] == "application/problem+json"


def test_small_answers_are_sent_at_once() -> None:
    with listening("127.0.0.1", 0) as sock, socket.create_connection(sock.getsockname()):
        connection, _ = sock.accept()
        with connection:
            assert connection.proto == socket.IPPROTO_TCP  # or else asyncio leaves Nagle's on


def events(response: httpx2.Response) -> Iterator[tuple[str, str, Any]]:
    """The events of a stream: id, name and data."""
    one: dict[str, str] = {}
    for line in response.iter_lines():
        if not line and "data" in one:
            yield one["id"], one["event"], json.loads(one["data"])
            one = {}
        elif line and not line.startswith(":"):
            name, _, value = line.partition(": ")
            one[name] = value


def test_events_are_followed_and_a_client_that_comes_back_gets_what_it_missed(
    http: httpx2.Client,
) -> None:
    query = "/v1/events?bank_id=followed"
    with http.stream("GET", query) as stream:
        seen = events(stream)
        retain(http, "followed", "ana.md", ANA)
        first = next(seen)
    retain(http, "followed", "bob.md", BOB)
    rest: list[tuple[str, str, Any]] = []
    with http.stream("GET", query, headers={"Last-Event-ID": first[0]}) as stream:
        for one in events(stream):
            rest.append(one)
            if one[1] == "run_ended" and one[2]["source_id"] == "bob.md":
                break
    assert first[1:2] == ("run_started",)
    names = [one[1] for one in rest]
    assert names[0] == "step_started"
    assert names.count("run_ended") == 2
    assert all(one[2]["bank_id"] == "followed" for one in rest)


def test_a_client_from_before_a_restart_is_told_that_events_are_lost(http: httpx2.Client) -> None:
    with http.stream("GET", "/v1/events", headers={"Last-Event-ID": "0badcafe-7"}) as stream:
        assert next(events(stream))[1] == "reset"


def test_a_run_is_cancelled_and_resumed(tmp_path: Path) -> None:
    db = tmp_path / "memory.db"
    with ModelServer(Plan(latency=600)) as model:
        settings = Settings(
            f"sqlite:///{db}",
            embedder="static",
            model="openai-compatible:qwen3",
            base_url=model.url,
            price=Price(0.1, 0.1),
        )
        with served(db, settings=settings) as server, server.client() as http:
            body = {"source_id": "ana.md", "text": ANA}
            assert http.post("/v1/banks/ana/sources", json=body).status_code == 202
            path = "/v1/banks/ana/runs/ana.md"
            assert http.get(path).json()["run"]["status"] == "running"
            until(lambda: model.log.entries, "the call", 0.02)
            assert http.post(f"{path}/cancel").json()["cancelled"]
            until(lambda: http.get(path).json()["run"]["status"] == "interrupted", "it", 0.02)
            assert http.post(f"{path}/cancel").json()["code"] == "not-driven-here"
        model.plan = Plan()
        with served(db, settings=settings) as server, server.client() as http:
            until(lambda: http.get(path).json()["run"]["status"] == "completed", "it", 0.05)


def test_the_description_names_every_route_with_an_example_for_each_body(
    http: httpx2.Client,
) -> None:
    described = http.get("/openapi.json").json()
    paths = described["paths"]
    assert {"/v1/banks/{bank_id}/recall", "/v1/runs", "/health"} <= set(paths)
    for path, methods in paths.items():
        for method, of in methods.items():
            assert of["summary"], path
            body = of.get("requestBody", {}).get("content", {}).get("application/json")
            if body is not None:
                assert "examples" in json.dumps(_resolved(body, described)), (method, path)


def _resolved(body: Any, described: Any) -> Any:
    names = [part.split('"')[0] for part in json.dumps(body).split("#/components/schemas/")[1:]]
    return [described["components"]["schemas"][name] for name in names]
