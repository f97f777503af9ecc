"""The command that changes a bank's embedder."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import retain
from retain.cli.bridge import DONE, Interrupted, run
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
from retain.cli.output import one_line, plural, print_json, say

if TYPE_CHECKING:
    from retain.app.reembed import Progress


def reembed(
    bank: Bank = None,
    db: Db = None,
    embedder: Embedder = None,
    embedder_url: EmbedderUrl = None,
    as_json: AsJson = False,
) -> int:
    """Embed a bank anew with another embedder; what is done is not done again."""
    bank_id = bank_or_default(bank)
    settings = with_embedder(model_settings(None, None, None), embedder, embedder_url)

    async def work() -> tuple[int, str]:
        async with retain.Memory.open(db, settings=settings) as memory:
            with _shown(not as_json) as progress:
                return await memory.reembed(bank_id=bank_id, progress=progress)

    try:
        count, model = run(work())
    except Interrupted as exc:
        raise Interrupted("interrupted: what was embedded is kept; run it again to go on") from exc
    if as_json:
        print_json({"bank_id": bank_id, "model": model, "embedded": count})
    else:
        say(f"embedded {plural(count, 'section')} of bank {one_line(bank_id)} with {model}")
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
