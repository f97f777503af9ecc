"""The routes of the HTTP API, by subject."""

from __future__ import annotations

from fastapi import APIRouter

from retain.server.routes import banks, knowledge, reading, runs, sources, status, wiki

ROUTERS: tuple[APIRouter, ...] = (
    status.router,
    banks.router,
    sources.router,
    runs.router,
    reading.router,
    knowledge.router,
    wiki.router,
)
