"""Long sections are embedded passage by passage, turns and short ones whole."""

from __future__ import annotations

from retain.memory.model import Section
from retain.memory.passages import LONG, passages, to_embed_all

PARAGRAPHS = [f"{n} " + "boat " * 70 for n in range(9)]


def section(text: str, kind: str = "text", speaker: str | None = None) -> Section:
    return Section(
        section_id="s",
        ordinal=0,
        kind="turn" if kind == "turn" else "text",
        level=2,
        path=("Boats", "Hulls"),
        start=0,
        end=len(text),
        line_start=1,
        line_end=1,
        speaker=speaker,
        said_at=None,
    )


def test_a_long_text_is_cut_at_its_paragraphs_and_nothing_is_lost() -> None:
    text = "\n\n".join(PARAGRAPHS)
    cut = list(passages(text))
    assert len(cut) > 2
    assert "".join(cut) == text
    assert all(len(passage) <= LONG for passage in cut)
    assert all(passage[0].isdigit() for passage in cut), "each begins with a paragraph"


def test_one_endless_paragraph_is_cut_too() -> None:
    text = "x" * (5 * LONG + 7)
    cut = list(passages(text))
    assert "".join(cut) == text
    assert max(map(len, cut)) <= 2 * LONG


def test_a_long_section_is_read_in_passages_each_below_its_heading() -> None:
    text = "\n\n".join(PARAGRAPHS)
    first, *others = to_embed_all(section(text), text)
    assert first.startswith("Boats > Hulls\n0 boat")
    assert all(one.startswith("Hulls\n") for one in others)
    read = [first.removeprefix("Boats > "), *others]
    assert "".join(one.removeprefix("Hulls\n") for one in read) == text


def test_turns_and_short_sections_are_read_once() -> None:
    said = "Ana: " + "I like boats. " * 500
    assert len(to_embed_all(section(said, "turn", "Ana"), said)) == 1
    assert to_embed_all(section("A boat."), "A boat.") == ["Boats > Hulls\nA boat."]
    blank = " " * (3 * LONG)
    assert len(to_embed_all(section(blank), blank)) == 1


CODE = """A boat floats.

```rust
let boat = 1;

let hull = 2;
```

It has a hull.
"""


def test_an_embedder_may_be_spared_the_code() -> None:
    assert to_embed_all(section(CODE), CODE, code=False) == [
        "Boats > Hulls\nA boat floats.\n\n\n\nIt has a hull.\n"
    ]
    assert "let hull" in to_embed_all(section(CODE), CODE)[0]


def test_a_section_of_nothing_but_code_is_read_all_the_same() -> None:
    only = "```\nlet boat = 1;\n```\n"
    assert to_embed_all(section(only), only, code=False) == [f"Boats > Hulls\n{only}"]


def test_a_fence_that_does_not_end_takes_nothing_with_it() -> None:
    text = "A boat floats.\n\n~~~\nlet boat = 1;\n\nIt has a hull.\n"
    assert "It has a hull." in to_embed_all(section(text), text, code=False)[0]


def test_what_stands_behind_any_fence_is_read() -> None:
    for code in ("- ```sh\n  ls\n  ```", "````md\n```\n````", "```\nls\n````", "```x``` it is"):
        text = f"A boat floats.\n\n{code}\n\nIt has a hull.\n"
        assert "It has a hull." in to_embed_all(section(text), text, code=False)[0]


def test_what_somebody_says_is_read_with_its_code() -> None:
    said = "Ana: Try\n```\nlet boat = 1;\n```\n"
    assert "let boat" in to_embed_all(section(said, "turn", "Ana"), said, code=False)[0]
