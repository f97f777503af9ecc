"""The commands that keep a bank sound: lint, rebuild and reembed."""

from __future__ import annotations

import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from retain.app import views
from retain.cli.bridge import DONE, FAILED, Interrupted, with_memory
from retain.cli.options import (
    AsJson,
    Bank,
    Db,
    Embedder,
    EmbedderUrl,
    bank_or_default,
    model_settings,
    with_embedder,
)
from retain.cli.output import one_line, plural, print_json, say, took

if TYPE_CHECKING:
    from retain.app.memory import Memory
    from retain.app.reembed import Progress


def lint(
    fix: Annotated[bool, typer.Option("--fix", help="Fix what is safe to fix.")] = False,
    bank: Bank = None,
    db: Db = None,
    as_json: AsJson = False,
) -> int:
    """Check a bank for problems.

    Reports facts that contradict each other, facts whose quote is not in their source, pages that
    differ from the facts, references to what is deleted, and runs that failed. --fix never deletes
    what a source says.
    """
    bank_id = bank_or_default(bank)
    findings = with_memory(lambda memory: memory.banks.lint(bank_id=bank_id, fix=fix), db)
    left = [finding for finding in findings if not finding.fixed]
    if as_json:
        print_json([views.plain(finding) for finding in findings])
        return FAILED if left else DONE
    for finding in findings:
        place = "" if finding.source_id is None else f"{one_line(finding.source_id)}: "
        if finding.source_id is not None and finding.line is not None:
            place = f"{one_line(finding.source_id)}:{finding.line}: "
        mark = "  (fixed)" if finding.fixed else ""
        say(f"{finding.kind:<16} {place}{one_line(finding.message, 300)}{mark}")
    if not findings:
        say(f"bank {one_line(bank_id)}: nothing is wrong")
    else:
        fixed = len(findings) - len(left)
        say(f"{plural(len(findings), 'finding')}, {fixed} fixed, {len(left)} left")
    return FAILED if left else DONE


def rebuild(bank: Bank = None, db: Db = None, as_json: AsJson = False) -> int:
    """Derive everything again from the sources' facts.

    That is: which facts supersede which, entities, pages, topics and the search index. What the
    sources say stays as it is.
    """
    bank_id = bank_or_default(bank)
    began = time.perf_counter()
    with_memory(lambda memory: memory.banks.rebuild(bank_id=bank_id), db)
    if as_json:
        print_json(views.rebuilt(bank_id))
    else:
        say(f"rebuilt bank {one_line(bank_id)} in {took((time.perf_counter() - began) * 1000)}")
    return DONE


def reembed(
    bank: Bank = None,
    db: Db = None,
    embedder: Embedder = None,
    embedder_url: EmbedderUrl = None,
    as_json: AsJson = False,
) -> int:
    """Replace a bank's vectors by those of another embedder.

    The vectors are what recall compares meanings with. An interrupted command can be repeated; it
    continues where it stopped.
    """
    bank_id = bank_or_default(bank)
    settings = with_embedder(model_settings(None, None, None), embedder, embedder_url)

    async def work(memory: Memory) -> tuple[int, str]:
        with _shown(not as_json) as progress:
            return await memory.banks.reembed(bank_id=bank_id, progress=progress)

    try:
        number, model = with_memory(work, db, settings)
    except Interrupted as exc:
        raise Interrupted("interrupted: finished sections are kept; run it again to go on") from exc
    if as_json:
        print_json(views.reembedded(bank_id, model, number))
    else:
        say(f"embedded {plural(number, 'section')} of bank {one_line(bank_id)} with {model}")
    return DONE


@contextmanager
def _shown(shown: bool) -> Generator[Progress | None, None, None]:
    """A progress bar on stderr, if it is a terminal."""
    if not shown or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("embedding", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
