"""What `recall` leaves out: what fits no filter, and all where nothing is relevant."""

import pytest
from tests.commandline import CommandLine


@pytest.fixture
def bank(cli: CommandLine) -> CommandLine:
    cli.write(
        "n/boat.md", "---\ntags: [sea]\ndate: 2024-05-01\n---\n# Boat\n\nAna owns a red boat.\n"
    )
    cli.write(
        "n/car.md", "---\ntags: [land]\ndate: 2025-05-01\n---\n# Car\n\nAna owns a red car.\n"
    )
    cli.write("n/talk.md", "**Bob:** My boat is green.\n\n**Cleo:** Where is your boat?\n")
    cli("ingest", "n")
    return cli


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--tag", "sea"], {"boat.md"}),
        (["--source", "car.md"], {"car.md"}),
        (["--source", "*a*"], {"boat.md", "car.md", "talk.md"}),
        (["--speaker", "Bob"], {"talk.md"}),
        (["--since", "2025-01-01", "--tag", "land"], {"car.md"}),
    ],
)
def test_only_what_fits_a_filter_is_found(
    bank: CommandLine, words: list[str], expected: set[str]
) -> None:
    hits = bank("recall", "who owns a red boat or car", *words, "--json").json
    assert {hit["source_id"] for hit in hits} == expected


def test_a_question_about_nothing_in_the_bank_finds_nothing(bank: CommandLine) -> None:
    told = bank("recall", "quantum chromodynamics lattice")
    assert told.out == "nothing in bank default was found for this query\n"
    assert bank("recall", "quantum chromodynamics lattice", "--json").json == []


def test_a_least_relevance_leaves_out_what_is_less_relevant(bank: CommandLine) -> None:
    hits = bank("recall", "the red boat of Ana", "--min-relevance", "0", "--json").json
    assert all(0 <= hit["relevance"] <= 1 for hit in hits)
    most = max(hit["relevance"] for hit in hits)
    least = min(hit["relevance"] for hit in hits)
    assert least < most
    some = bank("recall", "the red boat of Ana", "--min-relevance", str(most), "--json").json
    assert {hit["relevance"] for hit in some} == {most}


def test_a_word_that_is_glued_to_another_counts_as_found(cli: CommandLine) -> None:
    jerusalem = "\u05d9\u05e8\u05d5\u05e9\u05dc\u05d9\u05dd"
    hello, lives = "\u05e9\u05dc\u05d5\u05dd", "\u05d0\u05e0\u05d9 \u05d2\u05e8"
    cli.write("a.md", f"# {hello}\n\n{lives} \u05d1{jerusalem}.\n")  # "in" is glued to the city
    cli("ingest", "a.md")
    (hit,) = cli("recall", jerusalem, "--json").json
    assert hit["relevance"] > 0.9
