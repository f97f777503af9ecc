"""What the tests of whole commands share."""

from pathlib import Path

import pytest
from tests.commandline import CommandLine


@pytest.fixture
def cli(tmp_path: Path) -> CommandLine:
    """The command line in an empty folder, with a database of its own."""
    return CommandLine(tmp_path)
