"""Whatever a document holds: nothing breaks, nothing is lost, and no line steers a terminal."""

import asyncio
import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
from tests.commandline import contents, sound
from tests.nursery import Done, Nursery, nursery

from retain import Memory
from retain.errors import InputError

TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""They turn the direction of what follows on a line."""


@dataclass(frozen=True)
class Hostile:
    """A document that somebody wrote to do harm, or that just is that way.

    Args:
        name: Of its file.
        text: Its content.
        asked: What it is found by.
        found: What stands in its text where it is found.
    """

    name: str
    text: str | bytes
    asked: str
    found: str

    @property
    def data(self) -> bytes:
        return self.text if isinstance(self.text, bytes) else self.text.encode()

    @property
    def given(self) -> str:
        """The text as a user would see it in an editor, which has a sign for NUL."""
        encoding = "utf-16" if self.data.startswith(b"\xff\xfe") else "utf-8-sig"
        return self.data.decode(encoding).replace("\0", "\ufffd")


SCRIPT = "<script>alert('x')</script>"
IMAGE = '"><img src=x onerror=alert(1)>'
DROP = "'); DROP TABLE source; DELETE FROM section; --"
ESCAPE = "\x1b]0;owned\x07\x1b[31mred\x1b[2J\x9b5n"


def everywhere(poison: str) -> str:
    """The same poison in every field that a document has."""
    quoted = json.dumps(poison)
    return f"""---
title: {quoted}
{quoted}: {quoted}
tags: [{quoted}, {quoted}]
---
# {poison}

Ana lives in Lisbon {poison} and works at {poison}.

- The spare key lies under the flowerpot {poison}
- {poison}

| {poison} | b |
|---|---|
| {poison} | Ines Okafor paints harbours {poison} |

## Talk {poison}

**Ana{poison[:20]}:** I moved to Porto {poison}.

**{poison[:30]}:** When was that?

**Ana{poison[:20]}:** {poison}

> {poison}

```{poison}
{poison}
```
"""


def said(text: str) -> str:
    message = {"role": text, "name": text, "content": f"The spare key is in Faro. {text}"}
    return "\n".join(json.dumps(message) for _ in range(3)) + "\n"


def nested(mark: str, times: int) -> str:
    return "\n".join(f"{mark * n}Level {n} holds box {n}.\n" for n in range(1, times + 1))


LISTS = "\n".join(f"{'  ' * n}- Level {n} holds box {n}." for n in range(60)) + "\n"
HEADINGS = "".join(f"{'#' * n} Level {n}\n\nIt holds box {n}.\n\n" for n in range(1, 61))
KEY = "The spare key lies under the flowerpot"
NOTE = f"# Note\n\n{KEY}.\n\n## More\n\nAna lives in Lisbon.\n"

DOCUMENTS = (
    Hostile(f"{SCRIPT.replace('/', '')}.md", everywhere(SCRIPT), "spare key flowerpot", KEY),
    Hostile("image.md", everywhere(IMAGE), "spare key flowerpot", KEY),
    Hostile("script.jsonl", said(SCRIPT), "spare key", "The spare key is in Faro."),
    Hostile(f"{DROP}.md", everywhere(DROP), "spare key flowerpot", KEY),
    Hostile("drop.jsonl", said(DROP), "spare key", "The spare key is in Faro."),
    Hostile("asked.md", NOTE, f'key" OR "a"* NEAR(b) ^c -d {DROP}', KEY),
    Hostile("\x1b[31mred\x07\n.md", everywhere(ESCAPE), "spare key flowerpot", KEY),
    Hostile("escapes.jsonl", said(ESCAPE), "spare key", "The spare key is in Faro."),
    Hostile("--json", NOTE, "spare key flowerpot", KEY),
    Hostile("right.md", everywhere("\u202egnol\u2066"), "spare key flowerpot", KEY),
    Hostile("hebrew.md", "# \u05e9\u05dc\u05d5\u05dd\n\n\u05d0\u05e0\u05d9 \u05d2\u05e8 "
            "\u05d1\u05d9\u05e8\u05d5\u05e9\u05dc\u05d9\u05dd.\n",
            "\u05d9\u05e8\u05d5\u05e9\u05dc\u05d9\u05dd", "\u05d2\u05e8"),
    Hostile("chinese.md", "# 笔记\n\n安娜 住在 里斯本。\n\n钥匙 在 花盆 下面。\n", "钥匙", "花盆"),
    Hostile("emoji.md", "# 🏡👨‍👩‍👧‍👦\n\nThe 🔑 lies under the flowerpot 🪴🇵🇹.\n",
            "lies under the flowerpot", "🪴🇵🇹"),
    Hostile("marks.md", "# Z" + "\u0335\u0322" * 400 + "\n\nJose\u0301 lives in Co\u0301rdoba"
            + "\u0301" * 3000 + " by the river.\n", "lives by the river", "Jose\u0301"),
    Hostile("nul.md", f"# No\0te\0\n\n{KEY}\0.\n\n\0\n\nAna\0 lives in Lis\0bon.\n",
            "spare key flowerpot", KEY),
    Hostile("deep.md", HEADINGS, "Level 60 box 60", "It holds box 60."),
    Hostile("lists.md", LISTS, "Level 59 box 59", "Level 59 holds box 59."),
    Hostile("quotes.md", nested("> ", 60), "Level 60 box 60", "Level 60 holds box 60."),
    Hostile("lines.md", NOTE.replace("\n", "\r\n"), "spare key flowerpot", KEY),
    Hostile("returns.md", NOTE.replace("\n", "\r"), "spare key flowerpot", KEY),
    Hostile("mark.md", b"\xef\xbb\xbf" + NOTE.encode(), "spare key flowerpot", KEY),
    Hostile("wide.md", NOTE.encode("utf-16"), "spare key flowerpot", KEY),
    Hostile("halves.jsonl", r'{"role": "user", "content": "The spare key \ud83d is in Faro."}',
            "spare key Faro", "is in Faro."),
    Hostile("nul.jsonl", r'{"role": "us\u0000er", "content": "The spare key \u0000 is in Faro."}',
            "spare key Faro", "is in Faro."),
    Hostile("heading.md", f"# {'long ' * 40_000}\n\n{KEY}.\n", "spare key flowerpot", KEY),
    Hostile("comment.md", f"# Note\n\n<!-- {KEY}.\n", "spare key flowerpot", KEY),
    *(
        Hostile(f"dated-{n}.md", f"---\ndate: {date}\n---\n{NOTE}", "spare key flowerpot", KEY)
        for n, date in enumerate(
            ("2024-13-45", "20240229", "[2024, 1]", "{a: b}", "0000-00-00", "9999-12-31T23:59:59Z",
             "'99999999999999'", "-1e999", "0001-01-01T00:00:00+14:00", "\"\\ud83d\"", "!!int x")
        )
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def processes() -> Iterator[Nursery]:
    with nursery() as found:
        yield found


def clean(ended: Done) -> Done:
    """It went well, and what it printed is text and nothing else."""
    assert (ended.code, ended.err) == (0, "")
    steering = {c for c in ended.out if unicodedata.category(c) in ("Cc", "Cs")} - {"\n"}
    assert not steering
    assert not TURNS.search(ended.out)
    return ended


def check_sections(given: str, shown: dict) -> None:
    """Every section has an outcome, and all of the text is in one."""
    outcomes = [(one["section_id"], one["kind"]) for one in shown["ledger"]]
    assert [key for key, _ in outcomes] == [one["section_id"] for one in shown["sections"]]
    assert {kind for _, kind in outcomes} <= {"facts", "no facts"}
    spans = [(one["start"], one["end"]) for one in shown["sections"]]
    between = [given[end:start] for (_, end), (start, _) in pairwise(spans)]
    head = re.sub(r"\A---\n.*?\n---\n", "", given[: spans[0][0]], flags=re.DOTALL)
    rest = "".join([head, *between, given[spans[-1][1] :]])
    if not given.startswith("{"):  # what is around the words of a message says nothing
        # A heading without a body of its own is in the paths of what is below it.
        assert not re.sub(r"^#.*$", "", rest, flags=re.MULTILINE).strip(), rest[:200]


def said_in(given: str, span: list[int]) -> str:
    """The words of a span, as people read them where a message writes them with escapes."""
    words = given[slice(*span)]
    if not given.startswith("{"):
        return words
    return re.sub("[\0\ud800-\udfff]", "\ufffd", json.loads(f'"{words}"'))


@pytest.mark.parametrize("hostile", DOCUMENTS, ids=lambda one: ascii(one.name)[:40])
def test_a_hostile_document_is_kept_found_and_forgotten(
    hostile: Hostile, processes: Nursery, tmp_path: Path
) -> None:
    path = tmp_path / "in" / hostile.name
    path.parent.mkdir()
    path.write_bytes(hostile.data)
    (tmp_path / "in/other.md").write_text("# Other\n\nPetra Lind owns a red boat.\n")
    given = hostile.given

    clean(processes.run(tmp_path, "ingest", *map(str, path.parent.iterdir())))
    runs = clean(processes.run(tmp_path, "runs", "--json")).json
    (source,) = (run["source_id"] for run in runs if run["source_id"] != "other.md")
    assert {run["status"] for run in runs} == {"completed"}
    assert source == hostile.name

    shown = clean(processes.run(tmp_path, "show", "--json", "--", source)).json
    check_sections(given, shown)
    facts = clean(processes.run(tmp_path, "facts", "--json", "--", source)).json
    assert all(said_in(given, fact["span"]) == fact["quote"] for fact in facts)
    asking = ["recall", "--min-relevance", "0"]
    hit = clean(processes.run(tmp_path, *asking, "--json", "--", hostile.asked)).json[0]
    assert hit["source_id"] == source
    assert hostile.found in given[slice(*hit["span"])]
    for words in (["show", "--", source], ["facts"], ["entities"], [*asking, "--", hostile.asked]):
        assert clean(processes.run(tmp_path, *words)).out

    clean(processes.run(tmp_path, "forget", "--", source))
    left = contents(tmp_path / "memory.db")
    assert [row[1] for row in left["source"]] == ["other.md"]
    assert hostile.found.encode() not in (tmp_path / "memory.db").read_bytes()
    sound(tmp_path / "memory.db")


def test_half_of_a_surrogate_pair_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    async def work() -> None:
        async with Memory.open(f"sqlite:///{tmp_path}/memory.db") as memory:
            for text, source_id in (("a \ud83d b", "a.md"), ("a b", "\udcff.md")):
                with pytest.raises(InputError, match="half of a surrogate pair at character"):
                    await memory.retain_text(text, source_id=source_id)
            assert await memory.runs() == []
            await memory.retain_text("The key is here.", source_id="good.md")
            for asked in ("the \ud83d key", "\udcff"):
                assert isinstance(await memory.recall(asked), list)

    asyncio.run(work())


CPU_S = 60
KILOBYTES = 1_000_000


def names(number: int) -> list[str]:
    """So many different names of people."""
    heads = [a + b for a in ("Ba", "Ce", "Di", "Fo", "Gu") for b in ("lan", "mer", "vik", "tor")]
    tails = [a + b for a in ("Har", "Lin", "Mos", "Pet", "Vor") for b in ("ta", "no", "ke", "li")]
    every = [f"{h}{x} {t}{y}" for h in heads for t in tails for x in "aeiou" for y in "bdgmn"]
    assert number <= len(every) == len(set(every))
    return every[:number]


MANY = "# Guests\n\n" + "\n\n".join(f"{name} works at Harbour Labs." for name in names(10_000))
HEAVY = (
    Hostile("names.md", MANY, "Where does Balana Hartab work?", "Balana Hartab"),
    Hostile("solid.md", f"{'x1' * 500_000}\n\n{KEY}.\n", "spare key flowerpot", KEY),
    Hostile("line.md", f"{'the old pump of Ana Ruiz runs and ' * 150_000}. {KEY}.\n",
            "spare key flowerpot", KEY),
)  # fmt: skip


@pytest.mark.parametrize("heavy", HEAVY, ids=lambda one: one.name)
def test_a_heavy_document_takes_seconds_and_memory_that_there_is(
    heavy: Hostile, processes: Nursery, tmp_path: Path
) -> None:
    (tmp_path / heavy.name).write_bytes(heavy.data)
    ended = clean(processes.run(tmp_path, "ingest", heavy.name))
    print(f"{heavy.name}: {ended.cpu_s:.1f} s, {ended.took_s:.1f} s, {ended.kilobytes:,} kB")
    assert ended.cpu_s < CPU_S
    assert ended.kilobytes < KILOBYTES
    shown = clean(processes.run(tmp_path, "show", "--json", heavy.name)).json
    check_sections(heavy.given, shown)
    hit = clean(processes.run(tmp_path, "recall", "--json", heavy.asked)).json[0]
    assert heavy.found in heavy.given[slice(*hit["span"])]
    if heavy.text == MANY:
        found = clean(processes.run(tmp_path, "entities", "--json")).json
        assert {alias for entity in found for alias in entity["aliases"]} >= set(names(10_000))
        assert len(clean(processes.run(tmp_path, "facts", "--json")).json) == 10_000
    for words in (("show", heavy.name), ("facts",), ("entities",), ("forget", heavy.name)):
        ended = clean(processes.run(tmp_path, *words))
        print(f"  {words[0]}: {ended.cpu_s:.1f} s, {ended.kilobytes:,} kB")
        assert ended.cpu_s < CPU_S
    assert not any(contents(tmp_path / "memory.db").values())
