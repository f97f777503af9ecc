"""How costs grow with a bank: ``python -m benchmarks.growth MEASURE [OPTION …]``.

CPU is what processors gave to a process, user and system, and so is worth comparing on a machine
that does other work; wall time is printed where nothing else can tell, and is not. With the options
as they are the larger measures take hours; each has an option for its size.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from time import process_time
from typing import Any

from benchmarks import growth_reads, growth_writes
from benchmarks.growth_plot import plot
from benchmarks.growth_table import Table
from benchmarks.table import machine

YARDSTICK = (
    "a yardstick, CPU ms: the same work here and on another day tells how fast the machine is"
)
Measure = Callable[[argparse.Namespace, Path], list[Table]]


def main(words: Sequence[str] | None = None) -> None:
    """Measure what is named, print tables, and keep them where that is asked for."""
    args = _parser().parse_args(words)
    if args.measure == "plot":
        args.svg.write_text(plot(args.measured), encoding="utf-8")
        return
    measure: Measure = args.run
    before = yardstick_ms()
    with tempfile.TemporaryDirectory(dir=args.dir, prefix="retain-growth-") as folder:
        tables = measure(args, Path(folder).resolve())
    tables.append(Table(YARDSTICK, [{"before": before, "after": yardstick_ms()}]))
    for table in tables:
        print(table.text())
    if args.json is not None:
        keep(args.json, args.measure, tables)


def yardstick_ms() -> float:
    """CPU milliseconds of a fixed amount of work, the median of five."""

    def once() -> float:
        began = process_time()
        Counter(hash((number, str(number))) % 4_096 for number in range(200_000))
        return 1e3 * (process_time() - began)

    return statistics.median(once() for _ in range(5))


def keep(file: Path, measure: str, tables: Sequence[Table]) -> None:
    """Write the tables of a measure into a JSON file; those of other measures stay."""
    told: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    told["machine"] = machine()
    told[measure] = {table.title: table.rows for table in tables}
    file.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    measures = parser.add_subparsers(dest="measure", required=True, metavar="MEASURE")

    def add(name: str, run: Measure) -> argparse.ArgumentParser:
        description = (run.__doc__ or "").strip()
        added = measures.add_parser(name, help=description.splitlines()[0], description=description)
        added.set_defaults(run=run)
        added.add_argument("--json", type=Path, metavar="FILE", help="keep the tables there too")
        added.add_argument("--dir", type=Path, help="where databases go: the disk that is measured")
        return added

    def sizes(to: argparse.ArgumentParser, name: str, default: Sequence[int], what: str) -> None:
        to.add_argument(f"--{name}", type=int, nargs="+", default=default, metavar="N", help=what)

    def size(to: argparse.ArgumentParser, name: str, default: int, what: str) -> None:
        to.add_argument(f"--{name}", type=int, default=default, metavar="N", help=what)

    ingest = add("ingest", growth_writes.ingest)
    sizes(ingest, "notes", (250, 500, 1_000, 2_000, 4_000, 8_000), "sizes of the bank")
    for name, run in (("operations", growth_reads.operations), ("recall", growth_reads.recall)):
        reads = add(name, run)
        sizes(reads, "facts", (1_000, 10_000, 100_000), "sizes of the banks")
        reads.add_argument("--cache", type=Path, help="where banks are kept for the next time")
        reads.add_argument("--embedder", default="static")
        size(reads, "repetitions", 5, "how often each command is run")
        if name == "operations":
            reads.add_argument("--only", nargs="+", default=(), help="which of them, by title")
        if name == "recall":
            size(reads, "queries", 100, "how many questions are asked")
            size(reads, "beside", 200, "how many notes are ingested meanwhile")
    chat = add("chat", growth_writes.chat)
    size(chat, "turns", 1_000, "how long the chat gets")
    size(chat, "window", 100, "how many calls make a row")
    chat.add_argument("--whole", action="store_true", help="retain the whole chat each time")
    banks = add("banks", growth_writes.banks)
    size(banks, "banks", 1_000, "how many banks")
    size(banks, "notes", 5, "notes in each")
    processes = add("processes", growth_writes.processes)
    size(processes, "notes", 500, "notes of each process")
    document = add("document", growth_writes.document)
    document.add_argument("--megabytes", type=float, nargs="+", default=(1, 5, 20), metavar="N")
    hot = add("hot", growth_writes.hot)
    size(hot, "values", 4_000, "values of the slot")
    size(hot, "notes", 100, "other notes in the bank")
    churn = add("churn", growth_writes.churn)
    size(churn, "changes", 500, "how many re-ingests and forgets")
    size(churn, "notes", 200, "notes in the bank")

    drawn = measures.add_parser("plot", help="Draw CPU a note against the size of the bank.")
    drawn.add_argument("measured", type=Path, help="a file of `ingest --json`")
    drawn.add_argument("svg", type=Path, help="the picture that is written")
    return parser


if __name__ == "__main__":
    main()
