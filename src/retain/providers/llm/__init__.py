"""Language models: what is asked of them, how often, and what becomes of their answers."""
