"""What the documents show is what happens: their Python runs, their commands print that."""

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from retain.testing.modelserver import ModelServer

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    str(path.relative_to(ROOT))
    for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/**/*.md")]
)
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(document: str, language: str) -> list[str]:
    text = (ROOT / document).read_text(encoding="utf-8")
    return [body for kind, body in _BLOCK.findall(text) if kind == language]


def commands(document: str) -> list[tuple[str, str]]:
    """Each `$ command` of the console blocks with the lines that stand below it."""
    found = []
    for block in blocks(document, "console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, expected = part.partition("\n")
            found.append((command, expected.rstrip()))
    return found


_FILE = re.compile(r"# (\w+\.py)\n")


def save_files(document: str, desk: Path) -> None:
    """Save each program that begins with a comment of its file name, as a reader does."""
    for block in blocks(document, "python"):
        if name := _FILE.match(block):
            (desk / name[1]).write_text(block, encoding="utf-8")


def pattern(expected: str) -> re.Pattern[str]:
    """`…` stands for anything on its line; a line of `…` alone for any lines."""
    lines = []
    for line in expected.splitlines():
        if line.strip() == "…":
            lines.append(r"(?:.*\n)*?")
        else:
            lines.append(r".*?".join(map(re.escape, line.rstrip().split("…"))) + r" *\n")
    return re.compile("".join(lines))


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with the examples in it, as a user of a clone has."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    return tmp_path


@pytest.fixture
def server() -> Iterator[ModelServer]:
    """The server of the model that documents ask."""
    with ModelServer() as server:
        yield server


def environment(desk: Path, server: ModelServer) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("RETAIN_")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}"
    return {
        **kept,
        "PATH": path,
        "HOME": str(desk),
        "XDG_DATA_HOME": str(desk / "data"),
        "TZ": "UTC",
        "RETAIN_BASE_URL": server.url,
    }


@pytest.mark.parametrize("document", [d for d in DOCUMENTS if blocks(d, "python")])
def test_python_of_a_document_runs_from_top_to_bottom(
    document: str, desk: Path, server: ModelServer
) -> None:
    save_files(document, desk)
    script = desk / "document.py"
    script.write_text("\n".join(blocks(document, "python")), encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, script.name],
        cwd=desk,
        env=environment(desk, server),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("document", [d for d in DOCUMENTS if commands(d)])
def test_commands_of_a_document_print_what_it_shows(
    document: str, desk: Path, server: ModelServer
) -> None:
    save_files(document, desk)
    port = free_port()
    with ExitStack() as servers:
        for shown, printed_then in commands(document):
            command, expected = (text.replace(PORT, port) for text in (shown, printed_then))
            if command.startswith("curl") and shutil.which("curl") is None:
                pytest.skip("the document uses curl, which is not installed here")
            if command == "retain serve":
                servers.enter_context(serving(port, expected, desk, environment(desk, server)))
                continue
            ran = subprocess.run(
                command,
                shell=True,
                cwd=desk,
                env=environment(desk, server),
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            printed = ran.stdout + ran.stderr
            if command.startswith("curl"):
                printed += "\n"  # a terminal shows the prompt on the next line
            assert pattern(expected).fullmatch(printed), f"$ {command}\n{printed}"


PORT = "8787"


def free_port() -> str:
    """A port for the server of a document: several tests may run on one machine."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return str(taken.getsockname()[1])


@contextmanager
def serving(port: str, expected: str, desk: Path, env: dict[str, str]) -> Iterator[None]:
    """`retain serve` until the block ends; it prints what the document shows."""
    with subprocess.Popen(
        ["retain", "serve", "--port", port], cwd=desk, env=env, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().rstrip() == expected
            yield
        finally:
            process.terminate()
    assert process.returncode == 0


REPORTS = {
    "docs/benchmarks.md", "docs/comparison.md", "docs/promises.md",
    "docs/how-to/see-the-web-page.md",
}  # fmt: skip
"""Documents that show tables and pictures and nothing to run."""


def test_every_document_has_something_that_runs() -> None:
    assert all(blocks(d, "python") or commands(d) for d in {*DOCUMENTS} - REPORTS)
