"""The local provider: rules that need no model, no server and no network."""
