"""A write makes few pages dirty: those of whom it speaks, and of who is linked beside them."""

from dataclasses import replace

from tests.unit.wiki.bank import ana, bank, entity, fact

from retain.memory.model import BankChanges, Edge
from retain.wiki import BankReads, dirty


def titles(changes, view):
    """The titles of the pages of entities that are dirty, and the ids of topics."""
    reads = BankReads(view)
    found = dirty(changes, reads)
    names = {reads.entity(one).entity.name for one in found.entities if reads.entity(one)}
    return names, set(found.topics)


def note(view, name, kind="person"):
    return BankReads(view).entity(f"id-{name}-{kind}")


def test_a_fact_is_a_matter_of_whom_it_names_and_of_its_topic():
    view = ana()
    one = fact("Maria told Ana about a job", at=15, entities=("Ana", "Maria"), subject="Maria")
    assert titles(BankChanges(facts=[one]), view) == (
        {"Ana", "Maria Costa"},
        {"topic-city-move"},
    )
    other = fact("Rui sings", at=99, subject="Rui", section="s9")
    assert titles(BankChanges(facts=[other]), view) == (set(), set())


def test_what_replaces_a_fact_is_a_matter_of_whom_the_fact_names():
    view = ana()
    names = {"Ana", "Porto"}
    assert titles(BankChanges(edges=view.edges), view)[0] == names
    (newer,) = [one for one in view.facts if one.fact.fact_id == "f2"]
    moved = replace(newer, line=8)
    assert titles(BankChanges(facts=[newer, moved]), view)[0] == {*names, "Lisbon"}
    again = replace(view, edges=(*view.edges, Edge("f3", "f2", "lives in")))
    assert titles(BankChanges(edges=again.edges[1:]), again)[0] == {*names, "Lisbon"}


def test_how_often_somebody_is_named_is_a_matter_of_his_page_alone():
    old = note(ana(), "Porto", "place")
    found = BankChanges(entities=[(old, replace(old, times=4))])
    assert titles(found, ana()) == ({"Porto"}, set())


def test_another_name_is_a_matter_of_who_is_named_beside_it():
    view = ana()
    old = note(view, "Northwind", "organisation")
    also = ("Northwind", "Northwind Ltd")
    new = replace(old, entity=replace(old.entity, aliases=also))
    names, topics = titles(BankChanges(entities=[(old, new)]), view)
    assert names == {"Northwind", "Ana"}
    assert topics == {"topic-city-move"}


def test_a_page_more_of_a_name_is_a_matter_of_who_is_named_beside_the_other():
    facts = [
        fact("Ana saw Jordan", entities=("Ana", "Jordan")),
        fact("Ana likes Jordan", at=2, entities=("Ana", "Jordan")),
        fact("Bo is here", at=3, subject="Bo"),
        fact("Bo sings", at=4, subject="Bo"),
    ]
    both = [entity("Jordan", "person"), entity("Jordan", "place")]
    view = bank(*facts, entities=[entity("Ana"), entity("Bo"), *both])
    came = note(view, "Jordan", "place")
    assert titles(BankChanges(entities=[(None, came)]), view)[0] == {"Ana", "Jordan"}
