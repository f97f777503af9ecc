import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.wiki.bank import ana, bank, entity, fact, index, pages

from retain.memory.model import Edge
from retain.memory.naming import source_file

LINK = re.compile(r"\[((?:[^\[\]\\]|\\.)*)\]\(([^()]*)\)")


def page(view, page_id):
    (found,) = [one for one in pages(view) if one.page_id == page_id]
    return found


def section(text, heading):
    """The lines below a heading, their links as their words."""
    found = re.search(rf"^## {heading}\n\n(.*?)(?=\n\n|\Z)", text, re.MULTILINE | re.DOTALL)
    return LINK.sub(r"\1", found[1]).rstrip().split("\n") if found else None


def test_who_has_a_page():
    one = fact("Ana met Bo", entities=("Ana", "Bo"), subject="Ana")
    two = fact("Ana met Cy", at=2, entities=("Ana", "Cy"), subject="Ana")
    slot = fact("Dee lives in Ghent", at=3, subject="Dee", slot="lives in", value="Ghent")
    view = bank(one, two, slot, entities=[entity(name) for name in ("Ana", "Bo", "Cy", "Dee")])
    assert [(one.page_id, one.facts) for one in pages(view)] == [("ana", 2), ("dee", 1)]


def test_facts_are_found_by_every_alias():
    view = bank(
        fact("Bob runs", entities=("Bob",)),
        fact("Robert swims", at=2, subject="robert"),
        entities=[entity("Robert Hall", "person", "Bob", "Robert")],
    )
    (found,) = pages(view)
    assert (found.title, found.aliases, found.facts) == ("Robert Hall", ("Bob", "Robert"), 2)
    assert found.text.startswith("# Robert Hall\n\nPerson, also: Bob, Robert. 2 facts.\n")


def test_now_says_what_single_slots_hold():
    assert section(page(ana(), "ana").text, "Now") == [
        "- lives in: Lisbon, since March 2024 (notes/lisbon.md:7)",
        "- works at: Northwind, said 7 May 2023 (notes/ana.md:4)",
    ]


def told_of(slot, *values, text="Ana: {}"):
    return [
        fact(text.format(value), at=n, subject="Ana", slot=slot, value=value, said=f"2023-0{n}-01")
        for n, value in enumerate(values, 1)
    ]


def test_values_that_do_not_replace_each_other_stand_side_by_side_the_newest_first():
    found = page(bank(*told_of("role", "cook", "mayor"), entities=[entity("Ana")]), "ana").text
    assert section(found, "Now") == [
        (
            "- role: mayor, said 1 February 2023 (notes/ana.md:2); "
            "cook, said 1 January 2023 (notes/ana.md:1)"
        )
    ]


@pytest.mark.parametrize("slot", ["likes", "visited", "owns", "speaks"])
def test_slots_of_many_values_are_no_key(slot):
    found = page(bank(*told_of(slot, "tea"), entities=[entity("Ana")]), "ana").text
    assert section(found, "Now") is None


def test_where_somebody_does_not_live_is_not_where_he_lives():
    found = page(bank(*told_of("lives in", "not Porto"), entities=[entity("Ana")]), "ana").text
    assert section(found, "Now") is None


def test_a_statement_that_tells_more_than_its_slot_is_stated_too():
    told = told_of("lives in", "Lisbon", text="Ana lives in {} above a bakery")
    found = page(bank(*told, entities=[entity("Ana")]), "ana").text
    assert section(found, "About") == [
        "- Ana lives in Lisbon above a bakery (notes/ana.md:1, 1 January 2023)"
    ]


def test_what_changed_is_struck_out_with_what_replaced_it_and_when():
    assert section(page(ana(), "ana").text, "What changed") == [
        (
            "- ~~Ana lives in Porto~~ (notes/ana.md:3) -> "
            "Ana lives in Lisbon (notes/lisbon.md:7), since March 2024"
        )
    ]


def test_a_chain_of_changes_is_one_line():
    cities = ["Porto", "Braga", "Lisbon", "Faro"]
    told = [
        fact(f"Ana lives in {city}", at=n + 1, id=f"f{n}", said=f"202{n}-01-02",
             subject="Ana", slot="lives in", value=city)
        for n, city in enumerate(cities)
    ]  # fmt: skip
    edges = tuple(Edge(f"f{n + 1}", f"f{n}", "lives in") for n in range(3))
    found = page(bank(*told, entities=[entity("Ana")], edges=edges), "ana").text
    assert section(found, "What changed") == [
        (
            "- ~~Ana lives in Porto~~ (notes/ana.md:1) -> "
            "~~Ana lives in Braga~~ (notes/ana.md:2) -> "
            "~~Ana lives in Lisbon~~ (notes/ana.md:3) -> "
            "Ana lives in Faro (notes/ana.md:4), 2 January 2023"
        )
    ]
    assert section(found, "Now") == ["- lives in: Faro, said 2 January 2023 (notes/ana.md:4)"]


def test_what_was_replaced_by_what_is_not_of_the_page_ends_there():
    cities = ["Porto", "Braga", "Lisbon"]
    told = [
        fact(f"Ana lives in {city}", at=n + 1, id=f"f{n}", said=f"202{n}-01-02",
             entities=("Ana", city), subject="Ana", slot="lives in", value=city)
        for n, city in enumerate(cities)
    ]  # fmt: skip
    edges = tuple(Edge(f"f{n + 1}", f"f{n}", "lives in") for n in range(2))
    view = bank(*told, entities=[entity("Ana"), entity("Porto"), entity("Braga")], edges=edges)
    assert section(page(view, "porto").text, "What changed") == [
        "- ~~Ana lives in Porto~~ (notes/ana.md:1) -> ~~Ana lives in Braga~~ (notes/ana.md:2)"
    ]
    assert section(page(view, "braga").text, "What changed") == [
        (
            "- ~~Ana lives in Braga~~ (notes/ana.md:2) -> "
            "Ana lives in Lisbon (notes/ana.md:3), 2 January 2022"
        )
    ]


def test_a_long_line_of_changes_shows_the_last_of_them():
    told = [
        fact(f"The pump is {n}", at=n + 1, id=f"f{n:02}", said=f"2023-01-{n + 1:02}",
             subject="Pump", slot="state", value=str(n))
        for n in range(30)
    ]  # fmt: skip
    edges = tuple(Edge(f"f{n + 1:02}", f"f{n:02}", "") for n in range(29))
    found = page(bank(*told, entities=[entity("Pump", "thing")], edges=edges), "pump").text
    (line,) = section(found, "What changed")
    assert line.startswith("- 9 earlier -> ~~The pump is 9~~")
    assert line.endswith("-> The pump is 29 (notes/ana.md:30), 30 January 2023")


def test_a_replacement_that_is_gone_leaves_the_old_struck_out():
    old = fact("Ana lives in Porto", subject="Ana", slot="lives in", superseded_by="gone")
    found = page(bank(old, entities=[entity("Ana")]), "ana").text
    assert section(found, "What changed") == ["- ~~Ana lives in Porto~~ (notes/ana.md:1)"]


def test_facts_that_replace_each_other_end():
    told = [fact(f"Ana is {n}", at=n, id=f"f{n}", entities=("Ana",)) for n in (1, 2)]
    edges = (Edge("f1", "f2", ""), Edge("f2", "f1", ""))
    assert page(bank(*told, entities=[entity("Ana")], edges=edges), "ana").facts == 2


def test_groups_by_kind():
    text = page(ana(), "ana").text
    assert re.findall(r"^## (.*)", text, re.MULTILINE) == [
        "Now",
        "What changed",
        "Experiences",
        "Plans",
        "Preferences",
        "About",
        "What the assistant said",
        "Named elsewhere",
        "See also",
        "Sources",
    ]
    assert section(text, "Plans") == [
        "- **August 2024** Ana will visit Maria Costa in August (notes/ana.md:11)"
    ]
    assert section(text, "Preferences") == ["- Ana likes sardines (notes/ana.md:12, 1 May 2024)"]


def test_what_says_the_same_is_one_line_with_every_citation():
    assert section(page(ana(), "ana").text, "Experiences") == [
        "- **17 to 18 June 2023** Ana went to Porto with Maria (notes/ana.md:9, notes/trips.md:2)"
    ]


def test_no_statement_stands_twice():
    for one in pages(ana()):
        lines = re.sub(r" \((?:\[[^\]]*\]\([^)]*\)(?:, )?)+.*", "", one.text).split("\n")
        said = [line for line in lines if line.startswith(("- ", "  - ")) and "Ana" in line]
        assert len(said) == len(set(said))


def test_names_are_linked_once_a_statement_the_longest_first():
    view = bank(
        fact("New York is big. Ana saw New York and York, not Yorkshire or New York-style",
             entities=("Ana", "New York", "York")),
        fact("Ana left York", at=2, entities=("Ana", "New York", "York")),
        entities=[entity("Ana"), entity("New York", "place"), entity("York", "place")],
    )  # fmt: skip
    assert (
        "- [New York](new-york.md) is big. Ana saw New York and [York](york.md), "
        "not Yorkshire or New York-style (["
    ) in page(view, "ana").text
    assert "York](york.md)" not in page(view, "york").text.split("## See also")[0]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ana Lima met Ana", "[Ana Lima](ana-lima.md) met [Ana](ana.md)"),
        ("Banana is Ana's", "Banana is [Ana](ana.md)'s"),
        ("See ASP.NET, .NET and Ana.", "See ASP.NET, [.NET](net-DIGEST.md) and [Ana](ana.md)."),
        ("ana met Ana_2, Ana-Sofia", "ana met Ana_2, Ana-Sofia"),
        ("Wow!Ana and @Ana", "Wow\\![Ana](ana.md) and \\@Ana"),
        ("Hi Ana- hello", "Hi [Ana](ana.md)- hello"),
    ],
)
def test_only_whole_names_are_linked(text, shown):
    names = ["Ana", "Ana Lima", ".NET"]
    told = [fact(f"{name} is {n}", at=n, entities=(name,)) for name in names for n in (5, 6)]
    view = bank(
        fact(text, subject="Bo", entities=tuple(names)),
        fact("Bo is here", at=2, subject="Bo"),
        *told,
        entities=[entity(name, "thing") for name in (*names, "Bo")],
    )
    line = page(view, "bo").text.split("## About\n\n- ")[1].split(" ([notes")[0]
    assert re.sub(r"-[0-9a-f]{12}\.md", "-DIGEST.md", line) == shown


def stated(view, page_id):
    """The first statement of a page, with its links."""
    return page(view, page_id).text.split("## About\n\n- ")[1].split(" ([notes")[0]


def test_names_that_the_fact_does_not_give_are_not_linked():
    view = bank(
        fact("Bo saw Will and May", entities=("Bo", "Will")),
        fact("Bo is here", at=2, subject="Bo"),
        *(fact(f"{name} is {n}", at=n, subject=name) for name in ("Will", "May") for n in (5, 6)),
        entities=[entity("Bo"), entity("Will"), entity("May")],
    )
    assert stated(view, "bo") == "Bo saw [Will](will.md) and May"


def test_whom_a_fact_gives_is_linked_by_every_alias():
    view = bank(
        fact("Bo saw Bob and Mr Hall", entities=("Bo", "Robert Hall")),
        fact("Bo is here", at=2, subject="Bo"),
        fact("Robert is here", at=3, subject="robert"),
        entities=[entity("Bo"), entity("Robert Hall", "person", "Bob", "Robert", "Mr Hall")],
    )
    assert stated(view, "bo") == "Bo saw [Bob](robert-hall.md) and Mr Hall"


def test_of_two_of_one_name_the_one_is_linked_that_the_fact_calls_so():
    told = [fact(f"{name} is {n}", at=n, subject=name) for n in (5, 6)
            for name in ("Jordan", "Jordan Smith")]  # fmt: skip
    both = [entity("Bo"), entity("Jordan", "place"), entity("Jordan Smith", "person", "Jordan")]

    def linked(name):
        first = fact("Bo saw Jordan", entities=("Bo", name))
        other = fact("Bo is here", at=2, subject="Bo")
        return stated(bank(first, other, *told, entities=both), "bo")

    assert linked("Jordan") == "Bo saw [Jordan](jordan.md)"
    assert linked("Jordan Smith") == "Bo saw [Jordan](jordan-smith.md)"


def test_see_also_and_sources():
    text = page(ana(), "ana").text
    assert section(text, "See also") == [
        "- Named with: Maria Costa (5), Porto (3), Lisbon (2), Northwind (1)",
        "- Topics: City, move (10)",
    ]
    assert section(text, "Sources") == [
        "- notes/ana.md: 9 facts",
        "- notes/lisbon.md: 1 fact",
        "- notes/trips.md: 1 fact",
    ]


def test_experiences_are_grouped_by_day_the_newest_last():
    told = [
        fact(f"Ana did {n}", at=n, kind="experience", said=f"2023-05-{7 + n % 3:02}",
             entities=("Ana",))
        for n in range(1, 10)
    ]  # fmt: skip
    found = section(page(bank(*told, entities=[entity("Ana")]), "ana").text, "Experiences")
    assert [line for line in found if line.startswith("- ")] == [
        "- **7 May 2023**",
        "- **8 May 2023**",
        "- **9 May 2023**",
    ]
    assert found[1:4] == [f"  - Ana did {n} (notes/ana.md:{n})" for n in (3, 6, 9)]


def test_undated_statements_are_grouped_by_source():
    told = [
        fact(f"Rust has {n}", at=n, source=f"{'ab'[n % 2]}.md", subject="Rust") for n in range(1, 9)
    ]
    found = section(page(bank(*told, entities=[entity("Rust", "thing")]), "rust").text, "About")
    assert [line for line in found if line.startswith("- ")] == ["- a.md", "- b.md"]


def test_a_huge_section_says_how_much_it_leaves_out():
    told = [
        fact(f"Rust has {n}", at=n + 1, source=f"{n % 2}.md", subject="Rust") for n in range(300)
    ]
    text = page(bank(*told, entities=[entity("Rust", "thing")]), "rust").text
    assert len(section(text, "About")) == 102
    assert "And 100 more in [0.md](" in text
    assert ", 100 more in [1.md](" in text


def test_statements_of_many_sources_name_the_sources_that_have_most_more():
    told = [
        fact(f"Rust has {n}", at=n + 1, source=f"{n % 150:03}.md", subject="Rust")
        for n in range(450)
    ]
    text = page(bank(*told, entities=[entity("Rust", "thing")]), "rust").text
    assert "And 3 more in [050.md](" in text
    assert ", 3 more in [059.md](" in text
    assert ", 320 more in 140 other sources." in text
    assert section(text, "Sources")[-1] == "- and 50 more sources"
    assert len(section(text, "Sources")) == 101


def test_of_whom_thousands_of_facts_speak_the_page_tells_what_fills_slots_and_the_newest():
    home = fact("Ana lives in Lisbon", at=1, said="2001-01-01", subject="Ana", slot="lives in",
                value="Lisbon")  # fmt: skip
    days = [
        fact(f"Ana saw {n}", at=n, said=f"20{10 + n // 200:02}-01-{n % 28 + 1:02}", subject="Ana")
        for n in range(2, 1502)
    ]
    found = page(bank(home, *days, entities=[entity("Ana")]), "ana")
    assert found.facts == 1501
    assert "Person. 1,501 facts. This page tells the newest 501.\n" in found.text
    assert section(found.text, "Now") == [
        "- lives in: Lisbon, said 1 January 2001 (notes/ana.md:1)"
    ]
    assert section(found.text, "Sources") == ["- notes/ana.md: 501 facts"]
    assert "Ana saw 2 " not in found.text


def test_two_of_one_name_have_a_page_each():
    told = [
        fact("Jordan is hot", entities=("Jordan",)),
        fact("Jordan is tall", at=2, entities=("Jordan",)),
    ]
    both = [entity("Jordan", "person"), entity("Jordan", "place")]
    found = pages(bank(*told, entities=both))
    assert len({one.page_id for one in found}) == 2
    assert {one.text.split("\n")[2].split(".")[0] for one in found} == {"Person", "Place"}


def test_every_link_leads_somewhere():
    view = ana()
    rendered = pages(view)
    there = {f"{one.page_id}.md" for one in rendered}
    sources = {f"../sources/{source_file(one.source_id)}.md" for one in view.facts}
    places = {f"../sources/{source_file(one.source_id)}.md#^L{one.line}" for one in view.facts}
    for one in rendered:
        assert {target for _, target in LINK.findall(one.text)} <= there | sources | places
    beside = {"log.md"} | {f"pages/{name}" for name in there}
    beside |= {name.removeprefix("../") for name in sources}
    assert {target for _, target in LINK.findall(index(view))} <= beside


@settings(max_examples=10, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_view_does_not_matter(rng):
    view = ana()
    shuffled = {
        name: tuple(rng.sample(getattr(view, name), len(getattr(view, name))))
        for name in ("entities", "times", "facts", "edges", "topics", "sources")
    }
    other = replace(view, **shuffled)
    assert pages(other) == pages(view)
    assert index(other) == index(view)


def test_an_empty_bank_has_no_pages():
    assert pages(bank()) == []


@pytest.mark.parametrize(
    ("start", "end", "said", "date"),
    [
        ("2023-05-07", "2023-05-08", None, "7 May 2023"),
        ("2023-05-01", "2023-06-01", None, "May 2023"),
        ("2023-06-01", "2023-09-01", None, "June to August 2023"),
        ("2019-01-01", "2020-01-01", None, "2019"),
        ("2015-01-01", "2019-01-01", None, "2015 to 2018"),
        ("2024-05-03", "2024-05-10", None, "3 to 9 May 2024"),
        ("2024-05-03", "2024-06-10", None, "3 May to 9 June 2024"),
        ("2023-12-01", "2024-03-01", None, "December 2023 to February 2024"),
        ("2023-12-30", "2024-01-02", None, "30 December 2023 to 1 January 2024"),
        ("2024-03-01", None, None, "since March 2024"),
        ("2024-03-02", None, "2024-05-01", "since 2 March 2024"),
        (None, "2024-05-04", None, "until 3 May 2024"),
        (None, None, "2024-05-04", "4 May 2024"),
    ],
)
def test_dates_as_people_write_them(start, end, said, date):
    told = fact("Ana ran", occurred_start=start, occurred_end=end, said=said, entities=("Ana",))
    text = page(
        bank(told, fact("Ana", at=2, entities=("Ana",)), entities=[entity("Ana")]), "ana"
    ).text
    assert f"#^L1), {date})" in text
