"""What commands print, and to whom."""

import json
from datetime import UTC, datetime

import pytest

from retain.cli.output import (
    clean,
    complain,
    moment,
    one_line,
    passed_over,
    plural,
    print_json,
    reasons,
    say,
    took,
)
from retain.memory.model import Run


def test_a_document_cannot_steer_the_terminal() -> None:
    assert clean("a\x1b[2Jb\x9bc\rd\x07e\u202ef\u2066g\ud800h\x7f") == "a�[2Jb�c�d�e�f�g�h�"
    assert clean("tab\tand\nline, Zoë, 🐝, שלום") == "tab\tand\nline, Zoë, 🐝, שלום"


def test_lines_go_out_clean(capsys: pytest.CaptureFixture[str]) -> None:
    say("to\x1b people")
    complain("to\x07 people")
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("to� people\n", "to� people\n")


@pytest.mark.parametrize(
    "value", [[], {"a": "\x1b[2J\x9b\u202eZoë 🐝\x7f"}, ["\u2066", None, 1.5], "plain"]
)
def test_json_reads_back_and_holds_nothing_that_steers(
    value: object, capsys: pytest.CaptureFixture[str]
) -> None:
    print_json(value)
    out = capsys.readouterr().out
    assert json.loads(out) == value
    assert clean(out) == out


@pytest.mark.parametrize(
    ("text", "width", "line"),
    [
        ("a\nb\t c\u2028d", 20, "a b c d"),
        ("x" * 10, 10, "x" * 10),
        ("x" * 11, 10, "x" * 9 + "…"),
        ("", 5, ""),
    ],
)
def test_a_text_on_one_line(text: str, width: int, line: str) -> None:
    assert one_line(text, width) == line


def test_numbers_and_times_for_people() -> None:
    assert [plural(n, "source") for n in (0, 1, 1200)] == ["0 sources", "1 source", "1,200 sources"]
    assert [took(ms) for ms in (0.4, 999.4, 1500)] == ["0 ms", "999 ms", "1.5 s"]
    assert moment(None) == ""
    assert moment(datetime(2024, 3, 5, 12, 0, tzinfo=UTC))[:8] == "2024-03-"


def test_a_reason_leaves_out_the_state_that_stands_beside_it() -> None:
    errors = ("READ: line 2: bad", "parallel:EMBED: lost\nconnection")
    run = Run("b", "s", "failed", "READ", errors)
    assert reasons(run) == ["line 2: bad", "parallel:EMBED: lost connection"]


@pytest.mark.parametrize(
    ("reason", "one"),
    [
        ("notes of the program", "1 note of the program"),
        ("broken lines", "1 broken line"),
        ("tool results", "1 tool result"),
        ("pictures and files", "1 picture and file"),
        ("values that are no messages", "1 value that is no message"),
        ("messages that stand there before", "1 message that stands there before"),
        ("conversations without messages", "1 conversation without messages"),
        ("boxes", "1 box"),
        ("entries", "1 entry"),
    ],
)
def test_one_thing_that_is_passed_over_is_told_in_the_singular(reason: str, one: str) -> None:
    assert passed_over({reason: 1}) == one
    assert passed_over({reason: 1_200}) == f"1,200 {reason}"
