"""README's table of formats says what the registry holds."""

import re
from pathlib import Path

from retain.sources.formats import FileFormat, formats
from retain.sources.formats.exports import exports

README = Path(__file__).parents[2] / "README.md"
ROW = re.compile(r"^\| `([\w-]+)`( \*)? \| (.*?) \|", re.MULTILINE)


def test_the_table_of_formats_in_the_readme_is_that_of_the_registry():
    text = README.read_text(encoding="utf-8")
    table = text.split("| format | files | what is read |", 1)[1].split("\n\n", 1)[0]
    told = {
        name: (bool(star), frozenset(re.findall(r"`(\.\w+)`", files)))
        for name, star, files in ROW.findall(table)
    }
    # `document` is what other formats are converted to, and no file has it.
    known = [one for one in (*formats(), *exports()) if one.name != "document"]
    assert told == {
        one.name: (isinstance(one, FileFormat) and bool(one.extra), one.suffixes) for one in known
    }
