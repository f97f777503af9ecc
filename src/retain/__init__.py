"""Retain: text in, memory bank out, durable at every step."""
