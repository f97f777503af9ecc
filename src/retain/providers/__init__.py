"""Providers: models and rules that read what sources say."""
