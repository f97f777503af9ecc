"""The error tree: every error that Retain raises on purpose.

RetainError
├── TransientError            worth another attempt; may carry ``retry_after`` seconds
│   ├── DatabaseBusyError     another process holds the database's write lock
│   └── ModelBusyError        a model's server is busy, out of reach or too slow
├── SuspendError              the run stops here, unharmed; a resume goes on from here
│   └── BudgetError           what a run or a command may spend is spent
└── PermanentError            another attempt would fail the same way
    ├── InputError            (ValueError) the caller's input cannot be used
    │   ├── SourceError       a file or text that cannot be retained
    │   └── RecordError       a record of an exported bank that cannot be imported
    ├── NotFoundError         (LookupError) no such source, run or bank
    ├── MissingServiceError   a state needs a service that was not given
    ├── MissingExtraError     (ImportError) a dependency is not installed
    ├── ForgetError           a source could not be forgotten to the end
    ├── DatabaseError         (OSError) the database cannot be opened, read or written
    │   └── DatabaseDamagedError   the file is no database, or parts of it do not read back
    ├── ModelError            (RuntimeError) a model cannot be asked, or its answer not be used
    │   ├── ModelRefusedError      its server refuses the key, or does not know the model
    │   │   └── UnknownModelError  it does not know the model
    │   ├── AnswerError            the answer is not what was asked for
    │   └── TruncatedError         the answer was cut at its greatest length
    └── CheckpointError       (RuntimeError) a run's progress cannot be kept or read back
        ├── CheckpointDamagedError   what was kept does not read back
        ├── CheckpointVersionError   what was kept was written by a newer release
        ├── LeaseHeldError           another runner holds the run
        └── LeaseLostError           this runner held the run and lost it
"""

from __future__ import annotations

from datetime import datetime


class RetainError(Exception):
    """Base of every error that Retain raises on purpose."""

    transient: bool = False


class TransientError(RetainError):
    """A failure that another attempt may cure.

    Args:
        message: What happened.
        retry_after: Seconds to wait before the next attempt, when the other side said so.
    """

    transient = True

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class DatabaseBusyError(TransientError):
    """Another process holds the database's write lock for too long."""


class ModelBusyError(TransientError):
    """A model's server is busy, out of reach or too slow."""


class SuspendError(RetainError):
    """A state raises it to suspend its run, which has not failed; a resume goes on from there."""


class BudgetError(SuspendError):
    """What a run or a command may spend is spent; the message says how to go on."""


class PermanentError(RetainError):
    """A failure that no further attempt can cure."""


class InputError(PermanentError, ValueError):
    """The caller's input cannot be used; the message says what to do."""


class SourceError(InputError):
    """A file or text cannot be retained.

    Args:
        source: The path or source id.
        reason: What is wrong, and what to do about it.
    """

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"{source}: {reason}")
        self.source = source
        self.reason = reason


class RecordError(InputError):
    """A record of an exported bank cannot be imported; nothing of the bank was.

    Args:
        number: Which, from 1; an export has one a line.
        reason: What is wrong with it, and what to do.
    """

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(f"line {number}: {reason}")
        self.number = number
        self.reason = reason


class NotFoundError(PermanentError, LookupError):
    """There is no such source, run or bank."""


class MissingServiceError(PermanentError):
    """A state needs a service that the run was not given."""

    def __init__(self, state: str, service: str) -> None:
        super().__init__(f"{state} needs services.{service}, which was not given")
        self.state = state
        self.service = service


class MissingExtraError(PermanentError, ImportError):
    """A dependency is not installed; the message says what to install."""


class ForgetError(PermanentError):
    """A source could not be forgotten to the end; what was done stays done.

    Args:
        source: Its id.
        reason: Why.
    """

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"could not forget {source!r}: {reason}: `retain resume` goes on with it")
        self.source = source
        self.reason = reason


class DatabaseError(PermanentError, OSError):
    """The database cannot be opened, read or written."""


class DatabaseDamagedError(DatabaseError):
    """The file is no database, or parts of it do not read back."""


class ModelError(PermanentError, RuntimeError):
    """A model cannot be asked, or its answer cannot be used."""


class ModelRefusedError(ModelError):
    """The model's server refuses the key or does not know the model: no call will do better."""


class UnknownModelError(ModelRefusedError):
    """The model's server does not know it; it may know others."""


class AnswerError(ModelError):
    """The model's answer is not what was asked for; the message says how not."""


class TruncatedError(ModelError):
    """The model's answer was cut at its greatest length."""


class CheckpointError(PermanentError, RuntimeError):
    """A run's progress cannot be kept or read back."""


class CheckpointDamagedError(CheckpointError):
    """What was kept of a run does not read back.

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


class CheckpointVersionError(CheckpointError):
    """What was kept of a run was written by a newer release.

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


class LeaseHeldError(CheckpointError):
    """Another runner holds the run.

    Args:
        bank_id: The run's bank.
        source_id: The run's source.
        holder: Who holds it, readable.
        expires_at: When its lease ends unless it is renewed, UTC.
    """

    def __init__(self, bank_id: str, source_id: str, holder: str, expires_at: datetime) -> None:
        super().__init__(
            f"{source_id!r} in bank {bank_id!r} is being run by {holder} "
            f"(lease until {expires_at:%H:%M:%S} UTC): wait for it, or stop it"
        )
        self.bank_id = bank_id
        self.source_id = source_id
        self.holder = holder
        self.expires_at = expires_at


class LeaseLostError(CheckpointError):
    """This runner held the run and lost it; it must not save."""

    def __init__(self, bank_id: str, source_id: str) -> None:
        super().__init__(
            f"the lease on {source_id!r} in bank {bank_id!r} was lost to another runner: "
            "this run stops here, the other one goes on"
        )
        self.bank_id = bank_id
        self.source_id = source_id
