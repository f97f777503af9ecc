"""Kill an ingest at any instant, resume it, and the bank is that of one that was never killed."""

import json
import random
import shutil
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.commandline import ANA, CHAT, TALK, CommandLine, contents, query, sound, until

KILLS = 50
AT_ONCE = 2
SEED = 20_261
PUT_DOWN = "SELECT count(*) FROM run"
BOXES, NEW = 6, 14
SOURCES = BOXES + NEW + 4
STORED = """
    SELECT count(*) FROM source
    WHERE version = 2 OR source_id NOT LIKE 'boxes/%'
"""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """A bank that holds an earlier version of some sources, and the folder of the new ones."""
    cli = CommandLine(tmp_path_factory.mktemp("kill"))
    write_sources(cli, earlier=True)
    cli("ingest", "folder")
    cli("prune", "--older-than", "0m")
    write_sources(cli, earlier=False)
    return cli


@pytest.fixture(scope="module")
def uninterrupted(prepared: CommandLine, tmp_path_factory: pytest.TempPathFactory):
    """The bank that no kill may be told from, and how long its ingest took once put down."""
    cli = copy_of(prepared, tmp_path_factory.mktemp("whole"))
    with cli.start("ingest", prepared.folder / "folder") as process:
        until(lambda: begun(cli), "the runs to be put down")
        since = time.monotonic()
        until(lambda: query(cli.db, STORED) == [(SOURCES,)], "the last source to be visible")
        took_s = time.monotonic() - since
        assert process.wait() == 0
    assert set(cli.statuses().values()) == {"completed"}
    return contents(cli.db), cli.statuses(), took_s


def test_a_killed_ingest_is_finished_by_resume_and_leaves_the_same_bank(
    prepared: CommandLine, uninterrupted, tmp_path: Path
) -> None:
    expected, statuses, took_s = uninterrupted
    chance = random.Random(SEED)
    # One instant in each of as many equal parts of the ingest.
    waits = [took_s * (n + chance.random()) / KILLS for n in range(KILLS)]
    chance.shuffle(waits)

    def kill_and_resume(number: int) -> str:
        cli = copy_of(prepared, tmp_path / str(number))
        with cli.start("ingest", prepared.folder / "folder") as process:
            until(lambda: begun(cli) or process.poll() is not None, "the runs", every_s=0.0005)
            time.sleep(waits[number])  # the instant itself: any is as good
            process.send_signal(signal.SIGKILL)
            process.wait()
        left = set(cli.statuses().values())
        assert left <= {"completed", "interrupted"}
        cli("resume", "--all")
        assert cli.statuses() == statuses
        assert contents(cli.db) == expected
        sound(cli.db)
        shutil.rmtree(cli.folder)
        return "before the end" if "interrupted" in left else "at the end"

    with ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = list(pool.map(kill_and_resume, range(KILLS)))
    assert outcomes.count("before the end") >= KILLS // 2, outcomes


def begun(cli: CommandLine) -> bool:
    """Whether the sources of the new version are put down; the earlier runs were pruned."""
    return query(cli.db, PUT_DOWN) not in ([], [(0,)])


def copy_of(prepared: CommandLine, folder: Path) -> CommandLine:
    """The same bank elsewhere."""
    folder.mkdir(exist_ok=True)
    cli = CommandLine(folder)
    shutil.copy(prepared.db, cli.db)
    return cli


def write_sources(cli: CommandLine, *, earlier: bool) -> None:
    changed = "an earlier" if earlier else "the later"
    for n in range(BOXES):
        parts = (f"## Shelf {s}\n\nIt holds letter {s} of box {n}.\n\n" for s in range(8))
        moved = "" if earlier else "A line that moves what follows.\n\n"
        text = f"# Box {n}\n\n{moved}This is {changed} version.\n\n" + "".join(parts)
        cli.write(f"folder/boxes/{n}.md", text)
    if earlier:
        return
    cli.write("folder/ana.md", ANA)
    cli.write("folder/talk.md", TALK)
    cli.write("folder/chat.jsonl", CHAT)
    turns = [{"role": "user", "content": f"What is in box {n}?"} for n in range(12)]
    cli.write("folder/asked.json", json.dumps(turns))
    for n in range(NEW):
        cli.write(f"folder/new/{n}.md", f"# New {n}\n\nNote {n} is new.\n\n## More\n\nOf {n}.\n")
