"""What models cost."""

import socket
from datetime import UTC, datetime

import pytest

from retain.memory.model import ModelChoice, Price
from retain.providers.llm.prices import price_of

AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("model", "price"),
    [
        ("openai:gpt-4o-mini", Price(0.15, 0.6)),
        ("openai-responses:gpt-4o-mini", Price(0.15, 0.6)),
        ("anthropic:claude-haiku-4-5", Price(1.0, 5.0)),
        ("anthropic:claude-sonnet-4-5", Price(3.0, 15.0)),
        ("openai:text-embedding-3-small", Price(0.02, 0.0)),
        ("openai:gpt-of-my-own", None),
        ("nobody:gpt-4o-mini", None),
        ("openai-compatible:gpt-4o-mini", None),
    ],
)
def test_a_models_price_is_known_without_a_network(model, price, monkeypatch):
    monkeypatch.setattr(socket, "socket", None)
    assert price_of(ModelChoice(model), at=AT) == price


def test_the_users_price_goes_before_any_other():
    own = Price(1.0, 2.0)
    assert price_of(ModelChoice("openai:gpt-4o-mini", price=own)) == own
    assert price_of(ModelChoice("openai-compatible:qwen3", "http://127.0.0.1:1", own)) == own
