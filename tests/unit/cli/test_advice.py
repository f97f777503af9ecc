"""What the command line adds to an error: what to type next."""

import pytest

from retain.cli.advice import with_advice
from retain.errors import (
    EntityNotFoundError,
    FactNotFoundError,
    ForgetError,
    InputError,
    ModelRequiredError,
    OverwriteError,
    PageNotFoundError,
    RetainError,
    SourceNotFoundError,
    UnknownPriceError,
)


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (
            SourceNotFoundError("my bank", "a.md"),
            "`retain runs --bank 'my bank'` lists the bank's sources",
        ),
        (
            FactNotFoundError("ana", "f1"),
            "`retain facts --json --bank ana` prints the ids of facts",
        ),
        (EntityNotFoundError("ana", "Bob"), "`retain entities --bank ana` lists the bank's names"),
        (PageNotFoundError("ana", "Bob"), "`retain pages --bank ana` lists the bank's pages"),
        (ForgetError("a.md", "the disk is full"), "type `retain resume a.md`"),
        (OverwriteError("out", "is not empty"), "--force allows it"),
        (
            ModelRequiredError("a cost forecast"),
            "give --model PROVIDER:NAME or set RETAIN_MODEL",
        ),
        (
            UnknownPriceError("openai:new"),
            "give --price INPUT/OUTPUT, or --max-tokens instead of --max-cost",
        ),
    ],
)
def test_an_error_ends_with_what_to_type(error: RetainError, advice: str) -> None:
    assert with_advice(error) == f"{error}; {advice}"


def test_an_error_with_nothing_to_type_stays_as_it_is() -> None:
    assert with_advice(InputError("the query is empty")) == "the query is empty"
