"""How good extracted facts are: ``python -m benchmarks.facts_quality [--model PROVIDER:NAME]``.

With a model, its facts are compared as well as those of the local rules. Its answers are kept in a
journal: with ``--journal FOLDER``, asking again costs nothing.

An expected and an extracted fact match if the Dice coefficient of their words, articles and
punctuation aside, is at least 0.8, they hold the same numbers, both or neither are negated, and
the subject is the expected one where an item names it. Each fact matches at most one other. Types
are judged on matches; dates on those matches where either side has a date, both ends equal; slots
on those where a slot is expected, name and value equal.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from retain.app.backends import open_backend
from retain.app.wiring import Parts, outside
from retain.config import Settings, parse_price
from retain.errors import RetainError
from retain.memory.call_context import in_call_context
from retain.memory.model import Fact, Limits, Section
from retain.memory.moments import aware
from retain.memory.ports import Extractor
from retain.providers.local.dedupe import dedupe_facts
from retain.providers.local.facts import extract_facts
from retain.sources.reader import parse_text

HERE = Path(__file__).parents[1] / "tests" / "quality"
TUNED = HERE / "facts_tuned.jsonl"
HELD_OUT = HERE / "facts_held_out.jsonl"
SAME = 0.8
_ARTICLES = {"a", "an", "the"}
_NEGATIVE = re.compile(r"n't|\b(?:not|no|never|nobody|nothing|cannot)\b")


@dataclass
class Score:
    """Counts over a data set, and the ratios that they give."""

    items: int = 0
    expected: int = 0
    found: int = 0
    matched: int = 0
    types: int = 0
    dated: int = 0
    dates: int = 0
    slotted: int = 0
    slots: int = 0

    @property
    def precision(self) -> float:
        return self.matched / max(self.found, 1)

    @property
    def recall(self) -> float:
        return self.matched / max(self.expected, 1)

    @property
    def f1(self) -> float:
        return 2 * self.matched / max(self.found + self.expected, 1)

    @property
    def type_accuracy(self) -> float:
        return self.types / max(self.matched, 1)

    @property
    def date_accuracy(self) -> float:
        return self.dates / max(self.dated, 1)

    @property
    def slot_accuracy(self) -> float:
        return self.slots / max(self.slotted, 1)

    def __str__(self) -> str:
        return (
            f"{self.items} items, {self.expected} facts expected, {self.found} found: "
            f"precision {self.precision:.3f}, recall {self.recall:.3f}, F1 {self.f1:.3f}; "
            f"types {self.type_accuracy:.3f}, dates {self.date_accuracy:.3f} of {self.dated}, "
            f"slots {self.slot_accuracy:.3f} of {self.slotted}"
        )


@dataclass(frozen=True)
class Outcome:
    """What came of one item: pairs of (expected, found), either of which may be missing."""

    item: dict[str, Any]
    pairs: list[tuple[dict[str, Any] | None, Fact | None]]


def load(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def evaluate(
    path: Path, finding: Callable[[dict[str, Any]], list[Fact]] | None = None
) -> tuple[Score, list[Outcome]]:
    """Extract the facts of every item and compare them.

    Args:
        path: The items.
        finding: Finds the facts of an item; the default is by the local rules.
    """
    score, outcomes = Score(), []
    for item in load(path):
        outcome = Outcome(item, _pairs(item["facts"], (finding or facts_of)(item)))
        outcomes.append(outcome)
        score.items += 1
        for expected, found in outcome.pairs:
            _count(score, expected, found)
    return score, outcomes


def facts_of(item: dict[str, Any]) -> list[Fact]:
    text, sections = source_of(item)
    return dedupe_facts(extract_facts(text, sections), item["id"]).facts


def source_of(item: dict[str, Any]) -> tuple[str, list[Section]]:
    """The item as a source: turns become a transcript, anything else is read as Markdown."""
    said = item["said_at"]
    said_at = aware(datetime.fromisoformat(said)) if said else None
    if "text" in item:
        parsed = parse_text(
            item["text"], source_id=item["id"], reference_date=said_at, limits=Limits()
        )
        return item["text"], list(parsed.sections)
    text, sections = "", list[Section]()
    for number, (speaker, words) in enumerate(item["turns"]):
        turn = f"**{speaker}:** {words}"
        span = (len(text), len(text) + len(turn))
        sections.append(Section(f"s{number}", number, "turn", 0, (), *span, 1, 1, speaker, said_at))
        text += turn + "\n\n"
    return text, sections


def _pairs(
    expected: list[dict[str, Any]], found: list[Fact]
) -> list[tuple[dict[str, Any] | None, Fact | None]]:
    left, pairs = list(found), list[tuple[dict[str, Any] | None, Fact | None]]()
    for one in expected:
        best = max(left, key=lambda fact: _likeness(one, fact), default=None)
        if best is not None and _likeness(one, best) >= SAME:
            left.remove(best)
            pairs.append((one, best))
        else:
            pairs.append((one, None))
    return pairs + [(None, fact) for fact in left]


def _likeness(expected: dict[str, Any], fact: Fact) -> float:
    told, wanted = fact.text.lower(), expected["text"].lower()
    if bool(_NEGATIVE.search(told)) != bool(_NEGATIVE.search(wanted)):
        return 0.0
    if re.findall(r"\d+", told) != re.findall(r"\d+", wanted):
        return 0.0
    if "subject" in expected and _bare(expected["subject"]) != _bare(fact.subject or ""):
        return 0.0
    one, other = _words(told), _words(wanted)
    both = sum((one & other).values())
    return 2 * both / max(one.total() + other.total(), 1)


def _words(text: str) -> Counter[str]:
    return Counter(word for word in re.findall(r"[\w']+", text) if word not in _ARTICLES)


def _bare(subject: str) -> str:
    return subject.casefold().removeprefix("the ")


def _count(score: Score, expected: dict[str, Any] | None, found: Fact | None) -> None:
    score.expected += expected is not None
    score.found += found is not None
    if expected is None or found is None:
        return
    score.matched += 1
    score.types += found.type == expected["type"]
    wanted = tuple(expected.get("occurred", (None, None)))
    told = tuple(
        moment and moment.date().isoformat()
        for moment in (found.occurred_start, found.occurred_end)
    )
    if any(wanted) or any(told):
        score.dated += 1
        score.dates += wanted == told
    if "slot" in expected:
        score.slotted += 1
        same = (found.slot, _bare(found.value or "")) == (
            expected["slot"],
            _bare(expected["value"]),
        )
        score.slots += same


@dataclass
class Asked:
    """What a model was asked, and what came of it.

    Args:
        facts: The facts of each item, by its id.
        lost: Why a section of an item gave nothing.
        quarantined: How many facts had a quote that is not in the text.
    """

    facts: dict[str, list[Fact]]
    lost: list[str]
    quarantined: int = 0


async def ask(settings: Settings, folder: Path, items: list[dict[str, Any]]) -> Asked:
    """Have the settings' model read every item; the journal in `folder` keeps its answers."""
    backend = open_backend(f"sqlite:///{folder / 'memory.db'}", settings)
    parts = Parts(backend, settings, outside(backend.journal, settings))
    asked = Asked({}, [])
    try:
        assert settings.choice is not None
        extractor = parts.models.of(settings.choice).extractor
        async with asyncio.TaskGroup() as group:
            for item in items:
                group.create_task(_ask(extractor, item, asked))
        spent, hits = parts.models.spent, parts.models.hits
        print(f"{settings.model}: {spent.calls} calls, {spent.tokens:,} tokens", end="")
        print(f", ${spent.cost:.4f}" if spent.cost else "", end="")
        print(f"; {hits} answers from the journal")
    finally:
        await parts.close()
    return asked


async def _ask(extractor: Extractor, item: dict[str, Any], asked: Asked) -> None:
    text, sections = source_of(item)
    with in_call_context("facts quality", item["id"], "EXTRACT_FACTS"):
        found = await extractor.extract(text, sections, among=sections)
    asked.quarantined += len(found.quarantined)
    asked.lost += [*found.failed.values(), *found.truncated.values()]
    asked.facts[item["id"]] = list((await extractor.dedupe(found.facts, item["id"])).facts)


def main() -> None:
    """Print the scores of both halves: of the local rules, and of a model if one is named."""
    args = _arguments()
    halves = {"tuned on": TUNED, "held out": HELD_OUT}
    for label, path in halves.items():
        print(f"{label}: {evaluate(path)[0]}")
    if args.model is None:
        return
    settings = Settings(
        db="",
        model=args.model,
        base_url=args.base_url,
        price=parse_price(args.price, "--price"),
        concurrency=args.concurrency,
    )
    items = [item for path in halves.values() for item in load(path)]
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.journal or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            asked = asyncio.run(ask(settings, folder, items))
        except* RetainError as exc:
            raise SystemExit(str(exc.exceptions[0])) from exc
    for label, path in halves.items():
        score, _ = evaluate(path, lambda item: asked.facts[item["id"]])
        print(f"{label}, {args.model}: {score}")
    print(f"{asked.quarantined} facts had quotes that are not in the text, and do not count")
    for reason, times in Counter(asked.lost).most_common():
        print(f"{times} sections gave nothing: {reason}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.facts_quality", description=__doc__)
    parser.add_argument("--model", metavar="PROVIDER:NAME")
    parser.add_argument("--base-url", metavar="URL", help="where its server is")
    parser.add_argument("--price", metavar="IN/OUT", help="dollars for a million tokens")
    parser.add_argument("--concurrency", type=int, default=8, metavar="N", help="calls at once")
    parser.add_argument("--journal", type=Path, metavar="FOLDER", help="where answers are kept")
    return parser.parse_args()


if __name__ == "__main__":
    main()
