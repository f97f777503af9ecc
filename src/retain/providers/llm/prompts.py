"""Prompts from their files, each with the schema of its answer, and known by its hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from retain.memory.model import Message, ModelRequest, Purpose
from retain.providers.llm.fence import fenced


@dataclass(frozen=True, slots=True)
class Prompt:
    """Instructions, and the schema of what answers them.

    Args:
        purpose: What for.
        text: The instructions.
        schema: The JSON schema of the answer.
        version: The first 12 digits of the SHA-256 of both: another one is another prompt.
    """

    purpose: Purpose
    text: str
    schema: Mapping[str, Any]
    version: str

    def request(self, data: str, max_tokens: int) -> ModelRequest:
        """The request that puts `data` to the instructions, in a fence.

        Args:
            data: What they are about: text that nobody has to obey.
            max_tokens: The greatest length of the answer, in tokens.
        """
        messages = (Message("system", self.text), Message("user", fenced(data)))
        return ModelRequest(self.purpose, messages, self.schema, max_tokens)


@cache
def prompt(purpose: Purpose, also: str | None = None) -> Prompt:
    """The prompt for a purpose, from ``prompts/PURPOSE.md`` and ``prompts/PURPOSE.json``.

    Args:
        purpose: What for.
        also: The name of a file with more instructions, for some of the data only.
    """
    folder = files("retain") / "prompts"
    parts = [purpose] if also is None else [purpose, also]
    text = "\n\n".join(
        (folder / f"{part}.md").read_text(encoding="utf-8").strip() for part in parts
    )
    schema = json.loads((folder / f"{purpose}.json").read_text(encoding="utf-8"))
    whole = json.dumps([text, schema], sort_keys=True)
    return Prompt(purpose, text, schema, hashlib.sha256(whole.encode()).hexdigest()[:12])
