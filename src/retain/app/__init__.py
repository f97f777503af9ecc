"""The composition root, `Memory` and its parts, and the JSON shapes of every face."""
