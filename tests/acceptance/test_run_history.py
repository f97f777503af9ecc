"""Earlier runs of a source are listed, and go with what is forgotten."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import UUID

from tests.commandline import CommandLine

from retain.app.memory import Memory

SECRET = "Xylophrastic"


def test_earlier_runs_of_a_source_are_listed_with_their_steps(cli: CommandLine) -> None:
    for drink in ("tea", "milk", "water"):
        cli.write("ana.md", f"# Ana\n\nAna likes {drink}.\n")
        cli("ingest", "ana.md")
    (latest,) = cli("runs", "--json").json
    newest, oldest = cli("runs", "--history", "ana.md", "--json").json
    ids = [oldest["run_id"], newest["run_id"], latest["run_id"]]
    assert ids == sorted(ids)
    assert {UUID(one).version for one in ids} == {7}
    assert newest["status"] == "completed"
    assert newest["steps"][0]["state"] == "INIT"
    shown = cli("runs", "--history", "ana.md").out.splitlines()
    assert [line.split()[:2] for line in shown] == [
        [one, "completed"] for one in (newest["run_id"], oldest["run_id"])
    ]
    cli("ingest", "ana.md")  # unchanged: no run begins
    assert len(cli("runs", "--history", "ana.md", "--json").json) == 2


def test_the_history_of_a_source_goes_with_the_source(tmp_path: Path) -> None:
    async def use() -> None:
        async with Memory.open(f"sqlite:///{tmp_path}/m.db") as memory:
            for n in range(3):
                text = f"# {SECRET}\n\n{SECRET} Berg lives in Lisbon. Version {n}.\n"
                await memory.retain_text(text, source_id=f"{SECRET}.md")
            await memory.retain_text("# Tea\n\nGreen.", source_id="tea.md")
            assert len(await memory.runs.history(f"{SECRET}.md")) == 2
            await memory.forget(f"{SECRET}.md")
            await memory.retain_text("# Tea\n\nBlack.", source_id="tea.md")
            assert len(await memory.runs.history("tea.md")) == 1

    asyncio.run(use())
    for path in tmp_path.glob("m.db*"):
        assert SECRET.encode() not in path.read_bytes(), path.name


def test_forgetting_a_fact_forgets_the_earlier_runs_of_its_source(tmp_path: Path) -> None:
    async def use() -> None:
        async with Memory.open(f"sqlite:///{tmp_path}/m.db") as memory:
            for n in range(2):
                text = f"# Ana\n\nAna lives in Lisbon. Ana likes tea. Version {n}.\n"
                await memory.retain_text(text, source_id="ana.md")
            (fact, *_) = await memory.facts(about="Ana")
            await memory.facts.forget(fact.fact.fact_id)
            assert await memory.runs.history("ana.md") == []

    asyncio.run(use())


def test_how_many_earlier_runs_are_kept_is_a_setting(cli: CommandLine) -> None:
    cli.env["RETAIN_EARLIER_RUNS"] = "1"
    for drink in ("tea", "milk", "water"):
        cli.write("ana.md", f"# Ana\n\nAna likes {drink}.\n")
        cli("ingest", "ana.md")
    assert len(cli("runs", "--history", "ana.md", "--json").json) == 1


def test_runs_are_listed_in_pages_by_when_they_began(cli) -> None:
    for name in ("ana", "ben", "cleo"):
        (cli.folder / f"{name}.md").write_text(f"# {name}\n\n{name.title()} lives in Lisbon.\n")
        cli("ingest", f"{name}.md")
    names: list[str] = []
    after: list[str] = []
    while True:
        page = cli("runs", "--order", "newest", "--limit", "2", *after).out.splitlines()
        names += [line.split()[1] for line in page if " of 3 runs" not in line]
        if " of 3 runs" not in page[-1]:
            break
        after = page[-1].split()[-2:]
        assert after[0] == "--after"
    assert names == ["cleo.md", "ben.md", "ana.md"]
    began = cli("runs", "--json").json[1]["started_at"]
    later = cli("runs", "--since", began, "--json").json
    assert [run["source_id"] for run in later] == ["ben.md", "cleo.md"]
    assert cli("runs", "--until", began[:10], "--json").json == cli("runs", "--json").json
    assert cli("runs", "--until", "2020-01-01").out == "no runs\n"
    refused = cli("runs", "--order", "size", code=2)
    assert "no such order 'size': choose one of key, newest, oldest" in refused.err
    (written,) = cli("runs", "--since", "today", code=2).err.splitlines()
    assert "--since is 'today': write a date such as" in written
