"""A model's server for tests: real HTTP on loopback, answers by the local rules, faults by a plan.

It speaks OpenAI's chat completions and embeddings, so a pipeline that is given a model can be
tested as it is, and what it asked be counted::

    from retain.testing.modelserver import ModelServer, Plan, Rule, Status

    plan = Plan(latency=0.2, rules=[Rule([Status(429, retry_after=1)], share=0.1)], seed=7)
    with ModelServer(plan) as server:
        ...  # give server.url to what is tested as its base URL
        assert server.log.counts.distinct == 12

Other processes reach one that ``python -m retain.testing.modelserver`` starts; see `served`.
"""

from retain.testing.modelserver.log import Counts, Entry, RequestLog, counted, read_log
from retain.testing.modelserver.plan import (
    FAULTS,
    Drop,
    Fault,
    Hang,
    Late,
    Plan,
    Rule,
    Spoil,
    Status,
    Trickle,
)
from retain.testing.modelserver.process import served
from retain.testing.modelserver.server import ModelServer

__all__ = [
    "FAULTS",
    "Counts",
    "Drop",
    "Entry",
    "Fault",
    "Hang",
    "Late",
    "ModelServer",
    "Plan",
    "RequestLog",
    "Rule",
    "Spoil",
    "Status",
    "Trickle",
    "counted",
    "read_log",
    "served",
]
