"""Pages that begin with a lead: which want one, of what, and how it stands on them."""

from dataclasses import replace

import pytest
from tests.unit.wiki.bank import ana, bank, entity, fact, pages
from tests.unit.wiki.hostile import PIECES, doubtful, shape
from tests.unit.wiki.test_entity_pages import page

from retain.memory.model import Edge, Lead, LeadSentence
from retain.wiki import BankReads, again, paged
from retain.wiki import led as is_led
from retain.wiki import wanting as wanting_of
from retain.wiki.leads import MOST, MOST_CHARACTERS


def wanting(view, writers):
    """What to ask for of a bank, by page id."""
    reads = BankReads(view, writers=writers)
    found = [wanting_of(one.entity.entity_id, reads) for one in paged(reads)]
    return sorted(filter(None, found), key=lambda one: one.page_id)


def led(view):
    """The pages of a bank that begin with a lead."""
    reads = BankReads(view)
    return tuple(one.page_id for one in paged(reads) if is_led(one.entity.entity_id, reads))


def wants(view, page_id="ana"):
    found = [one for one in wanting(view, {}) if one.page_id == page_id]
    return found[0] if found else None


def lead_of(view, *sentences):
    one = wants(view)
    made_from = tuple(sorted(cited.fact.fact_id for cited in one.facts))
    told = tuple(LeadSentence(text, ids) for text, ids in sentences)
    return Lead(one.page_id, one.title, one.digest, made_from, told)


def with_lead(view, *sentences):
    return replace(view, leads=(lead_of(view, *sentences),))


def said(*texts, **fields):
    told = [
        fact(text, at=n, id=f"f{n}", entities=("Ana",), subject="Ana", **fields)
        for n, text in enumerate(texts, 1)
    ]
    return bank(*told, entities=[entity("Ana")])


THREE = ("Ana lives in Lisbon", "Ana works at Acme", "Ana paints harbours")


def test_the_lead_stands_below_the_title_with_the_places_that_say_it():
    view = with_lead(ana(), ("Ana lives in Lisbon.", ("f2",)), ("She moved there!", ("f2",)))
    assert page(view, "ana").text.startswith(
        "# Ana\n\nAna lives in [Lisbon](lisbon.md) ([notes/lisbon.md:7](../sources/"
    )
    first, second = page(view, "ana").text.splitlines()[2].split(" She moved")
    assert first.endswith(")).")
    assert second.startswith(" there! ([notes/lisbon.md:7](")
    assert page(view, "ana").text.splitlines()[4].startswith("Person. ")
    assert led(view) == ("ana",)


def test_pages_whose_leads_change_are_as_if_all_were_written_again():
    bare = ana()
    first = with_lead(bare, ("Ana lives in Lisbon.", ("f2",)))
    other = with_lead(bare, ("Ana moved.", ("f2",)))
    for before in (bare, first):
        for view in (bare, first, other):
            changed = {one.page_id for one in {*before.leads} ^ {*view.leads}}
            assert again(BankReads(view), changed, pages(before)) == pages(view)


def test_what_several_sources_say_in_the_same_words_is_cited_from_all():
    view = ana()
    (trip,) = [one for one in wants(view).facts if "went to Porto" in one.fact.text]
    view = with_lead(view, ("Ana knows Porto.", (trip.fact.fact_id,)))
    line = page(view, "ana").text.splitlines()[2]
    assert "notes/ana.md:9" in line
    assert "notes/trips.md:2" in line


def test_pages_of_two_statements_want_none():
    assert wants(said(*THREE)) is not None
    assert wants(said(*THREE[:2], "Ana works at ACME.")) is None


def test_only_what_holds_is_shown_to_a_model():
    shown = [one.fact.text for one in wants(ana()).facts]
    assert "Ana lives in Lisbon" in shown
    assert "Ana lives in Porto" not in shown


def test_what_matters_most_comes_first_and_the_order_of_the_facts_does_not_matter():
    view = ana()
    shown = [one.fact.text for one in wants(view).facts]
    assert shown[:3] == ["Ana likes sardines", "Ana lives in Lisbon", "Ana works at Northwind"]
    assert shown[3] == "Ana will visit Maria Costa in August"
    assert shown[-1] == "Ana should renew the passport"
    turned = replace(view, facts=tuple(reversed(view.facts)))
    assert wants(turned) == wants(view)


def test_a_long_page_shows_its_newest_facts_and_no_more_than_a_request_holds():
    dated = [
        fact(f"Ana saw thing {n}", at=n, entities=("Ana",), subject="Ana",
             said=f"20{n // 12:02}-{n % 12 + 1:02}-01")
        for n in range(1, 90)
    ]  # fmt: skip
    shown = wants(bank(*dated, entities=[entity("Ana")])).facts
    assert [one.fact.text for one in shown] == [f"Ana saw thing {n}" for n in range(89, 49, -1)]
    assert len(shown) == MOST
    long = said(*(f"Ana told {'very ' * 100}long story {n}" for n in range(30)))
    assert 3 < len(wants(long).facts) < 30
    assert sum(len(one.fact.text) for one in wants(long).facts) <= MOST_CHARACTERS


@pytest.mark.parametrize(
    "change",
    [
        lambda one: replace(one, fact=replace(one.fact, text="Ana works at Globex")),
        lambda one: replace(one, fact=replace(one.fact, fact_id="f9")),
        lambda one: replace(
            one, fact=replace(one.fact, mentioned_at=ana().facts[0].fact.mentioned_at)
        ),
        None,
    ],
)
def test_a_lead_stands_while_the_facts_are_those_that_it_is_made_from(change):
    view = with_lead(said(*THREE, "Ana has a cat"), ("Ana lives in Lisbon.", ("f1",)))
    assert wants(view) is None
    assert "Lisbon. " not in page(view, "ana").text
    facts = [one if n != 1 or change is None else change(one) for n, one in enumerate(view.facts)]
    changed = replace(view, facts=tuple(facts if change else facts[:-1]))
    assert wants(changed) is not None
    assert led(changed) == ()
    assert page(changed, "ana").text == page(replace(changed, leads=()), "ana").text


def test_a_fact_that_only_moved_leaves_the_lead_and_moves_its_citation():
    view = with_lead(said(*THREE), ("Ana lives in Lisbon.", ("f1",)))
    moved = replace(view, facts=tuple(replace(one, line=one.line + 40) for one in view.facts))
    assert wants(moved) is None
    assert "notes/ana.md:41" in page(moved, "ana").text.splitlines()[2]


def test_a_fact_that_is_replaced_takes_the_lead_with_it():
    view = with_lead(said(*THREE, "Ana lives in Porto"), ("Ana lives in Lisbon.", ("f1",)))
    changed = replace(view, edges=(Edge("f4", "f1", "lives in"),))
    assert wants(changed) is not None
    assert page(changed, "ana").text.splitlines()[2].startswith("Person. ")


def test_another_name_takes_the_lead_with_it():
    view = with_lead(said(*THREE), ("Ana lives in Lisbon.", ("f1",)))
    renamed = replace(view, entities=(entity("Ana Sousa", "person", "Ana"),))
    assert wants(renamed, "ana-sousa") is not None
    assert led(renamed) == ()


def test_a_sentence_that_cites_nothing_on_the_page_is_not_shown():
    view = with_lead(said(*THREE), ("Ana is a spy.", ("f7",)), ("Ana paints.", ("f3",)))
    assert "spy" not in page(view, "ana").text
    assert "Ana paints (" in page(view, "ana").text
    only = with_lead(said(*THREE), ("Ana is a spy.", ("f7",)))
    assert led(only) == ()
    assert page(only, "ana").text == page(replace(only, leads=()), "ana").text


@pytest.mark.parametrize("piece", PIECES)
def test_whatever_a_model_writes_does_nothing_on_a_page(piece):
    view = with_lead(said(*THREE), (f"{piece} Ana.", ("f1",)), (f"Ana {piece}", ("f2",)))
    plain = page(said(*THREE), "ana").text
    assert doubtful(page(view, "ana").text) == doubtful(plain)
    made = [one for one in shape(page(view, "ana").text) if not one[0].startswith(("link", "text"))]
    less = [one for one in shape(plain) if not one[0].startswith(("link", "text"))]
    assert sorted(made) == sorted(
        [*less, ("paragraph_open", "p", ""), ("paragraph_close", "p", "")]
    )


def test_a_sentence_of_nothing_that_can_be_seen_is_not_shown():
    view = with_lead(said(*THREE), ("\u200b\ufeff", ("f1",)), ("Ana paints.", ("f3",)))
    assert page(view, "ana").text.splitlines()[2].startswith("Ana paints (")


def test_a_request_belongs_to_the_sources_whose_words_it_holds():
    view = said(*THREE)
    named = {"Ana": {"notes/ana.md", "notes/other.md"}}
    assert wanting(view, named)[0].sources == ("notes/ana.md",)
    assert wanting(view, {"Ana": {"notes/other.md"}})[0].sources == (
        "notes/ana.md",
        "notes/other.md",
    )
