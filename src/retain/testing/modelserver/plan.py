"""What a scripted server does with which request: its latency, its faults and their rules."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Status:
    """An error of HTTP, at once.

    Args:
        code: 401, 404, 429, 500, 503 or another.
        retry_after: What the header ``Retry-After`` says, in seconds; None: it is not sent.
    """

    code: int
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Hang:
    """No answer, until the client leaves."""


@dataclass(frozen=True, slots=True)
class Drop:
    """The connection is closed: before the answer, or in the middle of its body."""

    where: Literal["before", "within"] = "before"


@dataclass(frozen=True, slots=True)
class Late:
    """The answer, so many seconds later than others."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Trickle:
    """The answer, a byte every so many seconds."""

    seconds: float = 1.0


SpoilKind = Literal[
    "truncated",
    "wrong schema",
    "refusal",
    "length",
    "huge",
    "false quote",
    "escapes",
    "half pairs",
    "duplicate keys",
    "code block",
    "empty",
]


@dataclass(frozen=True, slots=True)
class Spoil:
    r"""An answer that is not as it was asked for; vectors stay as they are.

    Args:
        kind: ``truncated``: JSON without its end. ``wrong schema``: JSON of another form.
            ``refusal``: none, but words that refuse. ``length``: cut at its greatest length, which
            it says. ``huge``: 10 MB. ``false quote``: one more fact, whose quote stands nowhere.
            ``escapes``: letters as ``\uXXXX``, and a pair for an emoji. ``half pairs``: half of
            such a pair, which is no text. ``duplicate keys``: the first key twice, the right value
            last. ``code block``: in a block of Markdown. ``empty``: nothing.
    """

    kind: SpoilKind


Fault = Status | Hang | Drop | Late | Trickle | Spoil

FAULTS: Mapping[str, Fault] = {
    "429": Status(429, retry_after=0.05),
    "500": Status(500),
    "503": Status(503),
    "401": Status(401),
    "hang": Hang(),
    "drop": Drop(),
    "drop-within": Drop("within"),
    "trickle": Trickle(),
    "truncated": Spoil("truncated"),
    "wrong-schema": Spoil("wrong schema"),
    "refusal": Spoil("refusal"),
    "length": Spoil("length"),
    "huge": Spoil("huge"),
    "false-quote": Spoil("false quote"),
    "escapes": Spoil("escapes"),
    "half-pairs": Spoil("half pairs"),
    "duplicate-keys": Spoil("duplicate keys"),
    "code-block": Spoil("code block"),
    "empty": Spoil("empty"),
}
"""The faults by the names that the command line knows them by."""


def name_of(fault: Fault) -> str:
    """What the log calls a fault: the name in `FAULTS`, wherever its numbers differ."""
    match fault:
        case Status(code):
            return str(code)
        case Spoil(kind):
            return kind.replace(" ", "-")
        case Drop("within"):
            return "drop-within"
        case _:
            return type(fault).__name__.lower()


@dataclass(frozen=True, slots=True)
class Asked:
    """What a rule sees of a request.

    Args:
        number: Its number at this server, from 1.
        time: How often the same has been asked here, this time included.
        key: Equal for equal requests.
        purpose: The purpose, ``embeddings``, or ``unknown``.
        text: The texts that it holds, one below the other.
    """

    number: int
    time: int
    key: str
    purpose: str
    text: str


@dataclass(frozen=True, slots=True)
class Rule:
    """Which requests meet a fault: those that meet every condition that is set.

    Args:
        faults: One of them, drawn for each request.
        numbers: Their numbers at the server, from 1: ``range(5, 8)``, ``{1}``.
        times: How often the same has been asked: ``{1}`` for first attempts only.
        containing: What stands in one of their texts.
        purpose: What they are for.
        share: The part of the others that does, drawn with the plan's seed from what is asked and
            how often it was, so that the order in which requests arrive changes nothing.
    """

    faults: Sequence[Fault]
    numbers: Container[int] | None = None
    times: Container[int] | None = None
    containing: str | None = None
    purpose: str | None = None
    share: float = 1.0

    def concerns(self, asked: Asked) -> bool:
        """Whether every condition but the draw is met."""
        return (
            (self.numbers is None or asked.number in self.numbers)
            and (self.times is None or asked.time in self.times)
            and (self.containing is None or self.containing in asked.text)
            and (self.purpose is None or self.purpose == asked.purpose)
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """How a scripted server behaves.

    Args:
        latency: How long an answer takes from when its request has been read, in seconds.
        rules: The first that applies decides.
        seed: Another one draws other faults.
        max_answer_tokens: Longer answers are cut there, whatever the request allows.
        key: The key that a client must send; None: any or none.
        models: The models that there are; none: any name is one.
        obeys: See `StandIn`.
        gullible: See `StandIn`.
    """

    latency: float = 0.0
    rules: Sequence[Rule] = ()
    seed: int = 0
    max_answer_tokens: int | None = None
    key: str | None = None
    models: Sequence[str] = ()
    obeys: bool = False
    gullible: bool = False

    def fault(self, asked: Asked) -> Fault | None:
        """What happens to a request; None: nothing."""
        for n, rule in enumerate(self.rules):
            if rule.concerns(asked) and self._draw(n, "whether", asked) < rule.share:
                return rule.faults[int(self._draw(n, "which", asked) * len(rule.faults))]
        return None

    def _draw(self, rule: int, what: str, asked: Asked) -> float:
        """A number from 0 up to and without 1."""
        seen = f"{self.seed} {rule} {what} {asked.key} {asked.time}"
        return int.from_bytes(hashlib.sha256(seen.encode()).digest()[:6]) / 2**48
