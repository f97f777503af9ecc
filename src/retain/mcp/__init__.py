"""The MCP server: a thin face over `Memory` for agents. It needs the extra ``mcp``."""
