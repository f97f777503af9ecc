"""An adapter whose framework is not installed says what installs it."""

import importlib
import sys

import pytest

from retain.errors import MissingExtraError


@pytest.mark.parametrize(
    ("adapter", "module", "package"),
    [
        ("langgraph", "langgraph.store.base", "langgraph"),
        ("openai_agents", "agents", "openai-agents"),
        ("pydantic_ai", "pydantic_ai.toolsets", "pydantic-ai-slim"),
        ("llama_index", "llama_index.core.retrievers", "llama-index-core"),
    ],
)
def test_a_missing_framework_is_named_with_what_installs_it(
    monkeypatch: pytest.MonkeyPatch, adapter: str, module: str, package: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.delitem(sys.modules, f"retain.integrations.{adapter}", raising=False)
    with pytest.raises(MissingExtraError, match=f"pip install {package}$"):
        importlib.import_module(f"retain.integrations.{adapter}")
