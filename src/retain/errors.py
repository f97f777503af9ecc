"""The error tree: every error that Retain raises on purpose, with its stable code.

RetainError                         retain
├── TransientError                  transient            another attempt may succeed
│   ├── DatabaseBusyError           database-busy        another process holds the write lock
│   └── ModelBusyError              model-busy           a model's server is busy or unreachable
├── SuspendError                    suspended            the run waits; a resume continues it
│   ├── Suspend                     question             a state asks something
│   └── BudgetError                 budget-spent         the run or command has spent its budget
└── PermanentError                  permanent            another attempt would fail the same way
    ├── InputError                  invalid-input        (ValueError) the input cannot be used
    │   ├── SourceError             invalid-source       a file or text cannot be retained
    │   ├── RecordError             invalid-record       an exported record cannot be imported
    │   ├── OverwriteError          overwrite-refused    an export would overwrite something else
    │   ├── ModelRequiredError      model-required       no model is configured
    │   └── UnknownPriceError       unknown-price        a cost limit needs the model's price
    ├── NotFoundError               not-found            (LookupError) no such bank, run, …
    │   ├── SourceNotFoundError     source-not-found     no such source
    │   ├── FactNotFoundError       fact-not-found       no such fact
    │   ├── EntityNotFoundError     entity-not-found     no source writes such a name
    │   └── PageNotFoundError       page-not-found       no such wiki page
    ├── ContextTypeError            context-type         (TypeError) a context cannot be kept
    ├── MissingServiceError         missing-service      a state lacks a service that it needs
    ├── MissingExtraError           missing-extra        (ImportError) a dependency is missing
    ├── ForgetError                 forget-unfinished    a source is not completely forgotten
    ├── AppendError                 append-unfinished    an earlier append has yet to come in
    ├── RunNotCompletedError        run-not-completed    (RuntimeError) a run is not completed
    ├── DatabaseError               database             (OSError) the database cannot be used
    │   └── DatabaseDamagedError    database-damaged     it is not a database, or is damaged
    ├── ModelError                  model                (RuntimeError) a model cannot be used
    │   ├── ModelRefusedError       model-refused        the server refuses the key or the model
    │   │   └── UnknownModelError   unknown-model        the server does not know the model
    │   ├── TermsError              model-terms          the server refuses the form of a request
    │   ├── AnswerError             invalid-answer       the answer does not fit the request
    │   └── TruncatedError          answer-truncated     the answer was cut off at its size limit
    └── CheckpointError             checkpoint           (RuntimeError) a run is not saved or read
        ├── CheckpointDamagedError  checkpoint-damaged   what was saved is damaged
        ├── CheckpointSchemaError   checkpoint-schema    the context's class has changed since
        ├── CheckpointVersionError  checkpoint-version   a newer release saved it
        ├── LeaseHeldError          lease-held           another runner holds the run
        ├── RunExistsError          run-exists           a run of this key is kept
        └── LeaseLostError          lease-lost           this runner lost the run to another

A message says what is wrong and what to do, in words that fit every face; what to type on a
command line is in `retain.cli.advice`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, TypeVar

from retain.keys import Keyed, RunKey, named

E = TypeVar("E", bound="RetainError")

DISTRIBUTION = "retain-pipeline"
"""What pip installs; on PyPI, the name of the import and of the command is another project's."""


def install_command(extra: str) -> str:
    """The command that installs an extra, in quotes that every shell reads."""
    return f'pip install "{DISTRIBUTION}[{extra}]"'


def _restored(kind: type[E], args: tuple[object, ...], fields: dict[str, Any]) -> E:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(fields)
    return error


class RetainError(Exception):
    """Base of every error that Retain raises on purpose.

    Attributes:
        code: Names the kind of error for programs; it stays the same between releases.
        transient: Whether another attempt may succeed.
    """

    code: ClassVar[str] = "retain"
    transient: ClassVar[bool] = False

    def __init_subclass__(cls, *, code: str | None = None) -> None:
        super().__init_subclass__()
        cls.code = code or cls.code

    def __reduce__(self) -> tuple[Any, ...]:
        # The default calls the class with `args`, which is the message, and not with the fields.
        return _restored, (type(self), self.args, self.__dict__)


class TransientError(RetainError, code="transient"):
    """A failure that another attempt may cure.

    Args:
        message: What happened.
        retry_after: Seconds to wait before the next attempt, when the other side said so.
    """

    transient = True

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class DatabaseBusyError(TransientError, code="database-busy"):
    """Another process has held the database's write lock for too long."""


class ModelBusyError(TransientError, code="model-busy"):
    """A model's server is busy, unreachable or too slow.

    `may_be_billed` says whether the server may have done the work, and charge for it.
    """

    may_be_billed = False


class SuspendError(RetainError, code="suspended"):
    """Suspends the run whose state raises it; the run has not failed, and a resume continues it."""


class Suspend(SuspendError, code="question"):  # noqa: N818 - a result as well as an exception
    """A state asks: its run waits for ``resume(ctx, value=...)``. Return it or raise it.

    Args:
        reason: What the run waits for.
        payload: What whoever answers needs to know: plain values, times, enums, or lists, tuples,
            sets, dicts and module-level dataclasses of these.
    """

    def __init__(self, reason: str, payload: Any = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.payload = payload


class BudgetError(SuspendError, code="budget-spent"):
    """A run or a command has spent its budget; the message says how to continue."""


class PermanentError(RetainError, code="permanent"):
    """A failure that no further attempt can cure."""


class InputError(PermanentError, ValueError, code="invalid-input"):
    """The caller's input cannot be used; the message says what to do."""


class SourceError(InputError, code="invalid-source"):
    """A file or text cannot be retained.

    Args:
        source: The path or source id.
        reason: What is wrong, and what to do about it.
    """

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"{source}: {reason}")
        self.source = source
        self.reason = reason


class RecordError(InputError, code="invalid-record"):
    """A record of an exported bank cannot be imported; nothing of the bank was imported.

    Args:
        number: The line of the record, from 1.
        reason: What is wrong with it, and what to do.
    """

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(f"line {number}: {reason}")
        self.number = number
        self.reason = reason


class OverwriteError(InputError, code="overwrite-refused"):
    """An export would overwrite something that is not an export of the same bank.

    Args:
        path: The file or folder.
        reason: What is there.
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path} {reason}: choose another path, or allow overwriting")
        self.path = path
        self.reason = reason


class ModelRequiredError(InputError, code="model-required"):
    """No language model is configured, and the call needs one.

    Args:
        purpose: What needs the model.
    """

    def __init__(self, purpose: str) -> None:
        super().__init__(f"{purpose} needs a language model, and none is configured")
        self.purpose = purpose


class UnknownPriceError(InputError, code="unknown-price"):
    """A cost limit is set for a model whose price is not known.

    Args:
        model: The model.
    """

    def __init__(self, model: str) -> None:
        super().__init__(
            f"no price is known for {model}, so its cost cannot be limited: configure its price in "
            "dollars per million input/output tokens, or limit tokens instead"
        )
        self.model = model


class NotFoundError(PermanentError, LookupError, code="not-found"):
    """There is no such bank, source, run, fact, name or page."""


class SourceNotFoundError(NotFoundError, code="source-not-found"):
    """The bank has no such source, and no run of one.

    Args:
        bank_id: The bank.
        source_id: The id or path that was given.
    """

    def __init__(self, bank_id: str, source_id: str) -> None:
        super().__init__(f"no source {source_id!r} in bank {bank_id!r}: check its id or path")
        self.bank_id = bank_id
        self.source_id = source_id


class FactNotFoundError(NotFoundError, code="fact-not-found"):
    """The bank has no such fact.

    Args:
        bank_id: The bank.
        fact_id: The id that was given.
    """

    def __init__(self, bank_id: str, fact_id: str) -> None:
        super().__init__(f"bank {bank_id!r} has no fact {fact_id!r}: check the fact's id")
        self.bank_id = bank_id
        self.fact_id = fact_id


class EntityNotFoundError(NotFoundError, code="entity-not-found"):
    """None of the bank's sources writes such a name.

    Args:
        bank_id: The bank.
        name: The name that was given.
    """

    def __init__(self, bank_id: str, name: str) -> None:
        super().__init__(f"bank {bank_id!r} has no name {name!r}: write it as the sources do")
        self.bank_id = bank_id
        self.name = name


class PageNotFoundError(NotFoundError, code="page-not-found"):
    """The bank has no such wiki page.

    Args:
        bank_id: The bank.
        name: The title, alias or id that was given.
        nearest: Titles and aliases that are spelled alike, the most alike first.
    """

    def __init__(self, bank_id: str, name: str, nearest: Sequence[str] = ()) -> None:
        remedy = f"similar names are {', '.join(nearest)}" if nearest else "check the name"
        super().__init__(f"bank {bank_id!r} has no page {name!r}: {remedy}")
        self.bank_id = bank_id
        self.name = name
        self.nearest = tuple(nearest)


class ContextTypeError(PermanentError, TypeError, code="context-type"):
    """A class of contexts cannot be kept; the message names the field, its type and the remedy."""


class MissingServiceError(PermanentError, code="missing-service"):
    """A state needs a service that the run was not given.

    Args:
        state: The state.
        service: The service, as `RetainServices` names it.
    """

    def __init__(self, state: str, service: str) -> None:
        super().__init__(f"{state} needs services.{service}, which was not given")
        self.state = state
        self.service = service


class MissingExtraError(PermanentError, ImportError, code="missing-extra"):
    """A dependency is not installed; the message says what to install."""


class ForgetError(PermanentError, code="forget-unfinished"):
    """A source, or a fact of it, could not be forgotten completely; what was done stays done.

    Args:
        source: The source's id.
        reason: Why.
    """

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"could not forget {source!r}: {reason}; resume its run to finish")
        self.source = source
        self.reason = reason


class RunNotCompletedError(PermanentError, RuntimeError, code="run-not-completed"):
    """A run is not completed; see `retain.Run.raise_for_status`.

    Args:
        bank_id: The bank of its source.
        source_id: Its source.
        status: How it stands.
        reasons: Why: its errors, or what it waits for.
    """

    def __init__(self, bank_id: str, source_id: str, status: str, reasons: Sequence[str]) -> None:
        why = f": {'; '.join(reasons)}" if reasons else ""
        super().__init__(
            f"the run of {source_id!r} in bank {bank_id!r} is {status}{why}; to go on with it, "
            "resume it"
        )
        self.bank_id = bank_id
        self.source_id = source_id
        self.status = status
        self.reasons = reasons


class AppendError(PermanentError, code="append-unfinished"):
    """Nothing was added to a source, since what was to be added before could not be.

    Args:
        source: The source's id.
        reason: Why.
    """

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(
            f"nothing was added to {source!r}: what was to be added before could not be "
            f"({reason}); resume its run, then add this"
        )
        self.source = source
        self.reason = reason


class DatabaseError(PermanentError, OSError, code="database"):
    """The database cannot be opened, read or written."""


class DatabaseDamagedError(DatabaseError, code="database-damaged"):
    """The file is not a database, or parts of it cannot be read."""


class ModelError(PermanentError, RuntimeError, code="model"):
    """A model cannot be called, or its answer cannot be used.

    `may_be_billed` says whether the server may have done the work, and charge for it.
    """

    may_be_billed = False


class ModelRefusedError(ModelError, code="model-refused"):
    """The model's server refuses the key or does not know the model: every call would fail."""


class UnknownModelError(ModelRefusedError, code="unknown-model"):
    """The model's server does not know the model; it may know others."""


class TermsError(ModelError, code="model-terms"):
    """The server refuses the form of a request; it is asked again in a form that it may take."""


class AnswerError(ModelError, code="invalid-answer"):
    """The model's answer does not fit the request; the message says why."""


class TruncatedError(ModelError, code="answer-truncated"):
    """The model's answer was cut off at its size limit."""


class CheckpointError(PermanentError, RuntimeError, code="checkpoint"):
    """A run's progress cannot be saved or read."""


class CheckpointDamagedError(CheckpointError, code="checkpoint-damaged"):
    """What was saved of a run is damaged.

    Args:
        where: The file or row that is damaged.
        reason: What is wrong with it.
    """

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(
            f"damaged checkpoint {where}: {reason}; restore it from a backup, "
            "or forget the source and retain it again"
        )
        self.where = where
        self.reason = reason


class CheckpointSchemaError(CheckpointError, code="checkpoint-schema"):
    """What was saved of a run is sound, and does not fit the class of its context any more.

    Args:
        where: The file or row.
        reason: What does not fit, and what to do.
    """

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"the context's class has changed since checkpoint {where}: {reason}")
        self.where = where
        self.reason = reason


class CheckpointVersionError(CheckpointError, code="checkpoint-version"):
    """A newer release saved the run.

    Args:
        where: The file or row.
        found: Its schema version.
        known: The newest schema version that this release reads.
    """

    def __init__(self, where: str, found: int, known: int) -> None:
        super().__init__(
            f"checkpoint {where} has schema version {found}, this release reads up to {known}: "
            "upgrade retain"
        )
        self.where = where
        self.found = found
        self.known = known


class LeaseHeldError(CheckpointError, Keyed, code="lease-held"):
    """Another runner holds the run.

    Args:
        run_key: The run's key.
        holder: The process that holds it, in readable form.
        expires_at: When its lease ends unless it is renewed, UTC.
    """

    def __init__(self, run_key: RunKey, holder: str, expires_at: datetime) -> None:
        super().__init__(
            f"{named(run_key)} is being run by {holder} "
            f"(lease until {expires_at:%H:%M:%S} UTC): wait for it, or stop it"
        )
        self.run_key = run_key
        self.holder = holder
        self.expires_at = expires_at


class RunExistsError(CheckpointError, Keyed, code="run-exists"):
    """A run of this key is kept, and a new one was not to go on with it or replace it.

    Args:
        run_key: The run's key.
        run_id: The id of the kept run.
        status: How the kept run stands.
    """

    def __init__(self, run_key: RunKey, run_id: str, status: str) -> None:
        super().__init__(
            f"{named(run_key)} has a run: {run_id}, which is {status}; go on with it by "
            "exists='continue', or begin a new run by exists='restart'"
        )
        self.run_key = run_key
        self.run_id = run_id
        self.status = status


class LeaseLostError(CheckpointError, Keyed, code="lease-lost"):
    """This runner held the run and lost it to another; it must not save.

    Args:
        run_key: The run's key.
    """

    def __init__(self, run_key: RunKey) -> None:
        super().__init__(
            f"the lease on {named(run_key)} was lost to another runner: "
            "this run stops here, the other one goes on"
        )
        self.run_key = run_key
