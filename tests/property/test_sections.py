"""Whatever a text holds, its sections cover it in order, none is too long, and cuts are local."""

from itertools import pairwise

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from retain.memory.model import Limits
from retain.sources.chunks import MAX_TOKENS, estimate_tokens
from retain.sources.reader import parse_text

WORDS = ("the", "river", "Ana", "moved", "in", "spring,", "1984", "who", "naïve", "数据库", "🏡")


def paragraph(seed, length):
    """A paragraph of its own for every seed."""
    words = [WORDS[(seed * (at + 3) + at * at) % len(WORDS)] for at in range(length)]
    return f"{seed} " + " ".join(words) + "."


def fence(seed, length):
    lines = [f"    row_{seed}_{at} = {at * seed}" for at in range(length)]
    return "\n".join(["```py", *lines, "```"])


def table(seed, length):
    rows = [f"| {seed} | {at} |" for at in range(length)]
    return "\n".join(["| a | b |", "|---|---|", *rows])


def items(seed, length):
    return "\n".join(f"- item {seed} of {at}" for at in range(length))


seeds = st.integers(0, 10**6)
paragraphs = st.builds(paragraph, seeds, st.integers(1, 200))
blocks = (
    paragraphs
    | st.builds(fence, seeds, st.integers(1, 60))
    | st.builds(table, seeds, st.integers(1, 60))
    | st.builds(items, seeds, st.integers(1, 60))
)
giants = (
    st.builds(paragraph, seeds, st.integers(2000, 9000))
    | st.builds(fence, seeds, st.integers(400, 900))
    | st.builds(table, seeds, st.integers(600, 900))
    | st.builds(items, seeds, st.integers(600, 900))
    | st.sampled_from(["x" * 30_000, "数" * 9_000, "\u05d0" * 20_000, "🏡" * 5_000, "a\n" * 9_000])
)
few = settings(derandomize=True, deadline=None, max_examples=60)


def sections(text, name="a.md"):
    found = parse_text(text, source_id=name, reference_date=None, limits=Limits()).sections
    return found, [text[one.start : one.end] for one in found]


def check(text, name="a.md"):
    found, parts = sections(text, name)
    assert all(estimate_tokens(part) <= MAX_TOKENS for part in parts)
    assert all(one.end <= after.start for one, after in pairwise(found))
    gaps = [text[one.end : after.start] for one, after in pairwise(found)]
    assert not "".join(gaps).strip()
    assert not text[: found[0].start].strip()
    assert not text[found[-1].end :].strip()
    for one, part in zip(found, parts, strict=True):
        assert part.strip()
        assert one.line_start == text.count("\n", 0, one.start) + 1
        assert one.line_end == text.count("\n", 0, one.end - 1) + 1
    assert len({one.section_id for one in found}) == len(found)
    return found, parts


@few
@given(st.lists(blocks | giants, min_size=1, max_size=12))
def test_the_pieces_cover_the_text_in_order_and_none_is_too_long(bodies):
    found, _ = check("# Title\n\n" + "\n\n".join(bodies) + "\n")
    assert {one.path for one in found} == {("Title",)}


@few
@given(st.text(min_size=1), st.integers(1, 4000))
def test_any_text_many_times_over(text, times):
    text = text.replace("\r", "\n") * times
    assume(
        text.strip() and not set("#\0") & set(text) and not text.lstrip("\ufeff").startswith("---")
    )
    check(text)


@few
@given(st.lists(blocks, min_size=1, max_size=40))
def test_no_block_that_fits_is_cut_inside(bodies):
    _, parts = check("# Title\n\n" + "\n\n".join(bodies) + "\n")
    assert all(any(body in part for part in parts) for body in bodies)


@few
@given(
    st.lists(paragraphs, min_size=60, max_size=120, unique=True),
    paragraphs,
    st.integers(0, 59) | st.just(0),
)
def test_a_paragraph_that_is_put_in_changes_its_neighbours_only(bodies, new, at):
    assume(new not in bodies)
    before, _ = sections("# Title\n\n" + "\n\n".join(bodies))
    after, _ = sections("# Title\n\n" + "\n\n".join([*bodies[:at], new, *bodies[at:]]))
    changed = {one.section_id for one in after} - {one.section_id for one in before}
    assert 1 <= len(changed) <= 3


@few
@given(st.lists(st.builds(paragraph, seeds, st.integers(100, 200)), min_size=40, max_size=60))
def test_a_long_turn_stays_its_speakers(bodies):
    text = "**Ana:** " + "\n\n".join(bodies) + "\n\n**Ben:** Short.\n\n**Ana:** Yes."
    *pieces, ben, ana = sections(text)[0]
    assert len(pieces) > 3
    assert {(one.kind, one.speaker) for one in pieces} == {("turn", "Ana")}
    assert [ben.speaker, ana.speaker] == ["Ben", "Ana"]
