"""What a bank means: versions, facts, entities, edges, pages and the log, over any store."""

from retain.bank.derived import BankRules, Derived
from retain.bank.search import BankSearch
from retain.bank.store import BankStore, CorrectionKind

__all__ = ["BankRules", "BankSearch", "BankStore", "CorrectionKind", "Derived"]
