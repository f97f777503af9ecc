"""How long a megabyte of each kind takes to read, and how much memory, or a large export.

python -m benchmarks.reading                  # every kind
python -m benchmarks.reading telegram csv     # some kinds
python -m benchmarks.reading --export-mb 200  # an export of many conversations, streamed
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time

import psutil

from retain.errors import SourceError
from retain.memory.model import Limits, LoadedText
from retain.sources.formats import Sample, file_format
from retain.sources.reader import FileReader

SIZE = 1_000_000
WORDS = (
    "We sailed to Reine and mended the mast; the harbour was quiet. On Friday Odd brings paint, "
    "and Gro asks who will cook for the crew when the fishing begins."
)
Maker = Callable[[int], str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=", ".join(KINDS))
    parser.add_argument("--export-mb", type=int, help="Measure an export of that size instead.")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="retain-reading-") as folder:
        if given.export_mb:
            export(Path(folder), given.export_mb)
            return
        head = f"{'kind':<22}{'MB':>6}{'CPU s':>8}{'x size':>9}{'sections':>10}"
        print(f"{head}{'convert CPU s':>15}{'x size':>9}")
        for kind in given.kinds or KINDS:
            one(Path(folder), kind)


def one(folder: Path, kind: str) -> None:
    """Print what the reading of one kind costs: time without, memory with the tracer.

    Files that are converted first are, in a process of their own; that is measured in this one.
    """
    file = folder / f"sample{KINDS[kind][0]}"
    file.write_text(made(kind), encoding="utf-8")
    size = file.stat().st_size
    seconds, _, _ = measured(lambda: asyncio.run(read(file)), traced=False)
    _, most, sections = measured(lambda: asyncio.run(read(file)), traced=True)
    line = f"{kind:<22}{size / 1e6:>6.2f}{seconds:>8.2f}{most / size:>9.1f}{sections:>10,}"
    how = file_format(Sample(file.name, file.read_bytes()))
    if how is not None:

        def convert() -> int:
            return len(how.convert(file.read_bytes(), file.name, 10 * size).text)

        convert()  # what is loaded once is loaded
        seconds, _, _ = measured(convert, traced=False)
        _, most, _ = measured(convert, traced=True)
        line += f"{seconds:>15.2f}{most / size:>9.1f}"
    print(line)


def measured(work: Callable[[], int], *, traced: bool) -> tuple[float, int, int]:
    """The CPU seconds of some work, the most bytes that it takes if traced, and its result."""
    if traced:
        tracemalloc.start()
    began = process_time()
    result = work()
    seconds = process_time() - began
    most = tracemalloc.get_traced_memory()[1] if traced else 0
    tracemalloc.stop()
    return seconds, most, result


async def read(file: Path) -> int:
    """The number of sections in a file, read as `retain ingest` reads it."""
    reader, sections = FileReader(Limits()), 0
    try:
        async for source_id, loaded in reader.parts(file.name, str(file)):
            if not isinstance(loaded, LoadedText):
                raise loaded or SourceError(source_id, "cannot be loaded")
            document = await reader.parse(
                loaded.text, source_id=source_id, reference_date=None, provenance=loaded.provenance
            )
            sections += len(document.sections)
    finally:
        reader.close()
    return sections


def export(folder: Path, wanted_mb: int) -> None:
    """Print what the reading of a large export costs, conversation by conversation."""
    file, talk = folder / "conversations.json", [{"sender": "human", "text": WORDS * 16}] * 50
    with file.open("w", encoding="utf-8") as out:
        out.write("[")
        for number in range(wanted_mb * 1_000_000 // len(json.dumps(talk))):
            held = {"uuid": f"c{number}", "name": "Talk", "chat_messages": talk}
            out.write(("," if number else "") + json.dumps(held))
        out.write("]")
    process = psutil.Process(os.getpid())
    asyncio.run(read_beginning(file))
    before, began = process.memory_info().rss, perf_counter()
    sections = asyncio.run(read(file))
    grown = process.memory_info().rss - before
    megabytes = file.stat().st_size / 1e6
    print(
        f"{megabytes:.0f} MB, {sections:,} messages, {perf_counter() - began:.1f} s: "
        f"{grown / 1e6:.0f} MB more at the end than after the first 1,000 conversations"
    )


async def read_beginning(file: Path) -> None:
    """Read 1,000 conversations, so that what is loaded once is loaded."""
    reader, count = FileReader(Limits()), 0
    async for source_id, loaded in reader.parts(file.name, str(file)):
        if isinstance(loaded, LoadedText):
            await reader.parse(loaded.text, source_id=source_id, reference_date=None)
        count += 1
        if count == 1_000:
            break
    reader.close()


def made(kind: str) -> str:
    """A text of a kind, of about a megabyte."""
    _, before, each, after, between = KINDS[kind]
    parts, size, number = list[str](), 0, 0
    while size < SIZE:
        parts.append(each(number))
        size += len(parts[-1])
        number += 1
    return before + between.join(parts) + after


def _json(**fields: object) -> str:
    return json.dumps(fields, ensure_ascii=False)


def _mail(n: int) -> str:
    head = "From a Thu May  2 10:00:00 2024\nFrom: Odd <o@x.example>\n"
    return f"{head}Subject: {n}\nMessage-ID: <{n}@x>\n\n" + f"{WORDS}\n" * 20


def _telegram(n: int) -> str:
    return _json(
        id=n, type="message", date_unixtime=f"{1714557600 + n}", **{"from": "Odd"}, text=WORDS
    )


def _tree(n: int) -> str:
    author = {"role": "user" if n % 2 else "assistant"}
    message = {"id": f"m{n}", "author": author, "content": {"parts": [WORDS]}}
    return f'"m{n}": ' + _json(
        id=f"m{n}", message=message, parent=f"m{n - 1}" if n else None, children=[]
    )


KINDS: dict[str, tuple[str, str, Maker, str, str]] = {
    "messages": (".json", "[", lambda n: _json(role="user", content=WORDS), "]", ","),
    "json-lines": (".jsonl", "", lambda n: _json(role="user", content=WORDS), "", "\n"),
    "telegram": (
        ".json",
        '{"name": "A", "type": "personal_chat", "id": 1, "messages": [',
        _telegram,
        "]}",
        ",",
    ),
    "chatgpt": (".json", '{"title": "A", "mapping": {', _tree, "}}", ","),
    "slack": (
        ".json",
        "[",
        lambda n: _json(
            type="message", user="U1", ts=f"{1714557600 + n}.0001", text=f"<@U1> {WORDS} &amp;"
        ),
        "]",
        ",",
    ),
    "messenger": (
        ".json",
        '{"participants": [{"name": "A"}], "thread_path": "a", "messages": [',
        lambda n: _json(
            sender_name="Zo\u00c3\u00ab", timestamp_ms=1714557600000 - n, content=WORDS
        ),
        "]}",
        ",",
    ),
    "whatsapp": (".txt", "", lambda n: f"21/05/24, 09:{n % 60:02} - Odd Mo: {WORDS}", "\n", "\n"),
    "whatsapp-emoji": (
        ".txt",
        "",
        lambda n: f"21/05/24, 09:{n % 60:02} - Odd Mo: {WORDS} \U0001f600",
        "\n",
        "\n",
    ),
    "captions": (
        ".vtt",
        "WEBVTT\n\n",
        lambda n: f"00:00:0{n % 9}.000 --> 00:00:09.000\n<v Odd>{WORDS}</v>",
        "\n",
        "\n\n",
    ),
    "dialogue": (
        ".md",
        "# Talk\n\n",
        lambda n: f"**{('Odd', 'Mia')[n % 2]}:** {WORDS}",
        "\n",
        "\n\n",
    ),
    "markdown": (".md", "", lambda n: f"# Heading {n}\n\n" + f"{WORDS} " * 5, "\n", "\n\n"),
    "list": (".md", "# Notes\n\n", lambda n: f"- {WORDS}", "\n", "\n"),
    "table": (
        ".md",
        "| id | vessel | note |\n|-|-|-|\n",
        lambda n: f"| {n} | Alk | {WORDS} |",
        "\n",
        "\n",
    ),
    "mbox": (
        ".mbox",
        "",
        _mail,
        "\n",
        "\n",
    ),
    "records": (".json", "[", lambda n: _json(id=n, vessel=f"Alk-{n}", note=WORDS), "]", ","),
    "csv": (".csv", "id,vessel,note\n", lambda n: f'{n},Alk-{n},"{WORDS}"', "\n", "\n"),
    "notebook": (
        ".ipynb",
        '{"nbformat": 4, "cells": [',
        lambda n: _json(cell_type="markdown", source=[f"# Heading {n}\n", f"{WORDS} " * 5]),
        "]}",
        ",",
    ),
    "org": (".org", "", lambda n: f"* Heading {n}\n" + f"{WORDS} *bold* " * 5, "\n", "\n"),
    "asciidoc": (
        ".adoc",
        "= T\n\n",
        lambda n: f"== Heading {n}\n" + f"{WORDS} *bold* " * 5,
        "\n",
        "\n\n",
    ),
    "latex": (
        ".tex",
        "",
        lambda n: f"\\section{{Heading {n}}}\n" + f"{WORDS} \\textbf{{bold}} " * 5,
        "\n",
        "\n\n",
    ),
    "rst": (
        ".rst",
        "",
        lambda n: f"Heading {n}\n" + "=" * 16 + "\n\n" + f"{WORDS} **bold** " * 5,
        "\n",
        "\n\n",
    ),
    "rtf": (".rtf", "{\\rtf1\\ansi ", lambda n: f"\\pard {WORDS} {{\\b bold}}\\par", "}", "\n"),
    "html": (
        ".html",
        "<html><body>",
        lambda n: f"<h2>Heading {n}</h2><p>" + f"{WORDS} <b>bold</b> " * 5 + "</p>",
        "</body></html>",
        "\n",
    ),
}
"""A kind's suffix, what begins it, how to make its n-th part, what ends it and lies between."""


if __name__ == "__main__":
    sys.exit(main())
