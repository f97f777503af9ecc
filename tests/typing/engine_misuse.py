"""Mistakes that the checker must see: every line marked so is an error in strict mode."""

from __future__ import annotations

from retain.engine import Complete, Failed, RetainFSM, RunContext


async def takes_text(ctx: RunContext, services: str) -> Complete:
    return Complete()


async def returns_number(ctx: RunContext, services: None) -> int:
    return 1


def plain(ctx: RunContext, services: None) -> str:
    return "READ"


fsm = RetainFSM[RunContext, None](None)
fsm.register("INIT", takes_text)  # error: these are not the machine's services
fsm.register("INIT", returns_number)  # error: no result
fsm.register("INIT", plain)  # error: not async
fsm.register("INIT", takes_text, to=[Failed("no")])  # error: failing is no target
fsm.register("INIT", takes_text, retry=3)  # error: not a policy
RetainFSM[int, None](None)  # error: not a context
