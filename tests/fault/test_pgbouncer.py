"""A memory behind PgBouncer in transaction mode, where each transaction may get another session."""

import asyncio
import os
import shutil
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import replace

import psycopg
import pytest
from tests import postgres as servers
from tests.commandline import ANA, CHAT

from retain import Memory
from retain.config import Settings

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")

CONFIG = """\
[databases]
* = host={host} port={port} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 3
"""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture
def bouncer(tmp_path):
    """Starts PgBouncer before the server of the tests; the port that it listens on."""
    started = []

    def start():
        at, listen = servers.server().started(), free_port()
        config = tmp_path / "pgbouncer.ini"
        config.write_text(CONFIG.format(host=at["host"], port=at["port"], listen=listen))
        # It refuses to run as root, and the server's folder is its owner's.
        user = ["-u", servers.FOLDER.owner()] if os.geteuid() == 0 else []
        started.append(subprocess.Popen([PGBOUNCER, "-q", *user, str(config)]))
        url = f"postgresql://postgres@127.0.0.1:{listen}/{at['dbname']}"
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with suppress(psycopg.OperationalError):
                psycopg.connect(url).close()
                return url
            time.sleep(0.05)
        raise AssertionError("PgBouncer does not answer")

    yield start
    for process in started:
        process.terminate()
        process.wait(10)


@pytest.mark.skipif(PGBOUNCER is None, reason="PgBouncer is not installed: apt install pgbouncer")
def test_a_memory_works_behind_pgbouncer(bouncer, postgres, tmp_path):
    url = f"{bouncer()}?schema={postgres.name(tmp_path)}&prepare=off"
    settings = replace(Settings.from_environment(), db=url, durability="process")

    async def work():
        async with Memory.open(settings=settings) as memory:
            texts = {
                f"{name}-{n}": text
                for name, text in (("ana", ANA), ("chat.jsonl", CHAT))
                for n in range(3)
            }
            runs = await asyncio.gather(
                *(
                    memory.retain_text(text, source_id=name, bank_id="b")
                    for name, text in texts.items()
                )
            )
            assert [run.status for run in runs] == ["completed"] * 6
            hits = await memory.recall("Where does Ana live?", bank_id="b")
            assert "Lisbon" in hits[0].text
            assert await memory.forget("ana-0", bank_id="b")

    asyncio.run(work())
