"""The pipeline at a glance."""
