"""Makes the pictures of the concepts in `docs/images/concepts`: python docs/make_pictures.py

Each picture is a list of boxes and arrows below. A test fails where a picture is not up to date.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from pathlib import Path

TARGET = Path(__file__).parent / "images" / "concepts"

INK, PALE, LINE = "#1f2933", "#f4f7fa", "#52708c"
FILLS = {"": "#ffffff", "blue": "#dfeaf5", "warm": "#fbe6da", "green": "#dff1e2", "grey": "#eceff2"}


def box(
    x: float, y: float, w: float, h: float, text: str = "", fill: str = "", *, struck: bool = False
) -> str:
    """A box with lines of text in its middle; lines are separated by ``|``."""
    decoration = ' text-decoration="line-through"' if struck else ""
    shape = (
        f'<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="6" fill="{FILLS[fill]}" '
        f'stroke="{LINE}" stroke-width="1.2"/>'
    )
    lines = text.split("|") if text else []
    top = y + h / 2 - (len(lines) - 1) * 8.5 + 4.5
    texts = "".join(
        f'<text x="{x + w / 2}" y="{top + n * 17}" text-anchor="middle"{decoration}>{escape(line)}'
        "</text>"
        for n, line in enumerate(lines)
    )
    return shape + texts


def frame(x: float, y: float, w: float, h: float, title: str) -> str:
    """A frame around other things, with its title in the corner."""
    return (
        f'<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="8" fill="{PALE}" stroke="{LINE}" '
        f'stroke-width="1.2" stroke-dasharray="5 4"/>'
        f'<text x="{x + 12}" y="{y + 19}" font-weight="600">{escape(title)}</text>'
    )


def arrow(x1: float, y1: float, x2: float, y2: float, text: str = "") -> str:
    """An arrow, with a word above its middle."""
    line = (
        f'<path d="M{x1} {y1}L{x2} {y2}" stroke="{LINE}" stroke-width="1.6" fill="none" '
        'marker-end="url(#tip)"/>'
    )
    return line + (note((x1 + x2) / 2, (y1 + y2) / 2 - 7, text) if text else "")


def note(x: float, y: float, text: str, anchor: str = "middle") -> str:
    """A small remark."""
    return (
        f'<text x="{x}" y="{y}" text-anchor="{anchor}" font-size="12" fill="{LINE}">'
        f"{escape(text)}</text>"
    )


def chain(y: float, steps: Iterable[tuple[str, str]], *, x: float = 20, w: float = 96) -> str:
    """Boxes from left to right with arrows between them."""
    parts: list[str] = []
    for n, (text, fill) in enumerate(steps):
        left = x + n * (w + 28)
        if n:
            parts.append(arrow(left - 28, y + 20, left - 3, y + 20))
        parts.append(box(left, y, w, 40, text, fill))
    return "".join(parts)


PICTURES: dict[str, tuple[str, int, tuple[str, ...]]] = {
    "bank": (
        "Two banks in one database; a search of Ana's bank sees nothing of the team's",
        170,
        (
            frame(20, 16, 290, 138, "bank ana"),
            box(40, 52, 120, 36, "chat-7", "blue"),
            box(40, 104, 120, 36, "notes/porto.md", "blue"),
            box(190, 78, 100, 36, "facts", "green"),
            arrow(160, 70, 188, 88),
            arrow(160, 122, 188, 104),
            frame(350, 16, 290, 138, "bank team"),
            box(370, 52, 120, 36, "handbook.md", "blue"),
            box(370, 104, 120, 36, "plan.pdf", "blue"),
            box(520, 78, 100, 36, "facts", "green"),
            arrow(490, 70, 518, 88),
            arrow(490, 122, 518, 104),
        ),
    ),
    "source": (
        "A source has versions; a version has sections, each with its place in the text",
        190,
        (
            box(20, 76, 130, 44, "source|notes/ana.md", "blue"),
            box(200, 30, 110, 40, "version 1", "grey"),
            box(200, 126, 110, 40, "version 2", "green"),
            arrow(150, 90, 198, 56),
            arrow(150, 106, 198, 140),
            note(255, 92, "replaced in one transaction"),
            box(370, 74, 250, 36, "# Ana, line 1 to 4", ""),
            box(370, 118, 250, 36, "## Work, line 5 to 9", ""),
            arrow(310, 138, 368, 94),
            arrow(310, 146, 368, 138),
            note(495, 174, "sections"),
        ),
    ),
    "run": (
        "A run goes from state to state; it is saved after each, and a dead process resumes",
        190,
        (
            chain(40, (("INIT", "green"), ("READ", "green"), ("EXTRACT", "warm"), ("STORE", ""),
                       ("COMPLETE", ""))),
            note(68, 100, "saved"),
            note(192, 100, "saved"),
            note(316, 100, "the process dies here"),
            arrow(316, 148, 316, 112),
            note(316, 166, "resume begins with the first state that is not saved"),
        ),
    ),
    "state": (
        "A state is an async function that returns the name of the next state",
        190,
        (
            box(20, 70, 130, 44, "context|what is known", "blue"),
            box(220, 62, 160, 60, "state|async function", "warm"),
            arrow(150, 92, 218, 92),
            box(220, 146, 160, 30, "services", "grey"),
            arrow(300, 146, 300, 124),
            box(460, 16, 170, 32, "next state", "green"),
            box(460, 58, 170, 32, "several at once, a join", "green"),
            box(460, 100, 170, 32, "wait for an answer", "green"),
            box(460, 142, 170, 32, "complete or failed", "green"),
            *(arrow(380, 92, 458, y) for y in (34, 74, 116, 156)),
        ),
    ),
    "fact": (
        "A fact has its words, type, date and slot, and the place in the source that says it",
        180,
        (
            frame(20, 20, 240, 140, "notes/ana.md"),
            note(40, 72, "## People", "start"),
            '<rect x="36" y="84" width="196" height="22" fill="#fbe6da"/>',
            note(40, 100, "Ana Ruiz lives in Porto.", "start"),
            note(40, 124, "She leads the data team.", "start"),
            arrow(232, 95, 368, 95), note(316, 87, "line 4 [9-33]"),
            box(370, 24, 260, 132, "Ana Ruiz lives in Porto|type: world|slot: lives in = Porto|"
                "said 4 May 2026|about Ana Ruiz, Porto", "green"),
        ),
    ),
    "entity": (
        "Names that mean the same are one entity, which facts and pages are about",
        180,
        (
            box(20, 20, 120, 36, "Ana", "blue"),
            box(20, 72, 120, 36, "Ana Ruiz", "blue"),
            box(20, 124, 120, 36, "Ms Ruiz", "blue"),
            *(arrow(140, y, 238, to) for y, to in ((38, 80), (90, 90), (142, 100))),
            box(240, 62, 150, 56, "entity|Ana Ruiz, person", "green"),
            arrow(390, 80, 478, 54),
            arrow(390, 100, 478, 126),
            box(480, 34, 150, 36, "facts about Ana", ""),
            box(480, 110, 150, 36, "page of Ana", ""),
        ),
    ),
    "superseding": (
        "The later fact of one slot supersedes the earlier one; as of a date, the older one counts",
        190,
        (
            box(60, 40, 220, 44, "Jonas lives in Bergen|January 2024", "grey", struck=True),
            box(380, 40, 220, 44, "Jonas lives in Trondheim|March 2025", "green"),
            arrow(378, 62, 284, 62, "supersedes"),
            f'<path d="M40 130H620" stroke="{LINE}" stroke-width="1.6" marker-end="url(#tip)"/>',
            note(170, 122, "as of 2024: Bergen"),
            note(490, 122, "today: Trondheim"),
            note(330, 166, "forget the later source, and Bergen is current again"),
        ),
    ),
    "page": (
        "Pages are rendered from facts; each line cites its source",
        190,
        (
            box(20, 40, 150, 32, "fact", "green"),
            box(20, 82, 150, 32, "fact", "green"),
            box(20, 124, 150, 32, "fact", "green"),
            *(arrow(170, y, 268, to) for y, to in ((56, 88), (98, 98), (140, 108))),
            frame(270, 20, 350, 156, "Jonas Aldering"),
            note(290, 70, "Now", "start"),
            note(290, 92, "- lives in: Trondheim (notes/2025-03.md:26)", "start"),
            note(290, 120, "What changed", "start"),
            note(290, 142, "- lives in: Bergen -> Trondheim, March 2025", "start"),
        ),
    ),
    "journal": (
        "The journal saves each answer of a model before it is used, and answers the same request",
        180,
        (
            box(20, 66, 130, 44, "state", "warm"),
            box(230, 56, 190, 64, "journal|key: hash of the request", "blue"),
            box(510, 66, 120, 44, "model", "grey"),
            arrow(150, 80, 228, 80, "asks"),
            arrow(420, 80, 508, 80, "new request"),
            arrow(508, 100, 424, 100),
            note(520, 134, "answer, saved before it is used"),
            arrow(228, 100, 154, 100),
            note(190, 122, "answer"),
            note(330, 156, "asked again, also after a crash: no call, no cost"),
        ),
    ),
    "lease": (
        "One process has the lease of a run; a save with an old number is refused",
        190,
        (
            box(20, 26, 160, 44, "process A|lease number 7", "grey"),
            box(20, 120, 160, 44, "process B|lease number 8", "green"),
            box(440, 72, 180, 46, "run in the database|number 8", "blue"),
            arrow(180, 48, 436, 84),
            note(330, 52, "A woke up late: save refused"),
            arrow(180, 142, 436, 106),
            note(330, 150, "B holds the lease: saved"),
        ),
    ),
}  # fmt: skip


def svg(title: str, height: int, parts: Iterable[str]) -> str:
    """A picture of 660 units of width."""
    tip = (
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        f'markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="{LINE}"/></marker></defs>'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 660 {height}" width="660" '
        f'height="{height}" font-family="system-ui, sans-serif" font-size="13" fill="{INK}" '
        f'role="img"><title>{escape(title)}</title>'
        f'<rect width="660" height="{height}" rx="8" fill="#fff"/>{tip}\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def pictures() -> dict[str, str]:
    """Each picture, by the name of its file."""
    return {f"{name}.svg": svg(*picture) for name, picture in PICTURES.items()}


if __name__ == "__main__":
    TARGET.mkdir(parents=True, exist_ok=True)
    for name, text in pictures().items():
        (TARGET / name).write_text(text, encoding="utf-8")
