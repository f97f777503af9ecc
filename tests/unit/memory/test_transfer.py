"""Lines of an exported bank that hold NUL, as an export of an older bank may."""

import pytest

from retain.errors import InputError
from retain.memory.model.transfer import SectionRecord
from retain.memory.transfer import decode, encode


def section(source_id: str, text: str) -> SectionRecord:
    return SectionRecord(
        source_id=source_id,
        section_id="s1",
        ordinal=0,
        kind="text",
        level=0,
        path=(text,),
        start=0,
        end=len(text),
        line_start=1,
        line_end=1,
        speaker=None,
        said_at=None,
        text=text,
    )


def test_nul_in_what_a_source_says_is_replaced() -> None:
    line = encode(section("a.md", "\\u0000 a\0b\0"))
    assert decode(line) == section("a.md", "\\u0000 a\ufffdb\ufffd")


def test_nul_in_the_id_of_a_source_is_refused() -> None:
    with pytest.raises(InputError, match=r"the source id 'a.x00.md' holds NUL"):
        decode(encode(section("a\0.md", "a")))
