"""A page as it was after each version of a source that changed it."""

from itertools import pairwise

from tests.unit.wiki.bank import bank, day, entity, fact

from retain.memory.model import Edge, FactLifetime, Version
from retain.wiki import BankReads, revisions


def lives(city, n, **fields):
    return fact(f"Ana lives in {city}", id=f"f{n}", at=n, entities=("Ana", city), subject="Ana",
                slot="lives in", value=city, said=f"202{n}-01-01", **fields)  # fmt: skip


def related(facts):
    """Each home replaces the one before."""
    homes = sorted(one.fact.fact_id for one in facts if one.fact.slot)
    return [Edge(newer, older, "") for older, newer in pairwise(homes)]


def version(source, number, date):
    return Version(source, number, day(date), 1)


def history(lived, *versions, about="Ana", relate=related):
    """The revisions of a bank in which Porto has a page, and Braga has none."""
    now = [one.cited for one in lived if one.until is None]
    porto = [fact(f"Porto is {n}", at=n, source="porto.md", subject="Porto") for n in (50, 51)]
    entities = [entity(about), entity("Porto", "place"), entity("Braga", "place")]
    reads = BankReads(bank(*now, *porto, entities=entities))
    return list(revisions(f"id-{about}-person", reads, lived, versions, relate))


def test_a_page_is_what_the_sources_stated_then():
    lived = [
        FactLifetime(lives("Porto", 1, superseded_by="f2"), 1),
        FactLifetime(lives("Braga", 2, source="new.md"), 1),
        FactLifetime(fact("Ana sings", at=5, subject="Ana", source="new.md"), 1, 2),
    ]
    first, second, third = history(
        lived,
        version("notes/ana.md", 1, "2024-05-01"),
        version("other.md", 1, "2024-05-02"),
        version("new.md", 1, "2024-05-03"),
        version("new.md", 2, "2024-05-04"),
    )
    assert (first.number, first.source_id, first.came) == (
        1,
        "notes/ana.md",
        ("Ana lives in Porto",),
    )
    assert "Person. 1 fact.\n\n## Now\n\n- lives in: Porto, said" in first.text
    assert second.came == ("Ana lives in Braga", "Ana sings")
    assert "Person. 3 facts, 1 replaced." in second.text
    assert "~~Ana lives in [Porto](porto.md)~~" in second.text
    assert "Ana sings" in second.text
    assert (third.version, third.came, third.went) == (2, (), ("Ana sings",))
    assert "Ana sings" not in third.text
    assert "Person. 2 facts, 1 replaced." in third.text


def test_a_page_that_told_too_little_then_is_empty():
    lived = [
        FactLifetime(fact("Ana sings", at=1, subject="Ana"), 1),
        FactLifetime(fact("Ana paints", at=2, subject="Ana", source="new.md"), 1),
    ]
    versions = version("notes/ana.md", 1, "2024-05-01"), version("new.md", 1, "2024-05-02")
    assert [bool(one.text) for one in history(lived, *versions)] == [False, True]


def test_whoever_has_no_page_has_no_history():
    lived = [FactLifetime(fact("Ana sings", subject="Ana"), 1)]
    assert history(lived, version("notes/ana.md", 1, "2024-05-01")) == []
    assert history([], about="Bo") == []


def test_what_replaced_what_is_asked_of_no_more_facts_than_a_page_is_made_from():
    lived = [
        FactLifetime(fact(f"Ana saw {n}", at=n, said="2024-01-01", subject="Ana"), 1)
        for n in range(1500)
    ]
    asked = []

    def relate(facts):
        asked.append(len(facts))
        return ()

    (one,) = history(lived, version("notes/ana.md", 1, "2024-05-01"), relate=relate)
    assert asked == [500]
    assert "1,500 facts. This page tells the newest 500." in one.text
