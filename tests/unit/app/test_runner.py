"""Which kept run is of the content that comes in, and how runs are told."""

from datetime import UTC, datetime

import pytest

from retain.app.runner import failed, refused, same_content, unchanged
from retain.errors import DatabaseError, LeaseHeldError, SourceError
from retain.memory.context import RetainContext, content_hash

NOON = datetime(2024, 3, 5, 12, tzinfo=UTC)


def of_file(text: str = "", origin: str | None = "/a.md") -> RetainContext:
    return RetainContext("b", "a.md", text, origin=origin)


@pytest.mark.parametrize(
    ("kept", "came", "named", "same"),
    [
        (of_file(), of_file(), content_hash("x", None), True),
        (of_file(), of_file(origin="/other/a.md"), content_hash("x", None), False),
        (of_file("x"), of_file(), content_hash("x", None), True),
        (of_file("x"), of_file(origin="/other/a.md"), content_hash("x", None), True),
        (of_file("x"), of_file(), content_hash("y", None), False),
        (of_file("x"), of_file(), None, False),
        (of_file("x", None), of_file("x", None), content_hash("x", None), True),
        (RetainContext("b", "a", "x", NOON), of_file("x"), content_hash("x", None), False),
    ],
)
def test_a_kept_run_goes_on_only_with_the_same_content(
    kept: RetainContext, came: RetainContext, named: str | None, same: bool
) -> None:
    assert same_content(kept, came, named) is same


def test_how_a_run_that_did_not_run_is_told() -> None:
    assert unchanged(of_file()).unchanged
    assert unchanged(of_file()).status == "completed"
    lost = failed("b", SourceError("gone.md", "no such file"))
    assert (lost.source_id, lost.status, lost.errors) == ("gone.md", "failed", ("no such file",))
    held = refused("b", "a.md", LeaseHeldError(("b", "a.md"), "process 7 on host", NOON))
    assert held.status == "running"
    assert "process 7 on host" in held.errors[0]
    assert refused("b", "a.md", DatabaseError("disk full")).status == "failed"
