"""The configuration of common MCP clients."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Sequence

Words = Sequence[str]


def _servers(words: Words) -> str:
    return _json({"mcpServers": {"retain": {"command": words[0], "args": list(words[1:])}}})


def _vscode(words: Words) -> str:
    server = {"type": "stdio", "command": words[0], "args": list(words[1:])}
    return _json({"servers": {"retain": server}})


def _zed(words: Words) -> str:
    return _json({"context_servers": {"retain": {"command": words[0], "args": list(words[1:])}}})


def _codex(words: Words) -> str:
    args = ", ".join(json.dumps(word) for word in words[1:])
    return f"[mcp_servers.retain]\ncommand = {json.dumps(words[0])}\nargs = [{args}]"


def _claude_code(words: Words) -> str:
    return shlex.join(["claude", "mcp", "add", "--scope", "user", "retain", "--", *words])


def _json(value: object) -> str:
    return json.dumps(value, indent=2)


CLIENTS: dict[str, tuple[str, Callable[[Words], str]]] = {
    "claude-code": ("run this in a terminal", _claude_code),
    "claude-desktop": ("add this to claude_desktop_config.json", _servers),
    "codex": ("add this to ~/.codex/config.toml", _codex),
    "cursor": ("add this to ~/.cursor/mcp.json", _servers),
    "gemini-cli": ("add this to ~/.gemini/settings.json", _servers),
    "vscode": ("add this to .vscode/mcp.json", _vscode),
    "windsurf": ("add this to ~/.codeium/windsurf/mcp_config.json", _servers),
    "zed": ("add this to the settings of Zed", _zed),
}
"""Each client with where its configuration belongs, and how it is written."""
