"""Forgetting a source takes its names out of the runs of other sources as well."""

from pathlib import Path

import pytest
from tests.commandline import CommandLine

NAME = "Zyqtchai"
SECRET = (
    f"# A friend\n\n{NAME} Melinsky lives in Porto. {NAME} Melinsky works at Globex.\n\n"
    f"{NAME} Melinsky is allergic to peanuts. {NAME} Melinsky has two dogs.\n"
)


@pytest.mark.parametrize("jobs", ["1", "4"])
def test_no_page_id_in_another_run_tells_of_a_name_that_is_forgotten(
    tmp_path: Path, jobs: str
) -> None:
    cli = CommandLine(tmp_path)
    cli.write("notes/a-secret.md", SECRET)
    for n in range(4):
        cli.write(f"notes/note-{n}.md", f"# Note {n}\n\nAna Silva has {n + 2} boats in Faro.\n")
    cli("ingest", "notes", "--jobs", jobs)
    cli("forget", "a-secret.md")
    left = [
        file.name
        for file in tmp_path.glob("**/memory*")
        if file.is_file() and NAME.lower().encode() in file.read_bytes().lower()
    ]
    assert left == []
