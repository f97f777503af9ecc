"""Run the benchmarks: ``python -m benchmarks [SECTION …] [--json FILE] [--dir DIR]``."""

from __future__ import annotations

import argparse
import json
import logging
import shutil
import tempfile
from pathlib import Path

from rich.console import Console

from benchmarks import (
    concurrency,
    durable,
    durable_postgres,
    fanout,
    imports,
    quality,
    stall,
    table,
    transitions,
)
from benchmarks.measure import Group, Settings

SECTIONS = {
    "a": transitions,
    "b": durable,
    "c": concurrency,
    "d": fanout,
    "e": imports,
    "f": stall,
    "g": quality,
    "h": durable_postgres,
}


def main() -> None:
    """Measure the chosen sections, then print one table."""
    args = _arguments()
    chosen = sorted(set(args.sections or SECTIONS))
    logging.disable(logging.WARNING)
    # Beside the code, since /tmp may be memory.
    parent = args.dir or Path(".bench")
    parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="data-", dir=parent)).resolve()
    groups: list[Group] = []
    notes: list[str] = []
    console = Console(stderr=True)
    try:
        with console.status("") as status:
            for key in chosen:
                settings = Settings(
                    folder, args.repetitions, lambda line, key=key: status.update(f"({key}) {line}")
                )
                groups += SECTIONS[key].run(settings)
                notes.append(SECTIONS[key].NOTE)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    table.show(groups, notes)
    if args.json is not None:
        args.json.write_text(json.dumps(table.as_json(groups, notes), indent=2) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help="a to h; all if none")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample there too")
    parser.add_argument("--dir", type=Path, help="where databases go: the disk that is measured")
    parser.add_argument("--repetitions", type=int, help="instead of each section's own number")
    args = parser.parse_args()
    if unknown := set(args.sections) - SECTIONS.keys():
        parser.error(f"no section {', '.join(sorted(unknown))}: there are {', '.join(SECTIONS)}")
    return args


if __name__ == "__main__":
    main()
