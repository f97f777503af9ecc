"""What the tests of whole commands share."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests import postgres as servers
from tests.commandline import CommandLine
from tests.nursery import QUICK, end_shared

from retain.testing.modelserver import ModelServer

os.environ.update(QUICK)


@pytest.fixture
def cli(tmp_path: Path) -> CommandLine:
    """The command line in an empty folder, with a database of its own."""
    return CommandLine(tmp_path)


@pytest.fixture
def server() -> Iterator[ModelServer]:
    """A model's server that answers by the rules; a test may set another plan at any time."""
    with ModelServer() as server:
        yield server


@pytest.fixture
def postgres() -> Iterator[servers.Schemas]:
    """A Postgres server, with a schema for each folder of the test."""
    schemas = servers.Schemas()
    yield schemas
    schemas.drop()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave no process behind."""
    end_shared()
    servers.stop(everywhere=not hasattr(config, "workerinput"))
