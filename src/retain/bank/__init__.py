"""What a bank means: versions, facts, entities, edges, pages and the log, over any store."""

from retain.bank.store import BankStore, CorrectionKind

__all__ = ["BankStore", "CorrectionKind"]
