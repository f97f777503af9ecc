import pytest

from retain.providers.local.fragments import goes_on_behind_dash, is_fragment


@pytest.mark.parametrize(
    "clause",
    [
        "The colours on offer are: red",
        "The steps are as follows",
        "Every sail was checked by Odd and",
        "The harbour lies behind the break-",
        "All with a new mast",
        "None of which was painted",
        "The latter is cheaper.",
        "The harbour pays in both cases",
        "Table 3 lists the boats of Reine",
        "The catch grows with the tide (see Section 4.1)",
        "Mooring fees . . . . . . . . . 12",
        "arXiv:2401.01234v2",
        "Copyright 2021 the harbour of Reine",
        "Returns: the name of the boat, or nothing if there is none",
        "No decision was taken.",
        "Boats may stay overnight, Elif asked.",
        "I got mine at the market",
        "Tom Berg sold hers to the harbour",
    ],
)
def test_what_tells_nothing_alone_is_a_fragment(clause):
    assert is_fragment(clause)


@pytest.mark.parametrize(
    "clause",
    [
        "The colours on offer are red, green and blue",
        "Ana's address is: 12 Harbour Road, Reine",
        "A friend of mine lives in Reine",
        "The blue boat is mine",
        "Odd works in a coal mine",
        "All boats have a new mast",
        "The decision was taken on Friday",
        "Table 5 is booked for Ana",
        "No decision was taken on the new mast",
        "Ana met the former mayor of Reine",
        "Elif asked whether boats may stay overnight",
    ],
)
def test_what_tells_something_is_none(clause):
    assert not is_fragment(clause)


def test_behind_a_dash_a_verb_goes_on_with_what_stands_before():
    text = "Order the ropes by length \u2014 prevents knots"
    assert goes_on_behind_dash(text, text.index("prevents"))
    text = "Order the ropes by length \u2014 Ana prevents knots"
    assert not goes_on_behind_dash(text, text.index("Ana"))
