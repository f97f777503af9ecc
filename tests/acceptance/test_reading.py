"""What reading promises: limits as settings, places that outlive a kill, messages as given."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from pathlib import Path

import pytest
from tests.commandline import CommandLine

from retain import Memory
from retain.errors import InputError

MANY = 400
FILES = 12


def test_the_limits_of_a_conversion_are_settings_and_the_rest_goes_on(cli: CommandLine) -> None:
    slow = "".join(f"Heading {n}\n============\n\nSome *text* here.\n\n" for n in range(12_000))
    cli.write("in/slow.rst", slow)
    cli.write("in/a.md", "Ann lives in Rome.\n")
    cli.env["RETAIN_CONVERT_SECONDS"] = "0.5"
    ended = cli("ingest", "in", code=1)
    assert "slow.rst: takes more than 0.5 seconds to convert" in ended.err
    assert "RETAIN_CONVERT_SECONDS" in ended.err
    assert cli.statuses() == {"a.md": "completed", "slow.rst": "failed"}
    cli.env |= {"RETAIN_CONVERT_SECONDS": "25", "RETAIN_CONVERT_MEMORY": "20000000"}
    ended = cli("ingest", "in", code=1)
    assert "slow.rst: takes more than 19 MB of memory to convert" in ended.err
    assert "RETAIN_CONVERT_MEMORY" in ended.err


def test_places_in_the_file_are_the_same_after_a_kill_and_a_resume(cli: CommandLine) -> None:
    for file in range(FILES):
        lines = [
            json.dumps(
                {"role": "user", "content": f'"Caf\u00e9" {n}\tis mine.\nI own boat {n}-{file}.'}
            )
            for n in range(MANY)
        ]
        cli.write(f"in/{file:02}.jsonl", "\n".join(lines) + "\n")
    with cli.start("ingest", "in", "--jobs", "1") as process:
        deadline = time.monotonic() + 50
        while "completed" not in cli.statuses().values() and time.monotonic() < deadline:
            assert process.poll() is None, "the ingest has ended before it was killed"
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert set(cli.statuses().values()) != {"completed"}
    cli("resume", "--all")
    assert set(cli.statuses().values()) == {"completed"}
    facts = cli("facts", "--json").json
    assert {one["source_id"] for one in facts} == {f"{n:02}.jsonl" for n in range(FILES)}
    for one in facts:
        text = (cli.folder / "in" / one["source_id"]).read_text(encoding="utf-8")
        start, end = one["span"]
        assert json.loads(f'"{text[start:end]}"') == one["quote"]


def test_messages_are_retained_as_an_agent_has_them(tmp_path: Path) -> None:
    asyncio.run(_messages(f"sqlite:///{tmp_path}/m.db"))


async def _messages(url: str) -> None:
    told = {"role": "user", "name": "Mia Holm", "content": "I live in Reine."}
    parts = [{"type": "text", "text": "I work as a nurse."}, {"type": "image_url", "image_url": {}}]
    async with Memory.open(url) as memory:
        run = await memory.retain_messages(
            [
                {**told, "timestamp": "2024-05-01T22:15:00-07:00"},
                {"role": "assistant", "content": "Noted."},
            ],
            source_id="chat",
        )
        assert run.status == "completed"
        run = await memory.retain_messages(
            [{**told, "content": parts}], source_id="chat", append=True
        )
        assert (run.status, run.passed_over) == ("completed", {"pictures": 1})
        facts = [one.fact for one in await memory.facts()]
        assert [one.text for one in facts] == [
            "Mia Holm lives in Reine",
            "Mia Holm works as a nurse",
        ]
        assert facts[0].mentioned_at.isoformat() == "2024-05-01T22:15:00-07:00"
        sections = (await memory.show("chat")).sections
        assert [row.section.speaker for row in sections] == ["Mia Holm", "assistant", "Mia Holm"]
        await memory.retain_messages([told], source_id="chat")
        assert len((await memory.show("chat")).sections) == 1
        with pytest.raises(InputError, match="there are no messages"):
            await memory.retain_messages([], source_id="chat")
        with pytest.raises(InputError, match="message 2 is no mapping"):
            await memory.retain_messages([told, "x"], source_id="chat")


def test_the_clock_of_a_chat_log_is_that_of_its_zone(cli: CommandLine) -> None:
    cli.write("chat.txt", "[21/05/2024, 23:30:00] Mia Holm: I live in Reine.\n")
    cli.env["RETAIN_TIMEZONE"] = "Europe/Oslo"
    cli("ingest", "chat.txt")
    (fact,) = cli("facts", "--json").json
    assert fact["mentioned_at"] == "2024-05-21T23:30:00+02:00"
    cli.env["RETAIN_TIMEZONE"] = "Oslo"
    assert "RETAIN_TIMEZONE names no time zone: 'Oslo'" in cli("facts", code=2).err
