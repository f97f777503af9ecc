"""How near the estimates of tokens come: ``python -m benchmarks.token_estimates PATH…``.

A PATH is a folder of Markdown, or a file of LoCoMo conversations (``.json``). Each of its sections
is estimated as it is asked about, and so is what the local rules answer. LLaMA 2's vocabulary comes
with the package; those of o200k and cl100k with ``pip install bpe-openai``, if that is there.
"""

from __future__ import annotations

import argparse
import importlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.recall_data import conversations
from retain.memory.model import Limits
from retain.providers.embedders.pieces import Pieces
from retain.providers.llm.formats import facts_data
from retain.providers.llm.prompts import prompt
from retain.providers.llm.standin import StandIn
from retain.providers.llm.tokens import estimate, upper_bound
from retain.sources.reader import parse_text

ANSWER_TOKENS = 100_000
ROOT = Path(__file__).parents[1]
PIECES = ROOT / "src" / "retain" / "providers" / "embedders" / "data" / "static-pieces.json"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    counts = dict(_counts())
    row = "{:<28}{:<8}{:>7}{:>10}{:>8}{:>8}{:>8}{:>8}{:>7}"
    print(row.format("texts", "", "n", "tokens", "sum", "mean", "p95", "bound", "under"))
    for path in options.parse_args().paths:
        for what, texts in _texts(path).items():
            for name, count in counts.items():
                cells = _compared(texts, count)
                print(row.format(f"{path.name[:18]} {what}", name, len(texts), *cells))


def _texts(path: Path) -> dict[str, list[str]]:
    """What is asked about the sections of all sources, and what is answered."""
    asked: list[str] = []
    for text in _sources(path):
        read = parse_text(text, source_id="source.md", reference_date=None, limits=Limits())
        asked += [facts_data(one, text[one.start : one.end]) for one in read.sections]
    answer = StandIn().answer
    answers = [answer(prompt("facts").request(data, ANSWER_TOKENS)).text for data in asked]
    return {"asked": asked, "answers": answers}


def _sources(path: Path) -> list[str]:
    if path.is_dir():
        return [one.read_text(encoding="utf-8") for one in sorted(path.rglob("*.md"))]
    return [conversation.text for conversation in conversations(path)]


def _compared(texts: list[str], count: Callable[[str], int]) -> list[str]:
    """The tokens, the estimates' sum to theirs, errors, and the bounds' sum and failures."""
    true = [count(text) for text in texts]
    near = [estimate(text) for text in texts]
    bounds = [upper_bound(text) for text in texts]
    errors = sorted(abs(a - b) / max(b, 1) for a, b in zip(near, true, strict=True))
    return [
        str(sum(true)),
        f"{sum(near) / sum(true):.3f}",
        f"{sum(errors) / len(errors):.1%}",
        f"{errors[int(0.95 * len(errors))]:.1%}",
        f"{sum(bounds) / sum(true):.2f}",
        str(sum(bound < tokens for bound, tokens in zip(bounds, true, strict=True))),
    ]


def _counts() -> Iterator[tuple[str, Callable[[str], int]]]:
    pieces = Pieces(json.loads(PIECES.read_text(encoding="utf-8")))
    try:
        ranks = importlib.import_module("bpe_openai")
    except ImportError:
        pass
    else:
        for name in ("o200k", "cl100k"):
            encode = ranks.get_encoding(f"{name}_base").encode
            yield name, lambda text, encode=encode: len(encode(text))
    yield "llama2", lambda text: len(pieces.encode(text))


if __name__ == "__main__":
    main()
