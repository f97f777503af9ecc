"""The HTTP API: a thin face over `Memory`. It needs the extra ``server``."""
