"""The faults of a scripted model server, as a client meets them."""

import http.client
import json
from contextlib import closing

import pytest
from tests.commandline import DEADLINE_S, until
from tests.unit.testing.modelserver.asking import (
    TEXT,
    Client,
    body_of,
    failing,
    request_of,
    serving,
)

from retain.errors import AnswerError
from retain.providers.llm.answers import FactsAnswer, read
from retain.providers.llm.standin import StandIn
from retain.testing.modelserver import (
    Drop,
    Hang,
    Late,
    Spoil,
    Status,
    Trickle,
)
from retain.testing.modelserver.spoiling import HUGE, NOWHERE


@pytest.mark.parametrize("code", [401, 404, 429, 500, 503])
def test_an_error_says_when_to_come_back(code):
    with serving(failing(Status(code, retry_after=1.5), times={1})) as (server, client):
        response, raw = client.call("POST", "/v1/chat/completions", body_of())
        assert (response.status, response.headers["Retry-After"]) == (code, "1.5")
        assert json.loads(raw)["error"]["message"]
        assert client.post(body_of())[0] == 200
        assert server.log.counts.outcomes == {str(code): 1, "answered": 1}


def test_a_request_that_hangs_does_so_until_its_client_leaves():
    with serving(failing(Hang(), times={1})) as (server, client):
        client.send("POST", "/v1/chat/completions", body_of())
        until(lambda: server.log.counts.in_flight == 1, "a request in flight")
        with closing(Client(server.url)) as other:
            assert other.post(body_of())[0] == 200
        client.close()
        until(lambda: server.log.counts.in_flight == 0, "its end")
        assert server.log.counts.outcomes == {"hang": 1, "answered": 1}


def test_a_client_that_leaves_before_its_answer_is_noted():
    with serving(failing(Late(DEADLINE_S), times={1})) as (server, client):
        client.send("POST", "/v1/chat/completions", body_of())
        until(lambda: server.log.counts.in_flight == 1, "a request in flight")
        client.close()
        until(lambda: server.log.counts.in_flight == 0, "its end")
        assert server.log.counts.outcomes == {"left": 1}
        assert server.log.counts.output_tokens == 0


@pytest.mark.parametrize(
    ("where", "error", "outcome"),
    [
        ("before", http.client.RemoteDisconnected, "drop"),
        ("within", http.client.IncompleteRead, "drop-within"),
    ],
)
def test_a_connection_is_dropped(where, error, outcome):
    with serving(failing(Drop(where), times={1})) as (server, client):
        with pytest.raises((error, ConnectionError)):
            client.post(body_of())
        client.close()
        assert client.post(body_of())[0] == 200
        counts = server.log.counts
        assert counts.outcomes == {outcome: 1, "answered": 1}
        assert counts.output_tokens == StandIn().answer(request_of()).output_tokens


def test_an_answer_may_come_byte_by_byte():
    with serving(failing(Trickle(0.0001))) as (server, client):
        assert client.post(body_of(purpose="names"))[0] == 200
        assert server.log.counts.outcomes == {"trickle": 1}
        server.plan = failing(Trickle())
        client.send("POST", "/v1/chat/completions", body_of())
        assert client.connection.sock.recv(100) == b"H"
        client.close()
        until(lambda: server.log.counts.in_flight == 0, "its end")
        assert server.log.counts.outcomes == {"trickle": 2}


def spoilt(kind, form="schema"):
    with serving(failing(Spoil(kind))) as (server, client):
        choice = client.choice(body_of(form=form))
        assert server.log.counts.outcomes == {kind.replace(" ", "-"): 1}
        assert server.log.counts.output_tokens > 0
    return choice


@pytest.mark.parametrize("kind", ["escapes", "duplicate keys", "code block", "half pairs", "huge"])
def test_some_answers_are_written_oddly_and_say_the_same(kind):
    content = spoilt(kind)["message"]["content"]
    plain = StandIn().answer(request_of()).text
    assert content != plain
    assert read(content, FactsAnswer) == read(plain, FactsAnswer)


def test_odd_answers_are_odd_in_the_way_that_they_say():
    assert "\\ud83d\\ude00" in spoilt("escapes")["message"]["content"]
    assert spoilt("duplicate keys")["message"]["content"].count('"facts"') == 2
    assert spoilt("code block")["message"]["content"].startswith("```json\n{")
    assert len(spoilt("huge")["message"]["content"]) == HUGE


@pytest.mark.parametrize("kind", ["truncated", "wrong schema", "empty", "length", "refusal"])
def test_other_answers_cannot_be_read(kind):
    choice = spoilt(kind)
    with pytest.raises(AnswerError):
        read(choice["message"]["content"] or "", FactsAnswer)
    expected = {"length": "length", "refusal": "content_filter"}.get(kind, "stop")
    assert choice["finish_reason"] == expected
    assert (choice["message"]["refusal"] is not None) == (kind == "refusal")


def test_a_fact_may_have_a_quote_that_stands_nowhere():
    *others, lie = read(spoilt("false quote")["message"]["content"], FactsAnswer).facts
    assert lie.quote == NOWHERE not in TEXT
    assert others == list(read(StandIn().answer(request_of()).text, FactsAnswer).facts)


def test_what_a_tool_is_called_with_is_spoilt_too():
    (call,) = spoilt("truncated", form="tool")["message"]["tool_calls"]
    with pytest.raises(AnswerError):
        read(call["function"]["arguments"], FactsAnswer)
