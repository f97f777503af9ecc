"""What to type after an error: the advice that only makes sense on a command line."""

from __future__ import annotations

import shlex

from retain.errors import (
    AppendError,
    EntityNotFoundError,
    FactNotFoundError,
    ForgetError,
    ModelRequiredError,
    OverwriteError,
    PageNotFoundError,
    RetainError,
    SourceNotFoundError,
    UnknownPriceError,
)


def with_advice(error: RetainError) -> str:
    """The error's message, and what to type next where there is something to type."""
    advice = _advice(error)
    return f"{error}; {advice}" if advice else str(error)


def _advice(error: RetainError) -> str:
    match error:
        case SourceNotFoundError():
            return f"{_command('runs', '--bank', error.bank_id)} lists the bank's sources"
        case FactNotFoundError():
            return f"{_command('facts', '--json', '--bank', error.bank_id)} prints the ids of facts"
        case EntityNotFoundError():
            return f"{_command('entities', '--bank', error.bank_id)} lists the bank's names"
        case PageNotFoundError():
            return f"{_command('pages', '--bank', error.bank_id)} lists the bank's pages"
        case ForgetError() | AppendError():
            return f"type {_command('resume', error.source)}"
        case OverwriteError():
            return "--force allows it"
        case ModelRequiredError():
            return "give --model PROVIDER:NAME or set RETAIN_MODEL"
        case UnknownPriceError():
            return "give --price INPUT/OUTPUT, or --max-tokens instead of --max-cost"
        case _:
            return ""


def _command(*words: str) -> str:
    return f"`{shlex.join(['retain', *words])}`"
