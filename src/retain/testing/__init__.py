"""Contract suites for backends of your own."""
