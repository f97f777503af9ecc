"""Vectors of a scripted model server."""

import base64
import struct

import pytest
from tests.unit.testing.modelserver.asking import body_of, failing, serving

from retain.testing.modelserver import (
    Status,
)


def embed(client, **body):
    return client.post({"model": "e", **body}, path="/v1/embeddings")


def test_vectors_come_as_numbers_or_as_base64_and_equal_texts_have_equal_ones():
    texts = ["Ana lives in Porto", "The pump is red", "Ana lives in Porto"]
    with serving() as (server, client):
        status, numbers = embed(client, input=texts)
        _, encoded = embed(client, input=texts, encoding_format="base64")
        vectors = [one["embedding"] for one in numbers["data"]]
        for one, other in zip(vectors, encoded["data"], strict=True):
            raw = base64.b64decode(other["embedding"])
            assert struct.unpack(f"<{len(raw) // 4}f", raw) == pytest.approx(one)
        assert status == 200
        assert vectors[0] == vectors[2] != vectors[1]
        assert sum(number * number for number in vectors[0]) == pytest.approx(1, abs=1e-5)
        assert [one["index"] for one in numbers["data"]] == [0, 1, 2]
        assert numbers["usage"]["prompt_tokens"] == server.log.counts.input_tokens / 2 > 0
        assert server.log.counts.purposes == {"embeddings": 2}


def test_one_text_may_stand_alone_and_vectors_be_shorter():
    with serving() as (_, client):
        _, answer = embed(client, input="Porto", dimensions=8)
        assert [len(one["embedding"]) for one in answer["data"]] == [8]


@pytest.mark.parametrize(
    "body", [{"input": []}, {"input": ["a", ""]}, {"input": [[1]]}, {"input": "a", "dimensions": 0}]
)
def test_texts_that_cannot_be_embedded_are_refused(body):
    with serving() as (_, client):
        assert embed(client, **body)[0] == 400


def test_embeddings_meet_faults_too():
    with serving(failing(Status(503), purpose="embeddings")) as (_, client):
        assert embed(client, input="a")[0] == 503
        assert client.post(body_of())[0] == 200
