"""Patterns that ignore case: what `re.IGNORECASE` finds, at the same places."""

from __future__ import annotations

import importlib
import pkgutil
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retain.english.anycase import AnyCase
from retain.providers import local

WORDS = (
    "This these Those \u0130t It\u2019s L\u0130KE like l\u0131ke ki\u017fs \u212aeep ÉTÉ ΣΟΦΟΣ ß "
    "a few more Yesterday 2024"
)


def patterns() -> dict[str, AnyCase]:
    """Every such pattern of the rules, by its name."""
    modules = [
        importlib.import_module(f"{local.__name__}.{one.name}")
        for one in pkgutil.iter_modules(local.__path__)
    ]
    return {
        f"{module.__name__}.{name}": value
        for module in modules
        for name, value in vars(module).items()
        if isinstance(value, AnyCase)
    }


@pytest.mark.parametrize("pattern", patterns().values(), ids=patterns().keys())
def test_patterns_are_written_in_lower_case(pattern: AnyCase) -> None:
    words = re.sub(r"\\.|\(\?P<\w+>", "", pattern.pattern)
    assert words == words.lower()


@given(
    st.sampled_from([*patterns().values()]),
    st.lists(st.sampled_from(WORDS.split()) | st.text(max_size=8), max_size=12).map(" ".join),
)
def test_they_match_what_ignorecase_matches(pattern: AnyCase, text: str) -> None:
    expected = re.compile(pattern.pattern, re.IGNORECASE)
    assert [m.span() for m in pattern.finditer(text)] == [m.span() for m in expected.finditer(text)]
    assert pattern.without(text) == expected.sub("", text)
    for found, wanted in (
        (pattern.search(text), expected.search(text)),
        (pattern.match(text), expected.match(text)),
    ):
        assert (found and found.span()) == (wanted and wanted.span())
