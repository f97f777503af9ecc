"""A client of a scripted model server, and what it asks."""

import http.client
import json
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

from tests.commandline import DEADLINE_S

from retain.providers.llm.prompts import prompt
from retain.testing.modelserver import (
    ModelServer,
    Plan,
    Rule,
)

TEXT = "Ana lives in Porto. Her sister Clara 😀 works at Northwind."


def request_of(text=TEXT, purpose="facts", max_tokens=4_000):
    data = {
        "facts": f"section: text\n\n{text}",
        "names": "name: Bob\nkind: person\nname: Robert\nkind: person",
        "supersedes": f"older: (2024-05-01) {text}\nnewer: (2024-05-02) {text}",
        "lead": f"title: Ana\n\n[1] {text}",
        "answer": f"question: {text}\n\n[1] a.md\n{text}",
    }[purpose]
    return prompt(purpose).request(data, max_tokens)


def body_of(text=TEXT, purpose="facts", form="schema", name=None, **more):
    request = request_of(text, purpose)
    body = {
        "model": "m",
        "messages": [{"role": one.role, "content": one.text} for one in request.messages],
        "max_completion_tokens": request.max_tokens,
    }
    name, schema = name or purpose, dict(request.schema)
    tool = {"type": "function", "function": {"name": name, "parameters": schema}}
    forms = {
        "schema": {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": name, "schema": schema, "strict": True},
            }
        },
        "object": {"response_format": {"type": "json_object"}},
        "tool": {
            "tools": [tool],
            "tool_choice": {"type": "function", "function": {"name": name}},
        },
        "tools": {"tools": [tool], "tool_choice": "required"},
        "none": {},
    }
    return {**body, **forms[form], **more}


class Client:
    """One connection to a server, which is kept."""

    def __init__(self, url, timeout=DEADLINE_S):
        self.connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=timeout)

    def close(self):
        self.connection.close()

    def send(self, method, path, body=None, **headers):
        raw = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        self.connection.request(method, path, raw, headers)

    def call(self, method, path, body=None, **headers):
        self.send(method, path, body, **headers)
        response = self.connection.getresponse()
        return response, response.read()

    def post(self, body, path="/v1/chat/completions", **headers):
        response, raw = self.call("POST", path, body, **headers)
        return response.status, json.loads(raw)

    def choice(self, body):
        status, answer = self.post(body)
        assert status == 200, answer
        return answer["choices"][0]


@contextmanager
def serving(plan=None, **options):
    with ModelServer(plan, **options) as server, closing(Client(server.url)) as client:
        yield server, client


def failing(fault, **conditions):
    return Plan(rules=[Rule([fault], **conditions)])
